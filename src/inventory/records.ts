import type { Barcode } from '../terms/barcode.js';
import type { SessionId, VolumeId } from '../terms/ids.js';
import type { CartridgeLocation, VolumeState } from '../terms/media-state.js';
import type { StreamDescriptor } from '../terms/stream-descriptor.js';

/** A run of data blocks of one stream at consecutive addresses of one volume (docs/VOLUME-FORMAT.md, INDEX). */
export interface ExtentRecord {
  readonly volumeId: VolumeId;
  readonly sessionId: SessionId;
  readonly blockAddress: number;
  /** Sequence number of the first block. */
  readonly sequence: number;
  readonly blocks: number;
  /** Bytes of the stream: from `offset`, `bytes` of them. */
  readonly offset: number;
  readonly bytes: number;
}

/** Where the next block of a volume goes. */
export interface EndOfData {
  readonly blockAddress: number;
  readonly sequence: number;
  /** Address of the first block of the newest index; null before the first checkpoint. */
  readonly lastIndex: number | null;
}

/** Objects behind a checkpoint that were never acknowledged, left by a crash; they stay on the medium, unused. */
export interface UncommittedTail {
  /** Block addresses: from (inclusive) to (exclusive). */
  readonly from: number;
  readonly to: number;
  readonly foundMs: number;
}

/** A cartridge or disk file; the volume on it, if it is labelled, is named by `volumeId`. */
export interface CartridgeRecord {
  readonly barcode: Barcode;
  readonly location: CartridgeLocation;
  readonly locationSinceMs: number;
  readonly volumeId: VolumeId | null;
  /** Times this cartridge was labelled. */
  readonly labelCount: number;
}

export interface VolumeRecord {
  readonly volumeId: VolumeId;
  readonly barcode: Barcode;
  readonly pool: string;
  readonly state: VolumeState;
  /** Why it is in this state, for people; '' when nothing special. */
  readonly stateReason: string;
  readonly labelledMs: number;
  readonly blockSizeBytes: number;
  readonly endOfData: EndOfData;
  /** Data blocks and their payload bytes. */
  readonly blocks: number;
  readonly bytes: number;
  readonly mounts: number;
  readonly errors: number;
  readonly firstWrittenMs: number | null;
  readonly lastWrittenMs: number | null;
  /** The latest retention end of any stream on it; milliseconds since the epoch. */
  readonly retentionEndMs: number | null;
  readonly tails: readonly UncommittedTail[];
}

/** `open`: being written. `complete`: acknowledged as saved. `incomplete`: given up, kept as far as it is durable. */
export type StreamState = 'open' | 'complete' | 'incomplete';

export interface StreamRecord {
  readonly descriptor: StreamDescriptor;
  readonly state: StreamState;
  /** Durable bytes: all of it when complete. */
  readonly lengthBytes: number;
  /** CRC32C over those bytes. */
  readonly crc32c: number;
  readonly blocks: number;
  readonly extents: number;
  /** Volumes it lies on, in the order of the stream. */
  readonly volumes: readonly VolumeId[];
  readonly startedMs: number;
  readonly endedMs: number | null;
  /** Why it is incomplete; '' otherwise. */
  readonly reason: string;
}

/** What was done to media by whom; appended, never changed. */
export interface AuditRecord {
  readonly timeMs: number;
  /** Client name or user id. */
  readonly who: string;
  /** 'media.label', 'media.eject', ... */
  readonly what: string;
  readonly barcode: Barcode | null;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}
