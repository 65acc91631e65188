import { assert } from '../src/base/assert.js';
import type { FilePort } from '../src/device/file-port.js';
import { readCartridge, writeCartridge, type Cartridge } from './cartridge.js';
import { countBelow, ObjectLog } from './object-log.js';

/**
 * `header`: of a block longer than 64 KiB, which is data and not a label or an index, only the first 256 bytes are kept and the
 * rest reads as zeros: for tests of memory and throughput.
 */
export type KeepPayload = 'all' | 'header';

const HEADER_BYTES = 256;
const KEPT_WHOLE_BYTES = 65_536;

/**
 * A cartridge with its tape, in a directory of its own: `cartridge.json` and the object log. Objects, blocks and
 * filemarks, are counted together from 0. Only one drive at a time opens a cartridge.
 */
export class Medium {
  readonly #files: FilePort;
  readonly #directory: string;
  readonly #log: ObjectLog;
  readonly #keepPayload: KeepPayload;
  #cartridge: Cartridge;

  /** FileError ENOENT when the directory holds no cartridge. */
  constructor(files: FilePort, directory: string, keepPayload: KeepPayload = 'all') {
    const cartridge = readCartridge(files, directory);
    assert(cartridge !== null, `${directory} holds a cartridge`);
    this.#files = files;
    this.#directory = directory;
    this.#cartridge = cartridge;
    this.#log = new ObjectLog(files, directory);
    this.#keepPayload = keepPayload;
  }

  get cartridge(): Cartridge {
    return this.#cartridge;
  }

  /** Changes what the cartridge's chip says, at once and for good. */
  update(change: Partial<Cartridge>): void {
    this.#cartridge = { ...this.#cartridge, ...change };
    writeCartridge(this.#files, this.#directory, this.#cartridge);
  }

  get objectCount(): number {
    return this.#log.count;
  }

  /** Length of a block in bytes, or null for a filemark. */
  blockLength(object: number): number | null {
    return this.#log.entry(object).lengthBytes || null;
  }

  /** Native bytes a block takes. */
  nativeBytes(object: number): number {
    return this.#log.entry(object).nativeBytes;
  }

  /** Native bytes of the medium before `position` (up to the end of data). */
  nativeBefore(position: number): number {
    return this.#log.nativeBefore(position);
  }

  /** Whether `position` is at or behind early warning. */
  isEarlyWarning(position: number): boolean {
    const { capacityBytes, earlyWarningBytes } = this.#cartridge;
    return this.nativeBefore(position) >= capacityBytes - earlyWarningBytes;
  }

  /** Filemarks before `position`. */
  filemarksBefore(position: number): number {
    return countBelow(this.#log.filemarks, position);
  }

  /** The object that is filemark number `index` (from 0), or null when there are not so many. */
  filemark(index: number): number | null {
    return index < 0 ? null : (this.#log.filemarks[index] ?? null);
  }

  /** Puts the start of a block into `into`; returns the block's length. */
  readBlock(object: number, into: Uint8Array): number {
    return this.#log.read(object, into);
  }

  /** What a block would take of the medium. */
  nativeSize(lengthBytes: number, compressed: boolean): number {
    return compressed ? Math.ceil(lengthBytes / this.#cartridge.compressionRatio) : lengthBytes;
  }

  /** Writes a block as object `position`; everything behind is gone. False, and nothing happened, when it does not fit. */
  writeBlock(position: number, bytes: Uint8Array, nativeBytes: number): boolean {
    if (this.nativeBefore(position) + nativeBytes > this.#cartridge.capacityBytes) return false;
    this.#log.truncate(position);
    const isWhole = this.#keepPayload === 'all' || bytes.length <= KEPT_WHOLE_BYTES;
    this.#log.appendBlock(bytes, nativeBytes, isWhole ? bytes.length : HEADER_BYTES);
    return true;
  }

  /** A filemark as object `position`; everything behind is gone. */
  writeFilemark(position: number): void {
    this.#log.truncate(position);
    this.#log.appendFilemark();
  }

  /** The medium ends at `position` from now on. */
  truncate(position: number): void {
    this.#log.truncate(position);
  }

  /** What was written survives a kill of this process when this returns. */
  flush(): void {
    this.#log.flush();
  }

  close(): void {
    this.#log.close();
  }
}
