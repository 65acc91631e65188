import type { OpenVolume, OpenVolumeReason } from './open-volume.js';
import type { WaitReason } from './save-stream.js';

/** Calls back with what a wait is for, for people. */
export type TellWaiting = (reason: WaitReason, message: string) => void;

/** Where a save session has its volumes from, one after another. */
export interface VolumeSupply {
  /**
   * Mounts the volume to write next. The one before is closed, or was never: the session writes nothing to it any more and
   * leaves its drive to the supply. Waits for a drive, a robot or a person, as long as that may take; when the daemon stops it
   * rejects with whatever its signal was aborted with. A StorageError ends the session. Not called again before it settled.
   */
  next(reason: OpenVolumeReason, waiting: TellWaiting): Promise<OpenVolume>;
  /**
   * The volume in hand will be full before long: gets the next one ready on another drive, if that disturbs nobody. May be
   * called as often as one likes. What comes of it shows when `next` is called.
   */
  prepare(): void;
}
