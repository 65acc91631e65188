import type { StreamId } from './ids.js';

export type BackupLevel = 'full' | 'cumulative' | 'incremental';

export const BACKUP_LEVELS: readonly BackupLevel[] = ['full', 'cumulative', 'incremental'];

/** What a client says of a stream when it opens it. Kept in the inventory and on every volume that carries the stream. */
export interface StreamDescriptor {
  readonly streamId: StreamId;
  /** The name the client authenticated as. */
  readonly client: string;
  /** What the stream is of, in the client's words: "home", "db/main". */
  readonly name: string;
  readonly pool: string;
  readonly level: BackupLevel;
  /** The stream this one needs to be restored; null for a full. */
  readonly basedOn: StreamId | null;
  /** When the client's data was taken, milliseconds since the epoch. */
  readonly timeMs: number;
  /** The stream must not be overwritten or forgotten before this; milliseconds since the epoch. */
  readonly retentionEndMs: number;
  /** Free words of the client. */
  readonly attributes: Readonly<Record<string, string>>;
}

export const STREAM_LIMITS = {
  /** Characters of a client or stream name: fits a table row and a log line. */
  nameCharacters: 255,
  /** Number of free attributes; the descriptor must fit one control frame (64 KiB). */
  attributes: 64,
  attributeKeyCharacters: 64,
  attributeValueCharacters: 512,
} as const;
