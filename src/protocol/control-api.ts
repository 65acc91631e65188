import { z } from 'zod';
import { BACKUP_LEVELS } from '../terms/stream-descriptor.js';
import { VOLUME_STATES } from '../terms/media-state.js';

/**
 * The control door's bodies, in one place: the server validates with these schemas and serves them as OpenAPI, the client and
 * the CLI's `--json` output have their types from them. Byte counts are JSON numbers up to 2^53 - 1, else decimal text.
 */

/** A byte count. */
const bytes = z.union([z.number().int().nonnegative(), z.string().regex(/^\d+$/)]);
const timeMs = z.number().int();

export const streamSchema = z.object({
  streamId: z.string(),
  client: z.string(),
  name: z.string(),
  pool: z.string(),
  level: z.enum(BACKUP_LEVELS),
  basedOn: z.string().nullable(),
  timeMs,
  retentionEndMs: timeMs,
  attributes: z.record(z.string(), z.string()),
  state: z.enum(['open', 'complete', 'incomplete']),
  reason: z.string(),
  lengthBytes: bytes,
  crc32c: z.number().int(),
  blocks: z.number().int(),
  extents: z.number().int(),
  volumes: z.array(z.object({ volumeId: z.string(), barcode: z.string() })),
  startedMs: timeMs,
  endedMs: timeMs.nullable(),
  /**
   * Why it is kept: it is being written, somebody holds it, its retention lasts, a stream that is kept needs it, or nothing does
   * and its volumes may be used again.
   */
  keeping: z.enum(['open', 'held', 'retained', 'needed', 'expired']),
  /** The stream that needs it; null unless `needed`. */
  neededBy: z.string().nullable(),
  hold: z.object({ reason: z.string(), who: z.string(), sinceMs: timeMs }).nullable(),
});
export type StreamView = z.infer<typeof streamSchema>;

export const locationSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('slot'), changer: z.string(), slot: z.number().int() }),
  z.object({ kind: z.literal('import-export'), changer: z.string(), slot: z.number().int() }),
  z.object({ kind: z.literal('transport'), changer: z.string() }),
  z.object({ kind: z.literal('drive'), drive: z.string() }),
  z.object({ kind: z.literal('shelf') }),
  z.object({ kind: z.literal('vault'), vault: z.string(), dueMs: timeMs.nullable() }),
  z.object({ kind: z.literal('missing') }),
]);

/** A cartridge or disk file and, where labelled, its volume. */
export const mediumSchema = z.object({
  barcode: z.string(),
  location: locationSchema,
  locationSinceMs: timeMs,
  labelCount: z.number().int(),
  /** `blank` before it was labelled. */
  state: z.enum(VOLUME_STATES),
  stateReason: z.string(),
  volume: z
    .object({
      volumeId: z.string(),
      pool: z.string(),
      /** Nothing can be appended any more. */
      closed: z.boolean(),
      /** The session or period its pool began it for; '' when any may go on on it. */
      begunFor: z.string(),
      labelledMs: timeMs,
      blocks: z.number().int(),
      bytes,
      endOfData: z.object({ blockAddress: z.number().int(), sequence: z.number().int() }),
      mounts: z.number().int(),
      errors: z.number().int(),
      firstWrittenMs: timeMs.nullable(),
      lastWrittenMs: timeMs.nullable(),
      retentionEndMs: timeMs.nullable(),
      uncommittedTails: z.number().int(),
    })
    .nullable(),
});
export type MediumView = z.infer<typeof mediumSchema>;

export const driveSchema = z.object({
  /** Counted from 0, in the order of the configuration. */
  number: z.number().int(),
  name: z.string(),
  kind: z.enum(['tape', 'disk']),
  device: z.string(),
  /** `down` also while somebody still works with it. */
  state: z.enum(['idle', 'busy', 'down']),
  stateReason: z.string(),
  downSinceMs: timeMs.nullable(),
  /** A user, or `tapeloomd`; '' when it is up. */
  downBy: z.string(),
  /** Unit serial number; '' before it was ever read. */
  serial: z.string(),
  mounts: z.number().int(),
  lastUsedMs: timeMs.nullable(),
  wantsCleaning: z.boolean(),
  barcode: z.string().nullable(),
  /** What the drive is doing, in words; '' when idle. */
  activity: z.string(),
});
export type DriveView = z.infer<typeof driveSchema>;

/** `drive status`: asked of the device itself. */
export const driveStatusSchema = driveSchema.extend({
  identity: z.object({ vendor: z.string(), product: z.string(), revision: z.string(), serial: z.string() }),
  medium: z.enum(['ready', 'loading', 'cleaning', 'no-medium']),
  writeProtected: z.boolean(),
  worm: z.boolean(),
  cleaningRequested: z.boolean(),
  densityCode: z.number().int().nullable(),
  minBlockBytes: z.number().int(),
  maxBlockBytes: z.number().int(),
  compression: z.boolean().nullable(),
  position: z
    .object({ blockAddress: z.number().int(), fileNumber: z.number().int().nullable(), earlyWarning: z.boolean() })
    .nullable(),
  /** Flag numbers; null when the drive cannot tell. */
  tapeAlerts: z.array(z.number().int()).nullable(),
});
export type DriveStatusView = z.infer<typeof driveStatusSchema>;

/** Where the seconds of a session went. */
export const secondsSchema = z.object({
  mount: z.number(),
  position: z.number(),
  waitForData: z.number(),
  waitForCredit: z.number(),
  write: z.number(),
  read: z.number(),
  flush: z.number(),
});
export type SecondsView = z.infer<typeof secondsSchema>;

export const sessionSchema = z.object({
  sessionId: z.string(),
  kind: z.enum(['save', 'restore', 'label', 'unload']),
  pool: z.string().nullable(),
  drive: z.string().nullable(),
  barcode: z.string().nullable(),
  state: z.enum(['waiting-for-drive', 'waiting-for-operator', 'mounting', 'running', 'ending']),
  /** Where the next volume is being got ready, or is; its barcode once that is so. */
  next: z.object({ drive: z.string(), barcode: z.string().nullable() }).nullable(),
  startedMs: timeMs,
  bytes,
  blocks: z.number().int(),
  checkpoints: z.number().int(),
  seconds: secondsSchema,
  streams: z.array(
    z.object({
      streamId: z.string(),
      client: z.string(),
      name: z.string(),
      receivedBytes: bytes,
      writtenBytes: bytes,
      durableBytes: bytes,
    }),
  ),
});
export type SessionView = z.infer<typeof sessionSchema>;

export const poolSchema = z.object({
  name: z.string(),
  kind: z.enum(['tape', 'disk']),
  retentionDays: z.number(),
});

/** Something only a person can do. */
export const operatorRequestSchema = z.object({
  id: z.number().int(),
  sinceMs: timeMs,
  drive: z.string().nullable(),
  /** The job that waits for it; null for a session, and for a job that waits through the drive it has. */
  job: z.string().nullable(),
  message: z.string(),
});

/** Something an operator must look at. */
export const problemSchema = z.object({
  /** A fixed word: `clock`, `duplicate-barcode`, ... */
  kind: z.string(),
  message: z.string(),
});
export type ProblemView = z.infer<typeof problemSchema>;

export const statusSchema = z.object({
  node: z.string(),
  version: z.string(),
  startedMs: timeMs,
  nowMs: timeMs,
  dataDoor: z.object({ host: z.string(), port: z.number().int(), tls: z.boolean() }),
  memory: z.object({
    residentBytes: z.number(),
    ringBytes: z.number(),
    ringBlocks: z.number().int(),
    ringBlocksFree: z.number().int(),
  }),
  pools: z.array(poolSchema),
  drives: z.array(driveSchema),
  sessions: z.array(sessionSchema),
  operatorRequests: z.array(operatorRequestSchema),
  /** What is not as it should be and will not mend itself. */
  problems: z.array(problemSchema),
  /** The simulated hardware's own figures, where the daemon runs on it. */
  simulation: z.record(z.string(), z.number()).nullable(),
});
export type StatusView = z.infer<typeof statusSchema>;

export const checkSchema = z.object({
  name: z.string(),
  result: z.enum(['ok', 'warning', 'failed', 'unknown']),
  message: z.string(),
});
export const doctorSchema = z.object({ checks: z.array(checkSchema) });
export type DoctorView = z.infer<typeof doctorSchema>;

export const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    disposition: z.string(),
    context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
});
export type ErrorView = z.infer<typeof errorSchema>;

export const streamQuerySchema = z.strictObject({
  client: z.string().optional(),
  name: z.string().optional(),
  state: z.enum(['open', 'complete', 'incomplete']).optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
});

export const extentSchema = z.object({
  barcode: z.string(),
  blockAddress: z.number().int(),
  blocks: z.number().int(),
  offset: bytes,
  bytes,
});

/** Method and path of each route; the prefix carries the version. */
export const CONTROL_PREFIX = '/v1';
export type ExtentView = z.infer<typeof extentSchema>;
export type StreamQuery = z.input<typeof streamQuerySchema>;
