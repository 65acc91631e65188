import type { ScsiChannel } from '../device/scsi-channel.js';
import type { ScsiDeviceNode } from '../device/sysfs-scsi.js';

/** A tape drive or changer that is there, configured or not. */
export interface FoundDevice extends ScsiDeviceNode {
  /** The node it is used by: `/dev/nst0`, `/dev/sg3`; null for a changer without one. */
  readonly node: string | null;
  /** A path that leads there after the next boot as well; null when there is none. */
  readonly stablePath: string | null;
}

/** What is connected to this machine, real or simulated: for the operator who has nothing configured yet. */
export interface Machine {
  drives(): readonly FoundDevice[];
  changers(): readonly FoundDevice[];
  /** The node behind a device path, which may be a link; null when nothing is there. */
  nodeOf(path: string): string | null;
  openChannel(node: string): ScsiChannel;
}
