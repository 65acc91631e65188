import type { SgCommand, SgCompletion } from './sg-command.js';

/**
 * A way for SCSI commands to a device that answers in its own time, as a changer does: the blocking SG_IO calls are made
 * elsewhere (a worker thread) or, in tests and the deterministic world, inline.
 *
 * Contract: commands are carried out one after another, in the order given. A command once begun is never given up: its
 * promise settles when the kernel is done with it. Nothing is thrown for what the system or the device says; promises are
 * rejected only with DEVICE_THREAD_DIED and DEVICE_NATIVE_MISSING, and then whether a command was carried out is unknown.
 */
export interface ScsiChannel {
  /** The device node, such as /dev/sg3. */
  readonly device: string;
  /** Takes the device. Idempotent. Returns 0, or the errno with which the node could not be opened. */
  open(): Promise<number>;
  /** EBADF while the channel is not open. */
  execute(command: SgCommand): Promise<SgCompletion>;
  /** Gives the device back; a command in hand is waited for, but never long. Idempotent; it may be opened again. */
  close(): Promise<void>;
}
