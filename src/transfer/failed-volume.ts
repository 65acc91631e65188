import { isStorageError, type StorageError } from '../base/storage-error.js';
import type { SavingStream } from './saving-stream.js';
import type { VolumeWriter } from './volume-writer.js';

/** What is left of a volume that failed while it was written. */
export interface LeftVolume {
  /** Data blocks that were written on it and wait again, for another. */
  readonly blocksAgain: number;
  /** Streams of which not all blocks since the last checkpoint are here any more: told the error, they go no further. */
  readonly lost: readonly SavingStream[];
  /** The drive's thread did not answer. */
  readonly releaseError: StorageError | null;
}

/**
 * Leaves a volume that failed, and takes its streams back to their last checkpoint: what was written since, and not acknowledged, waits
 * again in its old order, before what came behind it, as if it had never been written. What is durable on the volume stays there. No STREAM-START,
 * index or VOLUME-END is tried on it any more: where a drive stands behind an error is not known, and what is written in the wrong
 * place costs what is durable.
 */
export async function leaveFailedVolume(options: {
  readonly writer: VolumeWriter;
  readonly streams: readonly SavingStream[];
  readonly error: StorageError;
  /** Something settled. */
  readonly settled: () => Promise<void>;
}): Promise<LeftVolume> {
  const { writer, streams, error, settled } = options;
  let releaseError: StorageError | null = null;
  try {
    await writer.release(settled);
  } catch (cause) {
    if (!isStorageError(cause)) throw cause;
    releaseError = cause;
  }
  const lost: SavingStream[] = [];
  let blocksAgain = 0;
  for (const stream of streams) {
    const before = stream.written.blocks;
    if (stream.writeAgain()) blocksAgain += stream.isDropped ? 0 : before - stream.written.blocks;
    else {
      stream.fail(error);
      lost.push(stream);
    }
  }
  return { blocksAgain, lost, releaseError };
}
