import { systemBlockingClock } from '../../../src/base/blocking-clock.js';
import { createSyscallPort } from '../../../src/device/linux-syscalls.js';
import { StDrive } from '../../../src/drive/st-drive.js';
import { OPCODES } from '../../../src/scsi/cdb.js';
import type { TapeDriveFixture } from '../../contract/tape-drive.contract.js';
import { HookedSyscalls } from '../../support/hooked-syscalls.js';
import { ScsiDebugBay } from './scsi-debug-bay.js';
import type { ScsiDebugDrive, SenseTriple } from './scsi-debug-drive.js';

const READ_ERROR: SenseTriple = [0x3, 0x11, 0x00];

/** An StDrive on the kernel's st driver over scsi_debug. */
export class ScsiDebugFixture implements TapeDriveFixture {
  readonly #bay: ScsiDebugBay;
  readonly #port = new HookedSyscalls(createSyscallPort());
  readonly shortestBlockBytes: number;
  readonly keptBytes: number;
  readonly drive: StDrive;

  constructor(drive: ScsiDebugDrive) {
    this.#bay = new ScsiDebugBay(drive);
    this.shortestBlockBytes = this.#bay.shortestBlockBytes;
    this.keptBytes = this.#bay.keptBytes;
    this.drive = this.restarted();
  }

  restarted(): StDrive {
    return new StDrive({ port: this.#port, device: this.#bay.path, clock: systemBlockingClock });
  }

  insertBlank(capacityBytes: number): void {
    this.#bay.insertBlank(capacityBytes);
  }

  writeProtect(): void {
    this.#bay.writeProtect();
  }

  failNextWrite(): void {
    this.#bay.failNext('write');
  }

  failNextFlush(): void {
    this.#bay.failNext('filemark');
  }

  /** scsi_debug fails the next READ, wherever the tape stands; so it is looked before every one. */
  damageBlock(blockAddress: number): void {
    const { drive } = this.#bay;
    this.#port.hook = (call) => {
      const reads = call.call === 'read' || (call.call === 'sg-io' && call.opcode === OPCODES.read6);
      if (reads && drive.readPosition() === blockAddress) drive.fail(OPCODES.read6, READ_ERROR, 1);
      return null;
    };
  }

  reset(): void {
    this.#bay.reset();
  }

  dispose(): void {
    this.#bay.empty();
  }
}
