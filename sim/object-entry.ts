import { assert } from '../src/base/assert.js';
import { ByteReader, ByteWriter } from '../src/base/byte-cursor.js';
import { crc32c } from '../src/base/crc32c.js';

/** One object of a simulated tape in `objects.idx`. A filemark has length 0, which no block has. */
export interface ObjectEntry {
  /** Where its bytes lie in `objects.dat`. */
  readonly dataOffset: number;
  /** Native bytes on the medium before it. */
  readonly nativeBefore: number;
  readonly lengthBytes: number;
  /** Bytes kept of the block, from its start: all, or only its header. */
  readonly storedBytes: number;
  /** What it takes of the medium. */
  readonly nativeBytes: number;
}

/**
 *   @0 data offset u64, @8 native bytes before u64, @16 length u32, @20 stored u32, @24 native bytes u32, @28 CRC32C of
 *   bytes 0 to 27. Little-endian.
 */
export const OBJECT_ENTRY_BYTES = 32;

const CRC_OFFSET = 28;

export function encodeObjectEntry(entry: ObjectEntry, into: Uint8Array): void {
  assert(into.length === OBJECT_ENTRY_BYTES, 'an object entry has 32 bytes');
  const writer = new ByteWriter(into, 'little-endian');
  writer.u64(entry.dataOffset).u64(entry.nativeBefore);
  writer.u32(entry.lengthBytes).u32(entry.storedBytes).u32(entry.nativeBytes);
  writer.u32(crc32c(into.subarray(0, CRC_OFFSET)));
}

/** Null for bytes that are no whole entry: torn, or never written. */
export function decodeObjectEntry(bytes: Uint8Array): ObjectEntry | null {
  const reader = new ByteReader(bytes, 'little-endian');
  if (reader.seek(CRC_OFFSET).u32() !== crc32c(bytes.subarray(0, CRC_OFFSET))) return null;
  reader.seek(0);
  return {
    dataOffset: reader.u64(),
    nativeBefore: reader.u64(),
    lengthBytes: reader.u32(),
    storedBytes: reader.u32(),
    nativeBytes: reader.u32(),
  };
}
