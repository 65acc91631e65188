import type { SessionId, StreamId, VolumeId } from '../terms/ids.js';

/** docs/VOLUME-FORMAT.md, block header. */
export const BLOCK_HEADER_BYTES = 128;

export type BlockType = 'label' | 'data' | 'stream-start' | 'stream-end' | 'index' | 'volume-end';

export interface BlockHeader {
  readonly type: BlockType;
  /** Last data block of its stream. */
  readonly last: boolean;
  readonly volumeId: VolumeId;
  readonly sessionId: SessionId;
  readonly sequence: number;
  readonly streamId: StreamId | null;
  readonly offset: number;
  readonly payloadBytes: number;
  readonly frameNumber: number;
  readonly payloadCrc: number;
  readonly timeMs: number;
}
