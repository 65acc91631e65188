import type { ScsiReply } from './scsi-reply.js';

/** System calls on a device. */
export type DeviceCall = 'open' | 'close' | 'read' | 'write' | 'ioctl' | 'sg-io';

/**
 * A simulated device with its kernel driver, below the system calls. Results are those of the calls, -errno when they fail.
 * FileError when the files behind the device fail.
 */
export interface SimDevice {
  /** Counts a call and returns what the fault plan has in store for it: -errno, or 0. */
  fault(call: DeviceCall): number;
  /** 0, or -errno. */
  open(path: string, flags: number): number;
  /** 0, or -errno; it is closed either way. */
  close(): number;
  read(into: Uint8Array): number;
  write(bytes: Uint8Array): number;
  ioctl(request: number, argument: Uint8Array): number;
  /** What comes before SG_IO: 0, or -errno when the driver does not let it through. */
  beforeCommand(): number;
  execute(cdb: Uint8Array, data: Uint8Array): ScsiReply;
}
