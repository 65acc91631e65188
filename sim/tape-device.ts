import { ERRNO } from '../src/device/errno.js';
import type { FaultPlan } from './fault-plan.js';
import type { ProcessLock } from './process-lock.js';
import type { ScsiReply } from './scsi-reply.js';
import type { DeviceCall, SimDevice } from './sim-device.js';
import type { SscDrive } from './ssc-drive.js';
import type { StDriver } from './st-driver.js';

/** `/dev/nstN` and `/dev/stN`: a drive behind the `st` driver, opened by one at a time. */
export class TapeDevice implements SimDevice {
  readonly #drive: SscDrive;
  readonly #driver: StDriver;
  readonly #faults: FaultPlan;
  readonly #lock: ProcessLock;
  #isOpen = false;

  constructor(drive: SscDrive, driver: StDriver, faults: FaultPlan, lock: ProcessLock) {
    this.#drive = drive;
    this.#driver = driver;
    this.#faults = faults;
    this.#lock = lock;
  }

  fault(call: DeviceCall): number {
    const errno = this.#faults.onCall(call);
    return errno === null ? 0 : -ERRNO[errno];
  }

  open(path: string, flags: number): number {
    // The lock comes first: a cartridge that another process is writing must not even be looked into.
    if (this.#isOpen || !this.#lock.take()) return -ERRNO.EBUSY;
    try {
      this.#drive.resume();
      const opened = this.#driver.open(flags, /^\/dev\/st\d/.test(path));
      this.#isOpen = opened >= 0;
      return opened;
    } finally {
      if (!this.#isOpen) this.#powerDown();
    }
  }

  close(): number {
    this.#isOpen = false;
    const closed = this.#driver.close();
    this.#powerDown();
    return closed;
  }

  read(into: Uint8Array): number {
    return this.#driver.read(into);
  }

  write(bytes: Uint8Array): number {
    return this.#driver.write(bytes);
  }

  ioctl(request: number, argument: Uint8Array): number {
    return this.#driver.ioctl(request, argument);
  }

  beforeCommand(): number {
    return this.#driver.beforeCommand();
  }

  execute(cdb: Uint8Array, data: Uint8Array): ScsiReply {
    return this.#drive.execute(cdb, data);
  }

  /** Nobody has the drive open: its files are closed, so that another process can be given it. */
  #powerDown(): void {
    this.#drive.park();
    this.#lock.release();
  }
}
