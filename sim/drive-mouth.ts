import { z } from 'zod';
import { FileError, type FilePort } from '../src/device/file-port.js';
import { readDocument, writeJsonFile } from './json-file.js';

/** What the operator put into a drive. Written by the rack only. */
const MouthContent = z.strictObject({
  barcode: z.string().nullable(),
  /** Counts insertions and removals, so that a cartridge taken out and put back is noticed. */
  insertion: z.number().int().nonnegative(),
});
export type MouthContent = z.infer<typeof MouthContent>;

/** What the drive did with it. Written by the drive only. */
const DriveState = z.strictObject({
  /** Of which insertion this tells. */
  insertion: z.number().int().nonnegative(),
  state: z.enum(['loaded', 'ejected']),
});
export type DriveState = z.infer<typeof DriveState>;

/**
 * The mouth of a drive as two small files of the rack, each with one writer, so that the operator's hand and the drive may
 * be in different threads or processes: `drives/N.json` is the operator's, `drives/N.state.json` the drive's.
 */
export class DriveMouth {
  readonly #files: FilePort;
  readonly #contentPath: string;
  readonly #statePath: string;

  constructor(files: FilePort, rackDirectory: string, driveNumber: number) {
    this.#files = files;
    this.#contentPath = `${rackDirectory}/drives/${String(driveNumber)}.json`;
    this.#statePath = `${rackDirectory}/drives/${String(driveNumber)}.state.json`;
  }

  readContent(): MouthContent {
    return readDocument(this.#files, this.#contentPath, MouthContent) ?? { barcode: null, insertion: 0 };
  }

  writeContent(content: MouthContent): void {
    writeJsonFile(this.#files, this.#contentPath, content);
  }

  /** Null when the drive has not yet seen any cartridge. */
  readState(): DriveState | null {
    return readDocument(this.#files, this.#statePath, DriveState);
  }

  writeState(state: DriveState): void {
    writeJsonFile(this.#files, this.#statePath, state);
  }
}

/** The number of the drive behind a device path: `/dev/nst0` and `/dev/st0` are the same drive. */
export function driveNumberOf(path: string): number {
  const digits = /^(?:\/dev\/)?n?st(\d+)$/.exec(path)?.[1];
  if (digits === undefined) throw new FileError('EINVAL', `${path} names no tape drive (/dev/nstN)`);
  return Number(digits);
}
