import { z } from 'zod';
import { parseBarcode, type Barcode } from '../terms/barcode.js';
import {
  parseJobId,
  parseSessionId,
  parseStreamId,
  parseVolumeId,
  type JobId,
  type SessionId,
  type StreamId,
  type VolumeId,
} from '../terms/ids.js';
import { JOB_KINDS, JOB_STATES, JOB_STEP_STATES } from '../terms/job-words.js';
import { VOLUME_STATES } from '../terms/media-state.js';
import { WORM_RULES } from '../terms/pool-policy.js';
import { BACKUP_LEVELS } from '../terms/stream-descriptor.js';
import { makeRecordCodec } from './record-codec.js';
import {
  type AuditRecord,
  type CartridgeRecord,
  type ClockMarkRecord,
  type DriveRecord,
  type ExtentRecord,
  type HealthRecord,
  type JobRecord,
  type MoveRecord,
  type PoolRecord,
  type StreamRecord,
  type VolumeRecord,
} from './records.js';
import type { Table } from './tables.js';

/** A text that `parse` takes as it is. */
function parsed<T extends string>(name: string, parse: (text: string) => T | null): z.ZodType<T> {
  return z.custom<T>((value) => typeof value === 'string' && parse(value) === value, `is not a ${name}`);
}

const barcode = parsed<Barcode>('barcode', parseBarcode);
const volumeId = parsed<VolumeId>('volume id', parseVolumeId);
const streamId = parsed<StreamId>('stream id', parseStreamId);
const sessionId = parsed<SessionId>('session id', parseSessionId);
const jobId = parsed<JobId>('job id', parseJobId);
const count = z.number().int().nonnegative();
const crc = count.max(0xffff_ffff);
/** Milliseconds since the epoch. */
const timeMs = z.number();

const shelf = z.strictObject({ kind: z.literal('shelf') });
const vault = z.strictObject({ kind: z.literal('vault'), vault: z.string(), dueMs: timeMs.nullable() });
const location = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('slot'), changer: z.string(), slot: count }),
  z.strictObject({ kind: z.literal('import-export'), changer: z.string(), slot: count }),
  z.strictObject({ kind: z.literal('transport'), changer: z.string() }),
  z.strictObject({ kind: z.literal('drive'), drive: z.string() }),
  shelf,
  vault,
  z.strictObject({ kind: z.literal('missing') }),
]);

const cartridge: z.ZodType<CartridgeRecord> = z.strictObject({
  barcode,
  location,
  locationSinceMs: timeMs,
  destination: z.discriminatedUnion('kind', [shelf, vault]).nullable(),
  volumeId: volumeId.nullable(),
  labelCount: count,
  mediumSerial: z.string().nullable(),
  cleaningUses: count,
  condition: z
    .strictObject({ state: z.enum(['suspect', 'damaged', 'retired', 'foreign']), reason: z.string() })
    .nullable(),
});

const clockMark: z.ZodType<ClockMarkRecord> = z.strictObject({ vouchedMs: timeMs });

const move: z.ZodType<MoveRecord> = z.strictObject({
  timeMs,
  barcode,
  from: location.nullable(),
  to: location,
  who: z.string(),
  reason: z.string(),
});

const drive: z.ZodType<DriveRecord> = z.strictObject({
  name: z.string(),
  serial: z.string(),
  downReason: z.string(),
  downSinceMs: timeMs.nullable(),
  downBy: z.string(),
  lastUsedMs: timeMs.nullable(),
  mounts: count,
  wantsCleaning: z.boolean(),
  cleanings: count,
  lastCleanedMs: timeMs.nullable(),
});

const health: z.ZodType<HealthRecord> = z.strictObject({
  timeMs,
  drive: z.string().nullable(),
  driveSerial: z.string(),
  barcode: barcode.nullable(),
  kind: z.enum([
    'mount',
    'unmount',
    'load-error',
    'read-error',
    'write-error',
    'move-error',
    'tape-alert',
    'cleaning',
    'down',
    'cleared',
  ]),
  code: z.string(),
  message: z.string(),
  figures: z.record(z.string(), z.union([z.number(), z.string()])),
});

const pool: z.ZodType<PoolRecord> = z.strictObject({
  name: z.string(),
  kind: z.enum(['tape', 'disk']),
  retentionDays: z.number().nonnegative(),
  mediaTypes: z.array(z.string()),
  allocation: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('continue') }),
    z.strictObject({ kind: z.literal('always') }),
    z.strictObject({ kind: z.literal('calendar'), period: z.enum(['day', 'week', 'month']) }),
  ]),
  maxVolumes: count.nullable(),
  maxDrives: count,
  streamsPerDrive: count,
  drawsFromScratch: z.boolean(),
  labelsBlank: z.boolean(),
  recycles: z.boolean(),
  worm: z.enum(WORM_RULES),
  encryption: z.boolean(),
  declared: z.boolean(),
});

const job: z.ZodType<JobRecord> = z.strictObject({
  jobId,
  kind: z.enum(JOB_KINDS),
  who: z.string(),
  title: z.string(),
  state: z.enum(JOB_STATES),
  createdMs: timeMs,
  endedMs: timeMs.nullable(),
  steps: z.array(
    z.strictObject({
      subject: z.string(),
      state: z.enum(JOB_STEP_STATES),
      message: z.string(),
      code: z.string(),
    }),
  ),
  waitingFor: z.string(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  result: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])),
});

const volume: z.ZodType<VolumeRecord> = z.strictObject({
  volumeId,
  barcode,
  pool: z.string(),
  state: z.enum(VOLUME_STATES),
  stateReason: z.string(),
  labelledMs: timeMs,
  blockSizeBytes: count,
  endOfData: z.strictObject({ blockAddress: count, sequence: count, lastIndex: count.nullable() }),
  closed: z.boolean(),
  begunFor: z.string(),
  blocks: count,
  bytes: count,
  mounts: count,
  errors: count,
  firstWrittenMs: timeMs.nullable(),
  lastWrittenMs: timeMs.nullable(),
  retentionEndMs: timeMs.nullable(),
  tails: z.array(z.strictObject({ from: count, to: count, foundMs: timeMs })),
});

const stream: z.ZodType<StreamRecord> = z.strictObject({
  descriptor: z.strictObject({
    streamId,
    client: z.string(),
    name: z.string(),
    pool: z.string(),
    level: z.enum(BACKUP_LEVELS),
    basedOn: streamId.nullable(),
    timeMs,
    retentionEndMs: timeMs,
    attributes: z.record(z.string(), z.string()),
  }),
  state: z.enum(['open', 'complete', 'incomplete']),
  lengthBytes: count,
  crc32c: crc,
  blocks: count,
  extents: count,
  volumes: z.array(volumeId),
  startedMs: timeMs,
  endedMs: timeMs.nullable(),
  reason: z.string(),
  hold: z.strictObject({ reason: z.string(), who: z.string(), sinceMs: timeMs }).nullable(),
});

const audit: z.ZodType<AuditRecord> = z.strictObject({
  timeMs,
  who: z.string(),
  what: z.string(),
  barcode: barcode.nullable(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

/** blockAddress, sequence, blocks, offset, bytes. */
type ExtentRow = readonly [number, number, number, number, number];

/** Extents of one stream on one volume, of one session; rows instead of objects, since there are millions. */
export interface ExtentsRecord {
  readonly volumeId: VolumeId;
  readonly sessionId: SessionId;
  readonly rows: readonly ExtentRow[];
}

const extents: z.ZodType<ExtentsRecord> = z.strictObject({
  volumeId,
  sessionId,
  rows: z.array(z.tuple([count, count, count.positive(), count, count.positive()])).min(1),
});

export function packExtents(run: readonly [ExtentRecord, ...ExtentRecord[]]): ExtentsRecord {
  const [{ volumeId, sessionId }] = run;
  const rows = run.map((one) => [one.blockAddress, one.sequence, one.blocks, one.offset, one.bytes] as const);
  return { volumeId, sessionId, rows };
}

export function unpackExtents({ volumeId, sessionId, rows }: ExtentsRecord): readonly ExtentRecord[] {
  return rows.map(([blockAddress, sequence, blocks, offset, bytes]) => ({
    volumeId,
    sessionId,
    blockAddress,
    sequence,
    blocks,
    offset,
    bytes,
  }));
}

/** What one commit left: the tables' records counted and their CRCs added up (content-sum.ts). */
export interface TransactionRecord {
  /** Of the tables. */
  readonly schema: number;
  readonly number: number;
  readonly records: number;
  readonly sum: number;
  /** CRC of the transaction record before; 0 in the first. */
  readonly previous: number;
}

const transaction: z.ZodType<TransactionRecord> = z.strictObject({
  schema: count,
  number: count.positive(),
  records: count,
  sum: count,
  previous: crc,
});

/** A record whose key says it all. */
const mark: z.ZodType<Readonly<Record<string, never>>> = z.strictObject({});

export const AUDIT = makeRecordCodec(audit);
export const CARTRIDGE = makeRecordCodec(cartridge);
export const CLOCK_MARK = makeRecordCodec(clockMark);
export const DRIVE = makeRecordCodec(drive);
export const EXTENTS = makeRecordCodec(extents);
export const HEALTH = makeRecordCodec(health);
export const JOB = makeRecordCodec(job);
export const MARK = makeRecordCodec(mark);
export const MOVE = makeRecordCodec(move);
export const POOL = makeRecordCodec(pool);
export const STREAM = makeRecordCodec(stream);
export const TRANSACTION = makeRecordCodec(transaction);
export const VOLUME = makeRecordCodec(volume);

/** What the records of each table look like. */
export const CODEC_OF_TABLE = {
  a: AUDIT,
  c: CARTRIDGE,
  d: DRIVE,
  e: EXTENTS,
  f: MARK,
  h: HEALTH,
  j: JOB,
  k: CLOCK_MARK,
  l: VOLUME,
  m: MOVE,
  p: POOL,
  s: STREAM,
  t: TRANSACTION,
  v: MARK,
} as const satisfies Record<Table, unknown>;
