import { ByteReader, ByteWriter } from '../base/byte-cursor.js';
import { crc32c } from '../base/crc32c.js';
import { StorageError } from '../base/storage-error.js';

/**
 * What every value is wrapped in, little-endian:
 *
 * | offset | size | field                                                              |
 * | ------ | ---- | ------------------------------------------------------------------ |
 * | 0      | 4    | CRC32C of the key, a zero byte and everything behind this field     |
 * | 4      | 1    | version of the envelope, 1                                         |
 * | 5      |      | payload                                                            |
 *
 * The key is part of the checksum: a value found under another key is as bad as another value.
 */
const HEADER_BYTES = 5;
const VERSION = 1;

const ascii = new TextEncoder();

export function sealEnvelope(key: string, payload: Uint8Array): Uint8Array {
  const value = new Uint8Array(HEADER_BYTES + payload.length);
  const writer = new ByteWriter(value, 'little-endian').skip(4).u8(VERSION).put(payload);
  writer.seek(0).u32(checksum(key, value));
  return value;
}

/**
 * The CRC of a value that is whole.
 * @throws StorageError INVENTORY_CORRUPT naming the key
 */
export function checkEnvelope(key: string, value: Uint8Array): number {
  if (value.length < HEADER_BYTES) throw corrupt(key, `it has only ${String(value.length)} bytes`);
  const crc = new ByteReader(value, 'little-endian').u32();
  if (crc !== checksum(key, value)) throw corrupt(key, 'it fails its checksum');
  return crc;
}

/**
 * The payload of a value that is whole; a view.
 * @throws StorageError INVENTORY_CORRUPT, INVENTORY_VERSION; both name the key
 */
export function openEnvelope(key: string, value: Uint8Array): Uint8Array {
  checkEnvelope(key, value);
  const reader = new ByteReader(value, 'little-endian').skip(4);
  const version = reader.u8();
  if (version !== VERSION)
    throw new StorageError(
      'INVENTORY_VERSION',
      `The inventory's record ${key} has format ${String(version)}; this program knows format ${String(VERSION)}. ` +
        'Nothing was changed. Start the program that wrote it.',
      { context: { key, version } },
    );
  return reader.take(reader.remaining);
}

/** What is wrong with a record: `problem` completes "the record ... is damaged: ...". */
export function corrupt(key: string, problem: string, cause?: unknown): StorageError {
  return new StorageError(
    'INVENTORY_CORRUPT',
    `The inventory's record ${key} is damaged: ${problem}. It is not used, and nothing was changed. The media are not ` +
      'affected: bring the inventory back from a copy, or rebuild it from the media.',
    { context: { key, problem }, cause },
  );
}

function checksum(key: string, value: Uint8Array): number {
  return crc32c(value.subarray(4), crc32c(ascii.encode(`${key}\0`)));
}
