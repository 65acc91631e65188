import type { ExtentRecord, StreamRecord } from '../inventory/records.js';
import type { BackupLevel } from '../terms/stream-descriptor.js';
import type { StreamId } from '../terms/ids.js';
import type { RestoreReceiver } from '../transfer/restore-stream.js';
import type { SaveStream, SaveStreamEvents } from '../transfer/save-stream.js';

/** What the data door asks of the daemon. Implemented by `jobs`; the door's tests use a fake. */
export interface StreamService {
  /**
   * Opens a stream for an authenticated client. Resolves when the stream is registered with a session of its pool; credit
   * comes when a volume is mounted. Rejects with JOB_POOL_UNKNOWN, JOB_BASE_UNKNOWN, JOB_LIMIT, JOB_SHUTTING_DOWN, AUTH_FORBIDDEN,
   * PROTOCOL_BODY. A failure to find or mount a volume comes as `events.failed`.
   */
  openSave(client: string, request: SaveRequest, events: SaveStreamEvents): Promise<SaveStream>;

  /**
   * Plans a restore and queues it. Rejects with JOB_STREAM_UNKNOWN, JOB_STREAM_INCOMPLETE, AUTH_FORBIDDEN, JOB_SHUTTING_DOWN.
   * After it resolved, `receiver` gets the bytes.
   */
  openRestore(client: string, request: RestoreRequest, receiver: RestoreReceiver): Promise<RestoreTicket>;
}

export interface SaveRequest {
  readonly name: string;
  readonly pool: string;
  readonly level: BackupLevel;
  readonly basedOn: StreamId | null;
  readonly timeMs: number;
  /** Null: the pool's. */
  readonly retentionDays: number | null;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface RestoreRequest {
  readonly streamId: StreamId;
  readonly offset: number;
  /** Null: to the end. */
  readonly length: number | null;
  /** Also of a stream that was never completed, as far as it is durable; else that is JOB_STREAM_INCOMPLETE. */
  readonly partial: boolean;
}

export interface RestoreTicket {
  readonly stream: StreamRecord;
  /** Bytes that will be delivered. */
  readonly lengthBytes: number;
  readonly extents: readonly ExtentRecord[];
  /** The receiver is gone. */
  cancel(reason: string): void;
}
