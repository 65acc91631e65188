import { assert } from '../base/assert.js';
import type { SerialQueue } from '../base/serial-queue.js';
import type { Clock } from '../base/clock.js';
import type { StorageError } from '../base/storage-error.js';
import type { StreamId, VolumeId } from '../terms/ids.js';
import type { VolumeState } from '../terms/media-state.js';
import type { Inventory, InventoryChange } from '../inventory/inventory.js';
import type { ExtentRecord, StreamRecord, VolumeRecord } from '../inventory/records.js';
import { withStateByDaemon } from '../media/state-changes.js';
import type { Checkpoint, CheckpointStream } from '../transfer/checkpoint-commit.js';

/**
 * Turns a checkpoint into one change of the inventory: the volume, its streams and their new extents, or none of it.
 * Changes are made one after another, since each reads the record it replaces.
 */
export class CheckpointBooks {
  readonly #inventory: Inventory;
  readonly #clock: Clock;
  readonly #bookkeeping: SerialQueue;

  /** `bookkeeping`: the node's (media-environment.ts). */
  constructor(inventory: Inventory, clock: Clock, bookkeeping: SerialQueue) {
    this.#inventory = inventory;
    this.#clock = clock;
    this.#bookkeeping = bookkeeping;
  }

  async commit(checkpoint: Checkpoint): Promise<void> {
    await this.#bookkeeping.run(async () => this.#commit(checkpoint));
  }

  async #commit(checkpoint: Checkpoint): Promise<void> {
    const volume = await this.#inventory.volume(checkpoint.volumeId);
    assert(volume !== null, 'a volume that is written is in the inventory');
    const records = await Promise.all(
      checkpoint.streams.map(async (stream) => this.#inventory.stream(stream.descriptor.streamId)),
    );
    const nowMs = this.#clock.wallMs();
    const streams = checkpoint.streams.map((stream, i) =>
      streamAfter(stream, records[i] ?? null, checkpoint.volumeId, nowMs),
    );
    const change: InventoryChange = {
      volumes: [volumeAfter(volume, checkpoint, nowMs)],
      streams,
      extents: checkpoint.streams
        .filter((stream) => stream.extents.length > 0)
        .map((stream) => ({ streamId: stream.descriptor.streamId, extents: extentsOf(stream, checkpoint) })),
    };
    await this.#inventory.commit(change);
  }

  /** A stream that begins: shown as open from its first moment, so that a crash leaves it as incomplete, not unheard of. */
  async begin(descriptor: StreamRecord['descriptor']): Promise<void> {
    await this.#inventory.commit({
      streams: [
        {
          descriptor,
          state: 'open',
          lengthBytes: 0,
          crc32c: 0,
          blocks: 0,
          extents: 0,
          volumes: [],
          startedMs: this.#clock.wallMs(),
          endedMs: null,
          reason: '',
          hold: null,
        },
      ],
    });
  }

  /** A stream that ended without a checkpoint telling so: what is durable stays, as incomplete. */
  async giveUp(streamId: StreamId, reason: string): Promise<void> {
    await this.#bookkeeping.run(async () => {
      const record = await this.#inventory.stream(streamId);
      if (record?.state !== 'open') return;
      await this.#inventory.commit({
        streams: [{ ...record, state: 'incomplete', endedMs: this.#clock.wallMs(), reason }],
      });
    });
  }

  /** A volume that failed while it was written: one whose medium did is not written again until a person looked at it. */
  async noteVolumeError(volumeId: VolumeId, error: StorageError): Promise<void> {
    await this.#bookkeeping.run(async () => {
      const volume = await this.#inventory.volume(volumeId);
      if (volume === null) return;
      await this.#inventory.commit({
        volumes: [afterError({ ...volume, errors: volume.errors + 1 }, error)],
      });
    });
  }

  /** At start: streams that were open when the daemon last ended can never be completed. Returns how many there were. */
  async settleAfterCrash(): Promise<number> {
    const open: StreamRecord[] = [];
    for await (const stream of this.#inventory.everyStream()) if (stream.state === 'open') open.push(stream);
    if (open.length > 0)
      await this.#inventory.commit({
        streams: open.map((stream) => ({
          ...stream,
          state: 'incomplete',
          endedMs: this.#clock.wallMs(),
          reason: 'the daemon ended before the stream did',
        })),
      });
    return open.length;
  }
}

function afterError(volume: VolumeRecord, error: StorageError): VolumeRecord {
  const state = stateAfterWriteError(error);
  if (state === null) return volume;
  return withStateByDaemon({ ...volume, closed: volume.closed || state === 'full' }, state, error.message);
}

function stateAfterWriteError({ code }: StorageError): VolumeState | null {
  switch (code) {
    case 'MEDIUM_WRITE_ERROR':
    case 'MEDIUM_READ_ERROR':
      return 'damaged';
    case 'MEDIUM_FULL':
      return 'full';
    case 'MEDIUM_WRITE_PROTECTED':
      return 'read-only';
    case 'DRIVE_POSITION_LOST':
      return 'suspect';
    default:
      // The drive, the disk below it or this node: the volume is compared with the inventory when it is mounted next.
      return null;
  }
}

function volumeAfter(volume: VolumeRecord, checkpoint: Checkpoint, nowMs: number): VolumeRecord {
  assert(
    checkpoint.endOfData.blockAddress >= volume.endOfData.blockAddress,
    'the end of data of a volume that is written only moves forward',
  );
  const retention = checkpoint.streams
    .filter((stream) => stream.extents.length > 0)
    .map((stream) => stream.descriptor.retentionEndMs);
  const wrote = checkpoint.bytes > 0;
  const written = {
    ...volume,
    endOfData: checkpoint.endOfData,
    blocks: volume.blocks + checkpoint.blocks,
    bytes: volume.bytes + checkpoint.bytes,
    firstWrittenMs: volume.firstWrittenMs ?? (wrote ? nowMs : null),
    lastWrittenMs: wrote ? nowMs : volume.lastWrittenMs,
    retentionEndMs: retention.reduce<number | null>(
      (latest, end) => Math.max(latest ?? end, end),
      volume.retentionEndMs,
    ),
    closed: volume.closed || checkpoint.closed !== null,
  };
  if (checkpoint.closed === null) return written;
  return withStateByDaemon(written, 'full', checkpoint.closed === 'full' ? '' : 'closed before it was full');
}

function streamAfter(
  stream: CheckpointStream,
  record: StreamRecord | null,
  volumeId: VolumeId,
  nowMs: number,
): StreamRecord {
  assert(record !== null, 'a stream that is written is in the inventory');
  assert(stream.durableBytes >= record.lengthBytes, 'durable bytes only grow');
  const state = stream.state === 'aborted' ? 'incomplete' : stream.state;
  const touches = stream.extents.length > 0 && !record.volumes.includes(volumeId);
  return {
    ...record,
    state,
    lengthBytes: stream.durableBytes,
    crc32c: stream.crc32c,
    blocks: stream.durableBlocks,
    extents: record.extents + stream.extents.length,
    volumes: touches ? [...record.volumes, volumeId] : record.volumes,
    endedMs: state === 'open' ? null : nowMs,
    reason: stream.reason,
  };
}

function extentsOf(stream: CheckpointStream, checkpoint: Checkpoint): readonly ExtentRecord[] {
  return stream.extents.map((extent) => ({
    ...extent,
    volumeId: checkpoint.volumeId,
    sessionId: checkpoint.sessionId,
  }));
}
