import type { Barcode } from '../terms/barcode.js';
import type { JobState } from '../terms/job-words.js';
import type { JobId, StreamId, VolumeId } from '../terms/ids.js';
import type { CatalogueRecord } from './catalogue.js';
import type {
  AuditRecord,
  CartridgeRecord,
  ClockMarkRecord,
  DriveRecord,
  ExtentRecord,
  HealthRecord,
  JobRecord,
  MoveRecord,
  PoolRecord,
  StreamRecord,
  VolumeRecord,
} from './records.js';

/**
 * The inventory: what is on which volume, where cartridges are, and what was done to them.
 *
 * One change is one `commit`: one synced batch that takes the next transaction number; readers see all of it or nothing.
 * Commits are serialised in the order they were called. Every record carries a CRC32C over key and value; a record that
 * fails it, or a gap in the transaction numbers, is INVENTORY_CORRUPT and names the key: it is never returned.
 */
export interface Inventory {
  /** Opens the store; checks schema version, every record's checksum, and that no transaction is missing. */
  open(): Promise<void>;
  close(): Promise<void>;

  commit(change: InventoryChange): Promise<void>;
  /** Calls `listener` with every change once it is synced. Returns what ends that. */
  watch(listener: (change: InventoryChange) => void): () => void;

  cartridge(barcode: Barcode): Promise<CartridgeRecord | null>;
  cartridges(): Promise<readonly CartridgeRecord[]>;
  volume(volumeId: VolumeId): Promise<VolumeRecord | null>;
  volumes(): Promise<readonly VolumeRecord[]>;
  stream(streamId: StreamId): Promise<StreamRecord | null>;
  /** Newest first; `limit` at most 10,000. */
  streams(filter: StreamFilter): Promise<readonly StreamRecord[]>;
  /** Every stream, in no particular order, as it is at the time of the call. */
  everyStream(): AsyncIterable<StreamRecord>;
  /** Extents of a stream in the order of the stream; from the one that holds byte `offset`. */
  extents(streamId: StreamId, offset?: number): AsyncIterable<ExtentRecord>;
  /** Ids of the streams that have extents on a volume. */
  streamsOnVolume(volumeId: VolumeId): Promise<readonly StreamId[]>;
  /** Newest first. */
  audit(limit: number): Promise<readonly AuditRecord[]>;
  /** Every move of a cartridge that is kept, newest first. */
  moves(barcode: Barcode, limit: number): Promise<readonly MoveRecord[]>;
  drive(name: string): Promise<DriveRecord | null>;
  drives(): Promise<readonly DriveRecord[]>;
  /** Newest first. */
  health(filter: HealthFilter): Promise<readonly HealthRecord[]>;
  pool(name: string): Promise<PoolRecord | null>;
  pools(): Promise<readonly PoolRecord[]>;
  clockMark(): Promise<ClockMarkRecord | null>;
  job(jobId: JobId): Promise<JobRecord | null>;
  /** Newest first; at most 10,000. */
  jobs(filter: { readonly state?: JobState; readonly limit: number }): Promise<readonly JobRecord[]>;

  /** All records as they are at the time of the call, in the order of `catalogue.ts`. */
  catalogue(): AsyncIterable<CatalogueRecord>;

  /** Reads every record and reports what is wrong; changes nothing. */
  scrub(): Promise<ScrubReport>;
}

/**
 * Puts of whole records; extents are added, never changed, in the order of the stream. The stream's record, in the same change
 * or before, names their volume in `volumes`.
 */
export interface InventoryChange {
  readonly cartridges?: readonly CartridgeRecord[];
  readonly volumes?: readonly VolumeRecord[];
  readonly streams?: readonly StreamRecord[];
  readonly extents?: readonly { readonly streamId: StreamId; readonly extents: readonly ExtentRecord[] }[];
  readonly audit?: readonly AuditRecord[];
  readonly moves?: readonly MoveRecord[];
  readonly drives?: readonly DriveRecord[];
  readonly health?: readonly HealthRecord[];
  readonly pools?: readonly PoolRecord[];
  readonly jobs?: readonly JobRecord[];
  readonly clockMark?: ClockMarkRecord;
  /** Pools that are dropped, which no volume may belong to. */
  readonly removePools?: readonly string[];
  /** Jobs that ended so long ago that they are not kept any more. */
  readonly removeJobs?: readonly JobId[];
  /** Volumes that are dropped with all their extents, and the streams that lay on no other: a volume was labelled again. */
  readonly forgetVolumes?: readonly VolumeId[];
}

export interface StreamFilter {
  readonly client?: string;
  /** None of this client. */
  readonly exceptClient?: string;
  readonly name?: string;
  readonly state?: StreamRecord['state'];
  readonly limit: number;
}

export interface HealthFilter {
  readonly drive?: string;
  readonly barcode?: Barcode;
  readonly limit: number;
}

export interface ScrubReport {
  readonly records: number;
  readonly lastTransaction: number;
  readonly problems: readonly { readonly key: string; readonly problem: string }[];
}
