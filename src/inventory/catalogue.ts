import { parseStreamId, type StreamId } from '../terms/ids.js';
import type { ParsedRecord } from './record-codec.js';
import type {
  AuditRecord,
  CartridgeRecord,
  DriveRecord,
  HealthRecord,
  JobRecord,
  MoveRecord,
  PoolRecord,
  StreamRecord,
  VolumeRecord,
} from './records.js';
import {
  AUDIT,
  CARTRIDGE,
  DRIVE,
  EXTENTS,
  HEALTH,
  JOB,
  MOVE,
  POOL,
  STREAM,
  VOLUME,
  type ExtentsRecord,
} from './stored-records.js';

/** Extents of one stream, as many as one record of the inventory has. */
export type StreamExtents = ExtentsRecord & { readonly streamId: StreamId };

/**
 * A record of the inventory by its kind. A catalogue has them in this order: the pools; each cartridge, followed by the volume on
 * it; each stream, followed by its extents in the order of the stream; then what happened: drives, their health, moves,
 * audit, jobs.
 */
export type CatalogueRecord =
  | { readonly kind: 'pool'; readonly record: PoolRecord }
  | { readonly kind: 'cartridge'; readonly record: CartridgeRecord }
  | { readonly kind: 'volume'; readonly record: VolumeRecord }
  | { readonly kind: 'stream'; readonly record: StreamRecord }
  | { readonly kind: 'extents'; readonly record: StreamExtents }
  | { readonly kind: 'drive'; readonly record: DriveRecord }
  | { readonly kind: 'health'; readonly record: HealthRecord }
  | { readonly kind: 'move'; readonly record: MoveRecord }
  | { readonly kind: 'audit'; readonly record: AuditRecord }
  | { readonly kind: 'job'; readonly record: JobRecord };

/** A record from a file. */
export function parseCatalogueRecord(kind: string, value: unknown): ParsedRecord<CatalogueRecord> {
  switch (kind) {
    case 'pool':
      return ofKind(kind, POOL.parse(value));
    case 'cartridge':
      return ofKind(kind, CARTRIDGE.parse(value));
    case 'volume':
      return ofKind(kind, VOLUME.parse(value));
    case 'stream':
      return ofKind(kind, STREAM.parse(value));
    case 'extents':
      return ofKind(kind, parseExtents(value));
    case 'drive':
      return ofKind(kind, DRIVE.parse(value));
    case 'health':
      return ofKind(kind, HEALTH.parse(value));
    case 'move':
      return ofKind(kind, MOVE.parse(value));
    case 'audit':
      return ofKind(kind, AUDIT.parse(value));
    case 'job':
      return ofKind(kind, JOB.parse(value));
    default:
      return { kind: 'bad', reason: `there are no records of kind ${kind}` };
  }
}

function parseExtents(value: unknown): ParsedRecord<StreamExtents> {
  if (typeof value !== 'object' || value === null || !('streamId' in value))
    return { kind: 'bad', reason: 'streamId: it names no stream' };
  const { streamId: text, ...rest } = value;
  const streamId = typeof text === 'string' ? parseStreamId(text) : null;
  if (streamId === null || streamId !== text) return { kind: 'bad', reason: 'streamId: is not a stream id' };
  const parsed = EXTENTS.parse(rest);
  return parsed.kind === 'bad' ? parsed : { kind: 'good', record: { streamId, ...parsed.record } };
}

function ofKind<K extends CatalogueRecord['kind']>(
  kind: K,
  parsed: ParsedRecord<Extract<CatalogueRecord, { readonly kind: K }>['record']>,
): ParsedRecord<CatalogueRecord> {
  return parsed.kind === 'bad' ? parsed : { kind: 'good', record: { kind, record: parsed.record } as CatalogueRecord };
}
