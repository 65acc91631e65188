import type { StreamDescriptor } from '../terms/stream-descriptor.js';
import type { SessionId, VolumeId } from '../terms/ids.js';

/** What a checkpoint makes durable: handed to the owner of the inventory, which commits it in one synced batch. */
export interface Checkpoint {
  readonly volumeId: VolumeId;
  readonly sessionId: SessionId;
  /** Where the next block goes: behind the filemark that ended the checkpoint. */
  readonly endOfData: { readonly blockAddress: number; readonly sequence: number; readonly lastIndex: number | null };
  /** Data blocks and payload bytes since the checkpoint before. */
  readonly blocks: number;
  readonly bytes: number;
  readonly streams: readonly CheckpointStream[];
  /** The volume was closed with this checkpoint: `full` at early warning; null when it stays open. */
  readonly closed: 'full' | 'closed' | null;
}

export interface CheckpointStream {
  readonly descriptor: StreamDescriptor;
  /** After this checkpoint. */
  readonly state: 'open' | 'complete' | 'aborted';
  readonly reason: string;
  /** All durable bytes of the stream from its start, over all volumes, and their CRC32C. */
  readonly durableBytes: number;
  readonly crc32c: number;
  readonly durableBlocks: number;
  /** New on this volume since the checkpoint before. */
  readonly extents: readonly {
    readonly blockAddress: number;
    readonly sequence: number;
    readonly blocks: number;
    readonly offset: number;
    readonly bytes: number;
  }[];
}
