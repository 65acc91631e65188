import { ERRNO } from '../device/errno.js';
import { MT_OP } from '../device/mtio.js';
import type { StDevice } from './st-device.js';

/**
 * What `st` still owes after a write, and how to make it settle. While it is in its writing state it writes a filemark by
 * itself before it rewinds, seeks or is closed, wherever the tape then stands. MTWEOF ends that state, with count 0
 * without a filemark of its own.
 *
 * Results are those of the system call: 0 or -errno.
 */
export class StWrites {
  readonly #device: StDevice;
  /** Whether `st` may be in its writing state. */
  #open = false;
  /** A write since `forget` met early warning. */
  earlyWarning = false;

  constructor(device: StDevice) {
    this.#device = device;
  }

  get areOpen(): boolean {
    return this.#open;
  }

  /**
   * One block. The kernel accepts the write that meets early warning, refuses the next with ENOSPC without trying it, and
   * takes it when it is repeated; at the end of the medium ENOSPC means that it was tried and not written.
   */
  write(block: Uint8Array): number {
    this.#open = true;
    const result = this.#device.write(block);
    if (result === -ERRNO.ENOSPC) this.earlyWarning = true;
    return result;
  }

  /** Flushes `st` and the drive, then writes `count` filemarks, which may be none. */
  flush(count: number): number {
    this.#open = true;
    let result = this.#device.operate(MT_OP.writeFilemarks, count);
    if (result === -ERRNO.ENOSPC) {
      // Told of an asynchronous write that met early warning, instead of doing anything.
      this.earlyWarning = true;
      result = this.#device.operate(MT_OP.writeFilemarks, count);
    }
    if (result >= 0) this.#open = false;
    return result;
  }

  /** Waits for an asynchronous write of `st`, if it makes any: a command by SG_IO would overtake it. */
  drain(): number {
    if (!this.#open) return 0;
    const result = this.#device.operate(MT_OP.noOperation, 1);
    if (result !== -ERRNO.ENOSPC) return result;
    this.earlyWarning = true;
    return 0;
  }

  /**
   * Ends the writing state without caring what becomes of the data. The first call may report an asynchronous write that
   * failed instead of doing anything; the second does it.
   */
  abandon(): void {
    if (!this.#open) return;
    if (this.#device.operate(MT_OP.writeFilemarks, 0) < 0) this.#device.operate(MT_OP.writeFilemarks, 0);
    this.#open = false;
  }

  /** After a move, or with another cartridge. */
  forget(): void {
    this.#open = false;
    this.earlyWarning = false;
  }
}
