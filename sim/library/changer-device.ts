import { ERRNO } from '../../src/device/errno.js';
import { SG_IOCTL } from '../../src/device/sg-io.js';
import type { ScsiReply } from '../scsi-reply.js';
import type { DeviceCall, SimDevice } from '../sim-device.js';
import type { ChangerFaultPlan } from './changer-fault-plan.js';
import type { SmcChanger } from './smc-changer.js';

/** `/dev/sgN`: a library behind the `sg` driver, opened by as many as like. */
export class ChangerDevice implements SimDevice {
  readonly #changer: SmcChanger;
  readonly #faults: ChangerFaultPlan;

  constructor(changer: SmcChanger, faults: ChangerFaultPlan) {
    this.#changer = changer;
    this.#faults = faults;
  }

  fault(call: DeviceCall): number {
    const errno = this.#faults.onCall(call);
    return errno === null ? 0 : -ERRNO[errno];
  }

  open(): number {
    return 0;
  }

  close(): number {
    return 0;
  }

  /** The old interface of `sg`, which nobody uses. */
  read(): number {
    return -ERRNO.EINVAL;
  }

  write(): number {
    return -ERRNO.EINVAL;
  }

  /** The reserved buffer is as large as anybody wants it. */
  ioctl(request: number): number {
    return request === SG_IOCTL.setReservedSize ? 0 : -ERRNO.ENOTTY;
  }

  beforeCommand(): number {
    return 0;
  }

  execute(cdb: Uint8Array, data: Uint8Array): ScsiReply {
    return this.#changer.execute(cdb, data);
  }
}
