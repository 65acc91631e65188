import { unreachable } from '../base/assert.js';
import { isStorageError, type StorageError } from '../base/storage-error.js';
import type { SessionId, VolumeId } from '../terms/ids.js';
import type { StreamStanding } from '../volume/volume-appender.js';
import type { Checkpoint, CheckpointStream } from './checkpoint-commit.js';
import type { SavingStream } from './saving-stream.js';
import type { VolumeWriter } from './volume-writer.js';

/** How a stream stands at a checkpoint. */
export interface StreamAtCheckpoint {
  readonly stream: SavingStream;
  readonly state: CheckpointStream['state'];
  /** Why it did not end well. */
  readonly reason: string;
}

/**
 * Makes everything written to the volume durable (invariant 1), in the order that survives a power cut: STREAM-ENDs of the streams
 * that ended and are whole, index, filemark with flush, the drive's position against the books; then `commit`, one
 * synced batch of the inventory. Only when this resolves may anything of it be acknowledged. No run is in flight.
 * Returns the streams it told of, for the events.
 */
export async function runCheckpoint(options: {
  readonly writer: VolumeWriter;
  readonly sessionId: SessionId;
  readonly streams: readonly SavingStream[];
  readonly commit: (checkpoint: Checkpoint) => Promise<void>;
}): Promise<readonly StreamAtCheckpoint[]> {
  const { writer, sessionId, streams, commit } = options;
  const standings: StreamAtCheckpoint[] = [];
  for (const stream of streams) {
    const wrong = stream.ending?.kind === 'ended' && stream.isSettled ? stream.checkEnd() : null;
    if (wrong !== null) stream.fail(wrong);
    const standing = standingOf(stream);
    if (standing.state === 'complete') await endOnVolume(writer, stream);
    if (isNews(standing, writer.volumeId)) standings.push(standing);
  }
  const { endOfData, blocks, bytes, extents, closed } = await writer.checkpoint(standings.map(indexEntryOf));
  await commit({
    volumeId: writer.volumeId,
    sessionId,
    endOfData,
    blocks,
    bytes,
    closed,
    streams: standings.map((standing) => ({
      descriptor: standing.stream.descriptor,
      state: standing.state,
      reason: standing.reason,
      durableBytes: standing.stream.written.bytes,
      crc32c: standing.stream.written.crc32c,
      durableBlocks: standing.stream.written.blocks,
      extents: extents.get(standing.stream.descriptor.streamId) ?? [],
    })),
  });
  return standings;
}

/** VOLUME-END behind the last checkpoint, then the inventory: the volume is not written any more. */
export async function closeVolume(options: {
  readonly writer: VolumeWriter;
  readonly sessionId: SessionId;
  readonly commit: (checkpoint: Checkpoint) => Promise<void>;
  /** The VOLUME-END found no room; the volume simply ends behind its last checkpoint. */
  readonly onNoRoom: (error: StorageError) => void;
}): Promise<void> {
  const { writer, sessionId, commit, onNoRoom } = options;
  try {
    await writer.writeVolumeEnd();
  } catch (error) {
    if (!isStorageError(error, 'MEDIUM_FULL')) throw error;
    onNoRoom(error);
  }
  const { volumeId, endOfData } = writer;
  await commit({ volumeId, sessionId, endOfData, blocks: 0, bytes: 0, closed: 'full', streams: [] });
}

function standingOf(stream: SavingStream): StreamAtCheckpoint {
  const { ending } = stream;
  if (ending === null || !stream.isSettled) return { stream, state: 'open', reason: '' };
  switch (ending.kind) {
    case 'ended':
      return { stream, state: 'complete', reason: '' };
    case 'aborted':
      return { stream, state: 'aborted', reason: ending.reason };
    case 'failed':
      return { stream, state: 'aborted', reason: ending.error.message };
    default:
      return unreachable(ending);
  }
}

/** Streams without a trace on this volume, and those that did not move, are as the checkpoint before said. */
function isNews({ stream, state }: StreamAtCheckpoint, volumeId: VolumeId): boolean {
  if (stream.startedOn !== volumeId) return false;
  return state !== 'open' || stream.written.bytes > stream.durableBytes;
}

/** The end stands on the volume that is written now, also when all bytes of the stream lie on others or it has none. */
async function endOnVolume(writer: VolumeWriter, stream: SavingStream): Promise<void> {
  if (stream.startedOn !== writer.volumeId) await writer.writeStreamStart(stream);
  const { bytes: lengthBytes, blocks: frames, crc32c } = stream.written;
  await writer.writeStreamEnd({ streamId: stream.descriptor.streamId, lengthBytes, frames, crc32c });
}

function indexEntryOf({ stream, state }: StreamAtCheckpoint): StreamStanding {
  const { bytes: lengthBytes, crc32c } = stream.written;
  return { streamId: stream.descriptor.streamId, state, lengthBytes, crc32c };
}
