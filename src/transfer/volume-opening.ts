import type { OpenVolume, OpenVolumeReason } from './open-volume.js';
import type { SessionStreams } from './session-streams.js';
import type { VolumeSupply } from './volume-supply.js';
import type { Wakeup } from './wakeup.js';

/**
 * Waits for the next volume. Streams go on joining and receiving meanwhile, and each is told what it waits for. Null when the
 * wait was called off because the daemon stops; rejects with what the supply rejects with.
 */
export async function awaitVolume(options: {
  readonly reason: OpenVolumeReason;
  readonly supply: VolumeSupply;
  readonly streams: SessionStreams;
  readonly wakeup: Wakeup;
  readonly isStopping: () => boolean;
}): Promise<OpenVolume | null> {
  const { reason, supply, streams, wakeup, isStopping } = options;
  const progress = { isSettled: false };
  const settle = (): void => {
    progress.isSettled = true;
    wakeup.notify();
  };
  const opening = supply.next(reason, (why, message) => {
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
    if (isStopping() && isCalledOff(error)) return null;
    throw error;
  } finally {
    streams.waitNoMore();
  }
}

/** What a wait ends with when the daemon stops: the reason of its signal, or a timer's AbortError. */
function isCalledOff(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'JOB_SHUTTING_DOWN'))
  );
}
