import { ByteReader, ByteRangeError } from '../base/byte-cursor.js';
import { crc32c } from '../base/crc32c.js';
import { maskCrc, readVarint } from './leveldb-varint.js';

/** Why a file of the database is damaged; completes "the file ... is damaged: ...". */
export class LeveldbDamage extends Error {}

/** A table file the database is made of. */
export interface LeveldbTable {
  readonly number: number;
  readonly sizeBytes: number;
}

/**
 * The table files a MANIFEST lists, out of its whole content (LevelDB 1.20, doc/log_format and db/version_edit.cc).
 * @throws LeveldbDamage
 */
export function readManifest(bytes: Uint8Array): readonly LeveldbTable[] {
  const tables = new Map<string, LeveldbTable>();
  try {
    for (const edit of readLog(bytes)) applyEdit(new ByteReader(edit, 'little-endian'), tables);
  } catch (error) {
    if (error instanceof ByteRangeError) throw new LeveldbDamage(`an edit ends too early: ${error.message}`);
    throw error;
  }
  return [...tables.values()];
}

/** Log files are rows of blocks; no fragment of a record crosses a block's end. */
const BLOCK_BYTES = 32 * 1024;
const FRAGMENT_HEADER_BYTES = 7;
const FULL = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;

/** The records of a log file. An unfinished record at its end was being written when the program was killed: it does not count. */
function* readLog(bytes: Uint8Array): Generator<Uint8Array> {
  const reader = new ByteReader(bytes, 'little-endian');
  let pieces: Uint8Array[] = [];
  while (reader.remaining >= FRAGMENT_HEADER_BYTES) {
    const leftInBlock = BLOCK_BYTES - (reader.offset % BLOCK_BYTES);
    if (leftInBlock < FRAGMENT_HEADER_BYTES) {
      reader.skip(leftInBlock);
      continue;
    }
    const at = reader.offset;
    const crc = reader.u32();
    const length = reader.u16();
    if (length > reader.remaining - 1) return;
    const typed = reader.take(1 + length);
    if (maskCrc(crc32c(typed)) !== crc) throw new LeveldbDamage(`the record at byte ${String(at)} fails its checksum`);
    const [type] = typed;
    if (type === FULL || type === FIRST) pieces = [];
    pieces.push(typed.subarray(1));
    if (type === FULL || type === LAST) yield Buffer.concat(pieces);
    else if (type !== FIRST && type !== MIDDLE)
      throw new LeveldbDamage(`the record at byte ${String(at)} has no known type`);
  }
}

/** Tags of VersionEdit. */
const COMPARATOR = 1;
const LOG_NUMBER = 2;
const NEXT_FILE = 3;
const LAST_SEQUENCE = 4;
const COMPACT_POINTER = 5;
const DELETED_FILE = 6;
const NEW_FILE = 7;
const PREVIOUS_LOG = 9;

function applyEdit(edit: ByteReader, tables: Map<string, LeveldbTable>): void {
  while (edit.remaining > 0) {
    const tag = readVarint(edit);
    switch (tag) {
      case COMPARATOR:
        skipText(edit);
        break;
      case LOG_NUMBER:
      case NEXT_FILE:
      case LAST_SEQUENCE:
      case PREVIOUS_LOG:
        readVarint(edit);
        break;
      case COMPACT_POINTER:
        readVarint(edit);
        skipText(edit);
        break;
      case DELETED_FILE:
        tables.delete(`${String(readVarint(edit))}/${String(readVarint(edit))}`);
        break;
      case NEW_FILE: {
        const level = readVarint(edit);
        const number = readVarint(edit);
        tables.set(`${String(level)}/${String(number)}`, { number, sizeBytes: readVarint(edit) });
        skipText(edit);
        skipText(edit);
        break;
      }
      default:
        throw new LeveldbDamage(`an edit has the unknown tag ${String(tag)}`);
    }
  }
}

function skipText(reader: ByteReader): void {
  reader.skip(readVarint(reader));
}
