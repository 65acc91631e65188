import { ByteReader, ByteWriter } from '../base/byte-cursor.js';
import { crc32c } from '../base/crc32c.js';
import { parseBarcode, type Barcode } from '../terms/barcode.js';

/** The bytes of a disk volume's file (docs/VOLUME-FORMAT.md, "Disk volumes"). All little-endian. */

export const FILE_HEADER_BYTES = 4096;
const FILE_HEADER_CRC_OFFSET = FILE_HEADER_BYTES - 4;
/** `TAPELOOM-DISK` and three NULs. */
const FILE_MAGIC = asciiBytes('TAPELOOM-DISK\0\0\0');
const FILE_VERSION = 1;
const BARCODE_BYTES = 8;

export interface FileHeader {
  readonly capacityBytes: number;
  readonly barcode: Barcode;
}

export type DecodedFileHeader =
  | { readonly kind: 'good'; readonly header: FileHeader }
  /** Ours, but another version wrote it. `reason` completes "the file is no disk volume this program knows: ...". */
  | { readonly kind: 'unsupported-version'; readonly reason: string }
  /** The CRC or a field is wrong; whether it is a disk volume at all, its first record tells. */
  | { readonly kind: 'damaged' };

export function encodeFileHeader(header: FileHeader): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  new ByteWriter(bytes, 'little-endian')
    .put(FILE_MAGIC)
    .u32(FILE_VERSION)
    .zeros(4)
    .u64(header.capacityBytes)
    .ascii(header.barcode, BARCODE_BYTES)
    .seek(FILE_HEADER_CRC_OFFSET)
    .u32(crc32c(bytes.subarray(0, FILE_HEADER_CRC_OFFSET)));
  return bytes;
}

/** `bytes`: the first 4,096 of the file, or all of a shorter one. */
export function decodeFileHeader(bytes: Uint8Array): DecodedFileHeader {
  if (bytes.length < FILE_HEADER_BYTES) return { kind: 'damaged' };
  const reader = new ByteReader(bytes, 'little-endian').seek(FILE_HEADER_CRC_OFFSET);
  if (reader.u32() !== crc32c(bytes.subarray(0, FILE_HEADER_CRC_OFFSET))) return { kind: 'damaged' };
  if (!equalBytes(reader.seek(0).take(FILE_MAGIC.length), FILE_MAGIC)) return { kind: 'damaged' };
  const version = reader.u32();
  if (version !== FILE_VERSION)
    return { kind: 'unsupported-version', reason: `it has format version ${String(version)}` };
  const reserved = reader.take(4);
  const capacity = reader.u32() + reader.u32() * 2 ** 32;
  const text = reader.ascii(BARCODE_BYTES);
  const rest = reader.take(FILE_HEADER_CRC_OFFSET - reader.offset);
  const barcode = parseBarcode(text);
  if (barcode === null || barcode !== text) return { kind: 'damaged' };
  if (!isZero(reserved) || !isZero(rest) || !Number.isSafeInteger(capacity))
    return { kind: 'unsupported-version', reason: 'its header says what this program does not understand' };
  return { kind: 'good', header: { capacityBytes: capacity, barcode } };
}

export const RECORD_HEADER_BYTES = 24;
export const RECORD_ALIGNMENT = 8;
const RECORD_CRC_OFFSET = 20;
const BLOCK_MAGIC = asciiBytes('TLRB');
const FILEMARK_MAGIC = asciiBytes('TLRM');

export interface RecordHeader {
  readonly kind: 'block' | 'filemark';
  /** Of the block; 0 for a filemark. */
  readonly lengthBytes: number;
  readonly objectNumber: number;
}

/** Fills the first 24 bytes of `into`. */
export function encodeRecordHeader(into: Uint8Array, record: RecordHeader): void {
  new ByteWriter(into, 'little-endian')
    .put(record.kind === 'block' ? BLOCK_MAGIC : FILEMARK_MAGIC)
    .u32(record.lengthBytes)
    .u64(record.objectNumber)
    .u32(0)
    .u32(crc32c(into.subarray(0, RECORD_CRC_OFFSET)));
}

/** The header at the start of `bytes`; null when there is none: too short, wrong magic, CRC or fields. */
export function decodeRecordHeader(bytes: Uint8Array): RecordHeader | null {
  const kind = recordKind(bytes);
  if (kind === null || bytes.length < RECORD_HEADER_BYTES) return null;
  const reader = new ByteReader(bytes, 'little-endian').seek(RECORD_CRC_OFFSET);
  if (reader.u32() !== crc32c(bytes.subarray(0, RECORD_CRC_OFFSET))) return null;
  const lengthBytes = reader.seek(4).u32();
  // Beyond 2^53 objects is no number of ours: ByteReader would throw, the high half tells first.
  const low = reader.u32();
  const high = reader.u32();
  if (high >= 2 ** 21 || reader.u32() !== 0) return null;
  if (kind === 'filemark' && lengthBytes !== 0) return null;
  return { kind, lengthBytes, objectNumber: high * 2 ** 32 + low };
}

/** What the magic says; cheap, for looking through bytes that may be anything. */
function recordKind(bytes: Uint8Array): RecordHeader['kind'] | null {
  if (bytes[0] !== 0x54 || bytes[1] !== 0x4c || bytes[2] !== 0x52) return null;
  return bytes[3] === BLOCK_MAGIC[3] ? 'block' : bytes[3] === FILEMARK_MAGIC[3] ? 'filemark' : null;
}

/** Offset of the first possible record header in `bytes` at or behind `from`, in steps of 8; -1: none. Checks the magic only. */
export function findRecordMagic(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 4 <= bytes.length; at += RECORD_ALIGNMENT) {
    if (bytes[at] === 0x54 && recordKind(bytes.subarray(at, at + 4)) !== null) return at;
  }
  return -1;
}

/** Bytes the whole record takes: header, block, and zeros to a multiple of 8. */
export function recordBytes(blockBytes: number): number {
  return RECORD_HEADER_BYTES + Math.ceil(blockBytes / RECORD_ALIGNMENT) * RECORD_ALIGNMENT;
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
