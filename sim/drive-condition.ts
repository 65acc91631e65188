import { z } from 'zod';
import type { FilePort } from '../src/device/file-port.js';
import { readDocument, writeJsonFile } from './json-file.js';

const Count = z.number().int().nonnegative();

/** What wear and mishap did to a drive. Written by the operator's door only; the drive feels it. */
const DriveTrouble = z.strictObject({
  /** It cannot let go of its cartridge. */
  isStuck: z.boolean(),
  /** Counts the times its heads became dirty; it asks for cleaning as long as it answered fewer of them. */
  dirtied: Count,
});
export type DriveTrouble = z.infer<typeof DriveTrouble>;

/** Of how many times of becoming dirty the drive was cleaned. Written by the drive only. */
const DriveCare = z.strictObject({ cleaned: Count });

/**
 * What is the matter with a drive, as two small files of the rack, each with one writer: `drives/N.trouble.json` is the
 * operator's door's, `drives/N.care.json` the drive's.
 */
export class DriveCondition {
  readonly #files: FilePort;
  readonly #troublePath: string;
  readonly #carePath: string;

  constructor(files: FilePort, rackDirectory: string, driveNumber: number) {
    this.#files = files;
    this.#troublePath = `${rackDirectory}/drives/${String(driveNumber)}.trouble.json`;
    this.#carePath = `${rackDirectory}/drives/${String(driveNumber)}.care.json`;
  }

  readTrouble(): DriveTrouble {
    return readDocument(this.#files, this.#troublePath, DriveTrouble) ?? { isStuck: false, dirtied: 0 };
  }

  writeTrouble(trouble: DriveTrouble): void {
    writeJsonFile(this.#files, this.#troublePath, trouble);
  }

  /** The heads are dirty and the drive wants a cleaning cartridge. */
  get asksForCleaning(): boolean {
    return this.readTrouble().dirtied > (readDocument(this.#files, this.#carePath, DriveCare)?.cleaned ?? 0);
  }

  /** The heads are clean again. */
  noteCleaned(): void {
    writeJsonFile(this.#files, this.#carePath, { cleaned: this.readTrouble().dirtied });
  }
}
