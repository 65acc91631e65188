import { ByteReader, ByteRangeError } from '../base/byte-cursor.js';
import { crc32c } from '../base/crc32c.js';
import { LeveldbDamage } from './leveldb-manifest.js';
import { maskCrc, readVarint } from './leveldb-varint.js';

const FOOTER_BYTES = 48;
const HANDLES_BYTES = 40;
const MAGIC_LOW = 0x8b80_fb57;
const MAGIC_HIGH = 0xdb47_7524;
/** Behind each block: a type and the CRC. */
const TRAILER_BYTES = 5;
const UNCOMPRESSED = 0;

/** Where a block lies in its file, without its trailer. */
interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

/**
 * Checks every byte of a table file of LevelDB 1.20 (doc/table_format): the blocks named by its footer and its two indexes
 * follow each other without a gap, and each has the CRC behind it. Blocks must not be compressed.
 * @throws LeveldbDamage
 */
export function checkTable(file: Uint8Array): void {
  try {
    checkBlocks(file);
  } catch (error) {
    if (error instanceof ByteRangeError) throw new LeveldbDamage(`a block is cut short: ${error.message}`);
    throw error;
  }
}

function checkBlocks(file: Uint8Array): void {
  if (file.length < FOOTER_BYTES) throw new LeveldbDamage('it is too short');
  const end = file.length - FOOTER_BYTES;
  const footer = new ByteReader(file.subarray(end), 'little-endian');
  const metaIndex = readHandle(footer);
  const index = readHandle(footer);
  if (footer.offset > HANDLES_BYTES) throw new LeveldbDamage('its footer is none');
  if (!footer.take(HANDLES_BYTES - footer.offset).every((byte) => byte === 0))
    throw new LeveldbDamage('the padding of its footer is not zero');
  if (footer.u32() !== MAGIC_LOW || footer.u32() !== MAGIC_HIGH) throw new LeveldbDamage('its footer has no magic');

  const blocks = [...handlesIn(file, index), ...handlesIn(file, metaIndex), metaIndex, index];
  let at = 0;
  for (const handle of blocks) {
    if (handle.offset !== at) throw new LeveldbDamage(`no block begins at byte ${String(at)}`);
    takeBlock(file, handle);
    at += handle.size + TRAILER_BYTES;
  }
  if (at !== end) throw new LeveldbDamage('its blocks do not fill it');
}

/** The block's bytes. */
function takeBlock(file: Uint8Array, { offset, size }: BlockHandle): Uint8Array {
  const reader = new ByteReader(file, 'little-endian').seek(offset);
  const typed = reader.take(size + 1);
  if (reader.u32() !== maskCrc(crc32c(typed)))
    throw new LeveldbDamage(`the block at byte ${String(offset)} fails its checksum`);
  if (typed[size] !== UNCOMPRESSED) throw new LeveldbDamage(`the block at byte ${String(offset)} is compressed`);
  return typed.subarray(0, size);
}

/** The handles that are the values of an index block. */
function handlesIn(file: Uint8Array, index: BlockHandle): readonly BlockHandle[] {
  const block = takeBlock(file, index);
  // At the end: the offsets of the restart points, and their number.
  const restarts = new ByteReader(block, 'little-endian').seek(Math.max(0, block.length - 4)).u32();
  const entries = new ByteReader(block.subarray(0, Math.max(0, block.length - 4 - 4 * restarts)), 'little-endian');
  const handles: BlockHandle[] = [];
  while (entries.remaining > 0) {
    readVarint(entries); // Bytes of the key shared with the one before.
    const keyBytes = readVarint(entries);
    const valueBytes = readVarint(entries);
    handles.push(readHandle(new ByteReader(entries.skip(keyBytes).take(valueBytes), 'little-endian')));
  }
  return handles;
}

function readHandle(reader: ByteReader): BlockHandle {
  const offset = readVarint(reader);
  return { offset, size: readVarint(reader) };
}
