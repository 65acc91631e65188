import { createSyscallPort } from '../../../src/device/linux-syscalls.js';
import { describeStNodeContract, type StNodeFixture } from '../../contract/st-node.contract.js';
import { ScsiDebugBay } from './scsi-debug-bay.js';
import { ScsiDebugDrive } from './scsi-debug-drive.js';

const drive = new ScsiDebugDrive();

/** The kernel's st driver over scsi_debug. */
class ScsiDebugNodeFixture implements StNodeFixture {
  readonly #bay = new ScsiDebugBay(drive);
  readonly port = createSyscallPort();
  readonly path = this.#bay.path;
  readonly shortestBlockBytes = this.#bay.shortestBlockBytes;

  insertBlank(capacityBytes: number): void {
    this.#bay.insertBlank(capacityBytes);
  }

  writeProtect(): void {
    this.#bay.writeProtect();
  }

  failNext(command: 'write' | 'filemark'): void {
    this.#bay.failNext(command);
  }

  reset(): void {
    this.#bay.reset();
  }

  dispose(): void {
    this.#bay.empty();
  }
}

describeStNodeContract('kernel + scsi_debug', () => new ScsiDebugNodeFixture(), {
  'opening: for writing a protected cartridge is EROFS when it waits; else writing is EACCES':
    'its option wp is for disks; a tape is never protected',
  'reading and writing: takes the write that meets early warning, refuses the next with ENOSPC, and so on in turn':
    'with early warning it tells that nothing was written of a block that was',
});
