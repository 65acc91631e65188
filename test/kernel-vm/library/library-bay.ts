import { execFileSync } from 'node:child_process';
import type { AttachedLibrary } from './attached-library.js';

const SLOT = 12;
const DRIVE = 0;

/** Drive 0 of tgt's library, into which a test has mtx put new cartridges. */
export class LibraryBay {
  static #cartridges = 0;
  readonly #attached: AttachedLibrary;
  readonly path: string;
  /** tgt takes no shorter blocks. */
  readonly shortestBlockBytes = 4;
  #barcode: string | null = null;

  constructor(attached: AttachedLibrary) {
    this.#attached = attached;
    this.path = attached.drive(DRIVE).devicePath;
  }

  insertBlank(capacityBytes: number): void {
    LibraryBay.#cartridges++;
    this.#barcode = `KRN${String(LibraryBay.#cartridges).padStart(3, '0')}L6`;
    this.#attached.library.addCartridge(this.#barcode, SLOT, capacityBytes);
    this.#attached.mtx('load', SLOT, DRIVE);
  }

  /** Where tgt keeps what is on the tape. */
  get cartridgeFile(): string {
    if (this.#barcode === null) throw new Error('no cartridge is in the drive');
    return this.#attached.library.cartridgeFile(this.#barcode);
  }

  writeProtect(): void {
    this.#attached.library.setWriteProtected(DRIVE, true);
  }

  reset(): void {
    execFileSync('sg_reset', ['--device', this.#attached.drive(DRIVE).genericPath ?? ''], { stdio: 'ignore' });
  }

  /** Leaves the drive as it was found. */
  empty(): void {
    this.#attached.library.setWriteProtected(DRIVE, false);
    if (this.#barcode === null) return;
    this.#attached.mtx('unload', SLOT, DRIVE);
    this.#attached.library.clearSlot(SLOT);
    this.#attached.library.destroyCartridge(this.#barcode);
    this.#barcode = null;
  }
}
