import { systemBlockingClock } from '../../../src/base/blocking-clock.js';
import { createSyscallPort } from '../../../src/device/linux-syscalls.js';
import { StDrive } from '../../../src/drive/st-drive.js';
import type { TapeDriveFixture } from '../../contract/tape-drive.contract.js';
import type { AttachedLibrary } from './attached-library.js';
import { LibraryBay } from './library-bay.js';

/** An StDrive on the kernel's st driver over a drive of tgt's library. */
export class LibraryDriveFixture implements TapeDriveFixture {
  readonly #bay: LibraryBay;
  readonly shortestBlockBytes: number;
  readonly drive: StDrive;

  constructor(attached: AttachedLibrary) {
    this.#bay = new LibraryBay(attached);
    this.shortestBlockBytes = this.#bay.shortestBlockBytes;
    this.drive = this.restarted();
  }

  restarted(): StDrive {
    return new StDrive({ port: createSyscallPort(), device: this.#bay.path, clock: systemBlockingClock });
  }

  insertBlank(capacityBytes: number): void {
    this.#bay.insertBlank(capacityBytes);
  }

  writeProtect(): void {
    this.#bay.writeProtect();
  }

  failNextWrite(): never {
    throw new Error('tgt cannot be made to fail a write without breaking its own file');
  }

  failNextFlush(): never {
    throw new Error('tgt writes every block at once');
  }

  damageBlock(): never {
    throw new Error('tgt cannot be made to fail a read in the middle');
  }

  reset(): void {
    this.#bay.reset();
  }

  dispose(): void {
    this.#bay.empty();
  }
}
