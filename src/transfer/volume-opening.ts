import type { OpenVolume, OpenVolumeReason } from './open-volume.js';
import type { WaitReason } from './save-stream.js';
import { shuttingDown } from './session-failures.js';
import type { SessionStreams } from './session-streams.js';
import type { Wakeup } from './wakeup.js';

/** Mounts the volume to write next; calls `waiting` with what that waits for, for people. */
export type VolumeOpener = (
  reason: OpenVolumeReason,
  waiting: (reason: WaitReason, message: string) => void,
) => Promise<OpenVolume>;

/**
 * Waits for the next volume. Streams go on joining and receiving meanwhile, and each is told what it waits for.
 * JOB_SHUTTING_DOWN when the wait was called off because the daemon stops; else what `openVolume` rejects with.
 */
export async function awaitVolume(options: {
  readonly reason: OpenVolumeReason;
  readonly openVolume: VolumeOpener;
  readonly streams: SessionStreams;
  readonly wakeup: Wakeup;
  readonly isStopping: () => boolean;
}): Promise<OpenVolume> {
  const { reason, openVolume, streams, wakeup, isStopping } = options;
  const progress = { isSettled: false };
  const settle = (): void => {
    progress.isSettled = true;
    wakeup.notify();
  };
  const opening = openVolume(reason, (why, message) => {
    streams.wait(why, message);
  });
  opening.then(settle, settle);
  try {
    while (!progress.isSettled) {
      streams.tellWaiting();
      await wakeup.wait();
    }
    return await opening;
  } catch (error) {
    // Waits for a drive or a person end with an AbortError when they are called off.
    const calledOff = isStopping() && error instanceof Error && error.name === 'AbortError';
    throw calledOff ? shuttingDown(error) : error;
  } finally {
    streams.waitNoMore();
  }
}
