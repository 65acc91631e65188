import { z } from 'zod';
import { crc32c } from '../base/crc32c.js';
import { StorageError } from '../base/storage-error.js';
import { isUuid, type StreamId } from '../terms/ids.js';
import { BACKUP_LEVELS, STREAM_LIMITS } from '../terms/stream-descriptor.js';
import {
  encodeFrameHeader,
  FRAME_BODY_LIMIT_BYTES,
  FRAME_HEADER_BYTES,
  PROTOCOL_NUMBER,
  type FrameHeader,
  type FrameType,
} from './frame.js';

/**
 * The JSON bodies of the data door's frames (docs/PROTOCOL.md). A client's are strict: a key nobody knows is a mistake that should
 * show. A server's are tolerant, so that an old client understands a newer server.
 */

/** So that RESTORING, which repeats them beside the list of volumes, fits its frame. */
export const ATTRIBUTES_LIMIT_BYTES = 32_768;

/** A hundred years: further away than any medium lasts. */
const RETENTION_LIMIT_DAYS = 36_500;

/** A byte count or offset. */
const count = z.int().nonnegative();
const crc = z.int().min(0).max(0xffff_ffff);
/** Names go to tables and logs: no control characters. */
const name = z
  .string()
  .min(1)
  .max(STREAM_LIMITS.nameCharacters)
  .regex(/^\P{Cc}*$/u, 'holds a control character');
const streamId = z.custom<StreamId>((value) => typeof value === 'string' && isUuid(value), 'is not a stream id');

const attributes = z
  .record(
    z.string().min(1).max(STREAM_LIMITS.attributeKeyCharacters),
    z.string().max(STREAM_LIMITS.attributeValueCharacters),
  )
  .refine(
    (record) => Object.keys(record).length <= STREAM_LIMITS.attributes,
    `has more than ${String(STREAM_LIMITS.attributes)} keys`,
  )
  .refine(
    (record) => Buffer.byteLength(JSON.stringify(record)) <= ATTRIBUTES_LIMIT_BYTES,
    `is longer than ${String(ATTRIBUTES_LIMIT_BYTES)} bytes`,
  );

const helloSchema = z.strictObject({
  protocol: z.literal(PROTOCOL_NUMBER),
  client: name,
  token: z.string().min(1).max(1024),
  /** Name and version of the client program, for the log. */
  software: z.string().max(STREAM_LIMITS.nameCharacters),
});

const saveSchema = z.strictObject({
  name,
  pool: name,
  level: z.enum(BACKUP_LEVELS),
  basedOn: streamId.nullable(),
  timeMs: count,
  /** Null: the pool's. */
  retentionDays: z.number().nonnegative().max(RETENTION_LIMIT_DAYS).nullable(),
  attributes,
});

const endSchema = z.strictObject({ length: count, crc32c: crc });
/** `partial`: also of a stream that was never completed, as far as it is durable. */
const restoreSchema = z.strictObject({ streamId, offset: count, length: count.nullable(), partial: z.boolean() });
const abortSchema = z.strictObject({ reason: z.string().max(1024) });

const welcomeSchema = z.object({
  protocol: z.literal(PROTOCOL_NUMBER),
  node: z.string(),
  software: z.string(),
  blockSize: z.int().min(2 * FRAME_HEADER_BYTES),
  heartbeatMs: z.int().positive(),
  maxStreams: z.int(),
});

const descriptorSchema = z.object({
  streamId,
  client: z.string(),
  name: z.string(),
  pool: z.string(),
  level: z.enum(BACKUP_LEVELS),
  basedOn: streamId.nullable(),
  timeMs: count,
  retentionEndMs: count,
  attributes: z.record(z.string(), z.string()),
});

const savingSchema = z.object({ streamId });
const savedSchema = z.object({ streamId, length: count, crc32c: crc, volumes: z.array(z.string()) });
const restoringSchema = z.object({
  streamId,
  /** Bytes that will come. */
  length: count,
  /** False: the stream was never completed; what comes is what of it is durable. */
  complete: z.boolean(),
  descriptor: descriptorSchema,
  volumes: z.array(z.string()),
});
const restoredSchema = z.object({ length: count, crc32c: crc });
const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  disposition: z.string(),
  durableOffset: count,
  streamId: streamId.nullable(),
});
const waitingSchema = z.object({ reason: z.string(), message: z.string() });

const SCHEMAS = {
  HELLO: helloSchema,
  WELCOME: welcomeSchema,
  SAVE: saveSchema,
  SAVING: savingSchema,
  END: endSchema,
  SAVED: savedSchema,
  RESTORE: restoreSchema,
  RESTORING: restoringSchema,
  RESTORED: restoredSchema,
  ABORT: abortSchema,
  ERROR: errorSchema,
  WAITING: waitingSchema,
} as const satisfies Partial<Record<FrameType, z.ZodType>>;

export type MessageType = keyof typeof SCHEMAS;
export type MessageBody<Type extends MessageType> = z.infer<(typeof SCHEMAS)[Type]>;

export type HelloBody = MessageBody<'HELLO'>;
export type WelcomeBody = MessageBody<'WELCOME'>;
export type SaveBody = MessageBody<'SAVE'>;
export type RestoreBody = MessageBody<'RESTORE'>;
export type RestoringBody = MessageBody<'RESTORING'>;
export type ErrorBody = MessageBody<'ERROR'>;

/** A whole frame. PROTOCOL_FRAME_TOO_LONG when the body does not fit one. */
export function encodeMessage<Type extends MessageType>(type: Type, body: MessageBody<Type>): Uint8Array {
  const payload = Buffer.from(JSON.stringify(body), 'utf8');
  if (payload.length > FRAME_BODY_LIMIT_BYTES)
    throw new StorageError(
      'PROTOCOL_FRAME_TOO_LONG',
      `A ${type} message of ${String(payload.length)} bytes does not fit a frame of ${String(FRAME_BODY_LIMIT_BYTES)}. It was not sent; use shorter names or fewer attributes.`,
    );
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  frame.set(payload, FRAME_HEADER_BYTES);
  encodeFrameHeader(frame, {
    type,
    last: false,
    offset: 0,
    payloadBytes: payload.length,
    frameNumber: 0,
    payloadCrc: crc32c(payload),
  });
  return frame;
}

/**
 * The body of a frame of this type, whose payload lies in `payload` (shared memory allowed; it is not referred to afterwards).
 * Throws PROTOCOL_CHECKSUM, PROTOCOL_VERSION (a HELLO or WELCOME of another version), PROTOCOL_BODY.
 */
export function decodeMessage<Type extends MessageType>(
  type: Type,
  header: FrameHeader,
  payload: Uint8Array,
): MessageBody<Type> {
  const own = payload.slice();
  if (crc32c(own) !== header.payloadCrc)
    throw new StorageError('PROTOCOL_CHECKSUM', `The body of ${type} fails its checksum. The connection is closed.`);
  const body = parseJson(type, own);
  if (type === 'HELLO' || type === 'WELCOME') checkProtocol(body);
  const result = SCHEMAS[type].safeParse(body);
  if (result.success) return result.data as MessageBody<Type>;
  const issue = result.error.issues[0];
  const where = issue === undefined ? '' : `${issue.path.map(String).join('.')}: ${issue.message}`;
  throw wrongBody(type, where.replace(/^: /, ''));
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseJson(type: MessageType, payload: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(payload)) as unknown;
  } catch (cause) {
    throw wrongBody(type, 'not JSON in UTF-8', cause);
  }
}

/** Before the schema: a later version may have other keys, and the peer should learn that it is the version. */
function checkProtocol(body: unknown): void {
  const protocol = typeof body === 'object' && body !== null && 'protocol' in body ? body.protocol : undefined;
  if (typeof protocol === 'number' && protocol !== PROTOCOL_NUMBER)
    throw new StorageError(
      'PROTOCOL_VERSION',
      `The peer speaks protocol ${String(protocol)}, this program ${String(PROTOCOL_NUMBER)}. The connection is closed.`,
    );
}

function wrongBody(type: MessageType, what: string, cause?: unknown): StorageError {
  return new StorageError(
    'PROTOCOL_BODY',
    `The body of ${type} does not have the stated shape (${what}). The connection is closed.`,
    cause === undefined ? {} : { cause },
  );
}
