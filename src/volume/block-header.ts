import { assert } from '../base/assert.js';
import { ByteRangeError, ByteReader, ByteWriter } from '../base/byte-cursor.js';
import { crc32c } from '../base/crc32c.js';
import type { BlockSeal } from '../drive/drive-thread.js';
import { formatUuid, UUID_BYTES, uuidBytes, type SessionId, type StreamId, type VolumeId } from '../terms/ids.js';

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

/** What the writer of a block says of it; the payload's CRC comes from the stream's sender or from `sealBlock`. */
export type UnsealedBlockHeader = Omit<BlockHeader, 'payloadCrc'>;

/** `unsupported-version`: the header is whole, but a later program wrote what this one does not understand. */
export type BlockDamage =
  'not-a-block' | 'unsupported-version' | 'header-damaged' | 'length-mismatch' | 'payload-damaged';

export type DecodedBlockHeader =
  { readonly kind: 'good'; readonly header: BlockHeader } | { readonly kind: BlockDamage; readonly reason: string };

/** `TAPELOOM` */
const MAGIC = Uint8Array.of(0x54, 0x41, 0x50, 0x45, 0x4c, 0x4f, 0x4f, 0x4d);
export const VOLUME_FORMAT_VERSION = 1;
const FLAG_LAST = 1;

const PAYLOAD_LENGTH_OFFSET = 80;
const PAYLOAD_CRC_OFFSET = 88;
const HEADER_CRC_OFFSET = 124;

const TYPE_CODES: Readonly<Record<BlockType, number>> = {
  label: 1,
  data: 2,
  'stream-start': 3,
  'stream-end': 4,
  index: 5,
  'volume-end': 6,
};
const TYPES = new Map(Object.entries(TYPE_CODES).map(([type, code]) => [code, type as BlockType]));

/** What the drive's thread must know to seal a block and to check one. */
export const BLOCK_SEAL: BlockSeal = {
  magic: MAGIC,
  headerBytes: BLOCK_HEADER_BYTES,
  payloadLengthOffset: PAYLOAD_LENGTH_OFFSET,
  payloadCrcOffset: PAYLOAD_CRC_OFFSET,
  headerCrcOffset: HEADER_CRC_OFFSET,
};

/**
 * Lays the header over the first 128 bytes of `into`, which may be longer than the block. Two fields stay as they are: the
 * payload's CRC, which in a data block is the one its sender computed, and the header's own, which is the drive's thread's.
 */
export function encodeBlockHeader(into: Uint8Array, header: UnsealedBlockHeader): void {
  assert(into.length >= BLOCK_HEADER_BYTES + header.payloadBytes, 'the payload fits behind its header');
  assert((header.streamId === null) === isStreamless(header.type), 'a block of a stream carries its id, others none');
  assert(!header.last || header.type === 'data', 'only a data block is the last of its stream');
  const cursor = new ByteWriter(into.subarray(0, BLOCK_HEADER_BYTES), 'little-endian');
  cursor
    .put(MAGIC)
    .u16(VOLUME_FORMAT_VERSION)
    .u16(TYPE_CODES[header.type])
    .u32(header.last ? FLAG_LAST : 0)
    .put(uuidBytes(header.volumeId))
    .put(uuidBytes(header.sessionId))
    .u64(header.sequence);
  if (header.streamId === null) cursor.zeros(UUID_BYTES);
  else cursor.put(uuidBytes(header.streamId));
  cursor
    .u64(header.offset)
    .u32(header.payloadBytes)
    .u32(header.frameNumber)
    .seek(PAYLOAD_CRC_OFFSET + 4)
    .zeros(4)
    .u64(header.timeMs)
    .zeros(20);
}

/** Puts the payload's CRC in its place, as the sender of a stream does. */
export function layPayloadCrc(block: Uint8Array, crc: number): void {
  new ByteWriter(block, 'little-endian').seek(PAYLOAD_CRC_OFFSET).u32(crc);
}

/** Computes both CRCs of a block (header and payload, nothing behind it) whose header is laid: for blocks of our own making. */
export function sealBlock(block: Uint8Array): void {
  const cursor = new ByteWriter(block, 'little-endian');
  cursor.seek(PAYLOAD_CRC_OFFSET).u32(crc32c(block.subarray(BLOCK_HEADER_BYTES)));
  cursor.seek(HEADER_CRC_OFFSET).u32(crc32c(block.subarray(0, HEADER_CRC_OFFSET)));
}

/** Decodes the header of a whole block. The payload's CRC is not computed: see `checkBlock`. */
export function decodeBlockHeader(block: Uint8Array): DecodedBlockHeader {
  if (block.length < BLOCK_HEADER_BYTES || !startsWith(block, MAGIC))
    return { kind: 'not-a-block', reason: `a block of ${String(block.length)} bytes does not begin with TAPELOOM` };
  const bytes = block.subarray(0, BLOCK_HEADER_BYTES);
  const stated = new ByteReader(bytes, 'little-endian').seek(HEADER_CRC_OFFSET).u32();
  if (stated !== crc32c(bytes.subarray(0, HEADER_CRC_OFFSET)))
    return { kind: 'header-damaged', reason: 'the header fails its CRC' };
  try {
    return decodeFields(bytes, block.length);
  } catch (error) {
    if (error instanceof ByteRangeError) return { kind: 'unsupported-version', reason: error.message };
    throw error;
  }
}

/** Decodes the header and checks the payload against its CRC. */
export function checkBlock(block: Uint8Array): DecodedBlockHeader {
  const decoded = decodeBlockHeader(block);
  if (decoded.kind !== 'good') return decoded;
  return crc32c(block.subarray(BLOCK_HEADER_BYTES)) === decoded.header.payloadCrc
    ? decoded
    : { kind: 'payload-damaged', reason: 'the payload fails its CRC' };
}

/** The header's CRC is right, so what is not understood here was written on purpose, by another version. */
function decodeFields(bytes: Uint8Array, blockBytes: number): DecodedBlockHeader {
  const cursor = new ByteReader(bytes, 'little-endian').skip(MAGIC.length);
  const version = cursor.u16();
  if (version !== VOLUME_FORMAT_VERSION) return unsupported(`format version ${String(version)}`);
  const typeCode = cursor.u16();
  const type = TYPES.get(typeCode);
  if (type === undefined) return unsupported(`block type ${String(typeCode)}`);
  const flags = cursor.u32();
  if (flags > FLAG_LAST || (flags !== 0 && type !== 'data')) return unsupported(`flags ${String(flags)}`);
  const volumeId = formatUuid(cursor.take(UUID_BYTES)) as VolumeId;
  const sessionId = formatUuid(cursor.take(UUID_BYTES)) as SessionId;
  const sequence = cursor.u64();
  const streamBytes = cursor.take(UUID_BYTES);
  if (isZero(streamBytes) !== isStreamless(type)) return unsupported(`the stream id of a ${type} block`);
  const streamId = isStreamless(type) ? null : (formatUuid(streamBytes) as StreamId);
  const offset = cursor.u64();
  const payloadBytes = cursor.u32();
  const frameNumber = cursor.u32();
  const payloadCrc = cursor.u32();
  const reserved = isZero(cursor.take(4));
  const timeMs = cursor.u64();
  if (!reserved || !isZero(cursor.take(20))) return unsupported('reserved bytes that are not zero');
  if (BLOCK_HEADER_BYTES + payloadBytes !== blockBytes)
    return {
      kind: 'length-mismatch',
      reason: `the header tells of ${String(BLOCK_HEADER_BYTES + payloadBytes)} bytes, the block has ${String(blockBytes)}`,
    };
  const last = flags === FLAG_LAST;
  return {
    kind: 'good',
    header: {
      type,
      last,
      volumeId,
      sessionId,
      sequence,
      streamId,
      offset,
      payloadBytes,
      frameNumber,
      payloadCrc,
      timeMs,
    },
  };
}

function unsupported(what: string): DecodedBlockHeader {
  return { kind: 'unsupported-version', reason: `this program does not know ${what}` };
}

function isStreamless(type: BlockType): boolean {
  return type === 'label' || type === 'index' || type === 'volume-end';
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
