import { assert } from '../base/assert.js';
import { ByteRangeError, ByteReader, ByteWriter } from '../base/byte-cursor.js';
import { crc32c } from '../base/crc32c.js';
import type { ErrorCode } from '../base/error-codes.js';
import { StorageError } from '../base/storage-error.js';

/** docs/PROTOCOL.md, frame. A DATA frame is the image of the block it becomes, so this is the size of a block header too. */
export const FRAME_HEADER_BYTES = 128;
export const PROTOCOL_NUMBER = 1;
/** The longest body of a frame that is not DATA: a descriptor with all the attributes a stream may have fits. */
export const FRAME_BODY_LIMIT_BYTES = 65_536;

/** What a frame carries: bytes of the stream; a JSON object; a number in its offset field; nothing. */
type FrameContent = 'bytes' | 'json' | 'number' | 'nothing';

const FRAME_TYPES = {
  HELLO: { code: 1, content: 'json' },
  WELCOME: { code: 2, content: 'json' },
  SAVE: { code: 3, content: 'json' },
  SAVING: { code: 4, content: 'json' },
  CREDIT: { code: 5, content: 'number' },
  DATA: { code: 6, content: 'bytes' },
  END: { code: 7, content: 'json' },
  DURABLE: { code: 8, content: 'number' },
  SAVED: { code: 9, content: 'json' },
  RESTORE: { code: 10, content: 'json' },
  RESTORING: { code: 11, content: 'json' },
  DRAINED: { code: 12, content: 'number' },
  RESTORED: { code: 13, content: 'json' },
  ABORT: { code: 14, content: 'json' },
  ERROR: { code: 15, content: 'json' },
  HEARTBEAT: { code: 16, content: 'nothing' },
  WAITING: { code: 17, content: 'json' },
} as const satisfies Record<string, { readonly code: number; readonly content: FrameContent }>;

export type FrameType = keyof typeof FRAME_TYPES;
export type NumberFrameType = 'CREDIT' | 'DURABLE' | 'DRAINED';

export const FRAME_TYPE_NAMES = Object.keys(FRAME_TYPES) as readonly FrameType[];

const TYPE_OF_CODE = new Map<number, FrameType>(FRAME_TYPE_NAMES.map((type) => [FRAME_TYPES[type].code, type]));

export interface FrameHeader {
  readonly type: FrameType;
  /** DATA: the sender says that no DATA follows. */
  readonly last: boolean;
  /** DATA: position of the first payload byte in the stream. CREDIT, DURABLE, DRAINED: their number. Otherwise 0. */
  readonly offset: number;
  readonly payloadBytes: number;
  /** DATA: from 0. Otherwise 0. */
  readonly frameNumber: number;
  readonly payloadCrc: number;
}

/** `TLFRAME1` */
const MAGIC = Uint8Array.of(0x54, 0x4c, 0x46, 0x52, 0x41, 0x4d, 0x45, 0x31);
const FLAG_LAST = 1;
const RESERVED_AFTER_FLAGS = 56;
const RESERVED_BEFORE_CRC = 32;
const PAYLOAD_LENGTH_OFFSET = 80;
const PAYLOAD_CRC_OFFSET = 88;
const HEADER_CRC_OFFSET = 124;

/** Lays the 128 bytes of the header over the start of `into`, sealed with its CRC. */
export function encodeFrameHeader(into: Uint8Array, header: FrameHeader): void {
  assert(!header.last || header.type === 'DATA', 'only DATA is the last of its stream');
  new ByteWriter(into.subarray(0, FRAME_HEADER_BYTES), 'little-endian')
    .put(MAGIC)
    .u16(PROTOCOL_NUMBER)
    .u16(FRAME_TYPES[header.type].code)
    .u32(header.last ? FLAG_LAST : 0)
    .zeros(RESERVED_AFTER_FLAGS)
    .u64(header.offset)
    .u32(header.payloadBytes)
    .u32(header.frameNumber)
    .u32(header.payloadCrc)
    .zeros(RESERVED_BEFORE_CRC)
    .u32(crc32c(into.subarray(0, HEADER_CRC_OFFSET)));
}

/**
 * The header in `bytes`, 128 of them. `dataLimitBytes` is the longest payload of DATA: block size - 128.
 * Throws PROTOCOL_GARBAGE, PROTOCOL_VERSION, PROTOCOL_CHECKSUM (the header's own) or PROTOCOL_FRAME_TOO_LONG. Of a payload only the length is judged.
 */
export function decodeFrameHeader(bytes: Uint8Array, dataLimitBytes: number): FrameHeader {
  assert(bytes.length === FRAME_HEADER_BYTES, 'a frame header has 128 bytes');
  checkFrameStart(bytes);
  const cursor = new ByteReader(bytes, 'little-endian').skip(MAGIC.length);
  // Before the CRC: another version may keep its checksum elsewhere, and the peer should learn what is really wrong.
  const version = cursor.u16();
  if (version !== PROTOCOL_NUMBER)
    throw refusal(
      'PROTOCOL_VERSION',
      `The peer speaks protocol ${String(version)}, this program ${String(PROTOCOL_NUMBER)}.`,
    );
  if (
    new ByteReader(bytes, 'little-endian').seek(HEADER_CRC_OFFSET).u32() !==
    crc32c(bytes.subarray(0, HEADER_CRC_OFFSET))
  )
    throw refusal('PROTOCOL_CHECKSUM', 'The header of a frame fails its checksum.');
  try {
    return checkHeader(readFields(cursor), dataLimitBytes);
  } catch (error) {
    if (error instanceof ByteRangeError) throw garbage(`an offset too large (${error.message})`);
    throw error;
  }
}

/** Whether what came so far, 1 to 128 bytes, can be the start of a frame: garbage is told from its first byte on. */
export function checkFrameStart(bytes: Uint8Array): void {
  const known = Math.min(bytes.length, MAGIC.length);
  for (let i = 0; i < known; i++) if (bytes[i] !== MAGIC[i]) throw garbage('bytes that do not begin with TLFRAME1');
}

/**
 * Length and CRC of the payload as a header states them, unchecked: the two fields stand at the same offsets in a frame header and
 * in a block header.
 */
export function readPayloadFields(header: Uint8Array): { readonly payloadBytes: number; readonly payloadCrc: number } {
  const cursor = new ByteReader(header, 'little-endian');
  return {
    payloadBytes: cursor.seek(PAYLOAD_LENGTH_OFFSET).u32(),
    payloadCrc: cursor.seek(PAYLOAD_CRC_OFFSET).u32(),
  };
}

/** A whole frame that carries a number. */
export function encodeNumberFrame(type: NumberFrameType, value: number): Uint8Array {
  return encodeBareFrame(type, value);
}

export function encodeHeartbeat(): Uint8Array {
  return encodeBareFrame('HEARTBEAT', 0);
}

function encodeBareFrame(type: FrameType, offset: number): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES);
  encodeFrameHeader(frame, { type, last: false, offset, payloadBytes: 0, frameNumber: 0, payloadCrc: 0 });
  return frame;
}

function readFields(cursor: ByteReader): FrameHeader {
  const code = cursor.u16();
  const type = TYPE_OF_CODE.get(code);
  if (type === undefined) throw garbage(`a frame of unknown type ${String(code)}`);
  const flags = cursor.u32();
  if (flags !== 0 && !(flags === FLAG_LAST && type === 'DATA')) throw garbage(`unknown flags in ${type}`);
  const reserved = cursor.take(RESERVED_AFTER_FLAGS);
  const header: FrameHeader = {
    type,
    last: flags === FLAG_LAST,
    offset: cursor.u64(),
    payloadBytes: cursor.u32(),
    frameNumber: cursor.u32(),
    payloadCrc: cursor.u32(),
  };
  if (!isZero(reserved) || !isZero(cursor.take(RESERVED_BEFORE_CRC)))
    throw garbage(`reserved bytes of ${type} that are not zero`);
  return header;
}

function checkHeader(header: FrameHeader, dataLimitBytes: number): FrameHeader {
  const { type, payloadBytes } = header;
  const { content } = FRAME_TYPES[type];
  const limit = content === 'bytes' ? dataLimitBytes : FRAME_BODY_LIMIT_BYTES;
  if (payloadBytes > limit)
    throw refusal(
      'PROTOCOL_FRAME_TOO_LONG',
      `A ${type} frame of ${String(payloadBytes)} bytes was announced; at most ${String(limit)} are allowed.`,
    );
  const empty = payloadBytes === 0;
  const mustBeEmpty = content === 'number' || content === 'nothing';
  if (empty !== mustBeEmpty) throw garbage(`${type} ${empty ? 'without' : 'with'} a payload`);
  if (empty && header.payloadCrc !== 0) throw garbage(`a checksum of nothing in ${type}`);
  if (content !== 'bytes' && header.frameNumber !== 0) throw garbage(`a frame number in ${type}`);
  if (content !== 'bytes' && content !== 'number' && header.offset !== 0) throw garbage(`an offset in ${type}`);
  return header;
}

function garbage(what: string): StorageError {
  return refusal('PROTOCOL_GARBAGE', `The peer sent ${what}: not a frame of this protocol.`);
}

function refusal(code: ErrorCode, what: string): StorageError {
  return new StorageError(code, `${what} The connection is closed.`);
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}
