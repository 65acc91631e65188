import { StorageError } from '../base/storage-error.js';
import { FileError, type FileHandle } from '../device/file-port.js';
import {
  FILE_HEADER_BYTES,
  RECORD_ALIGNMENT,
  RECORD_HEADER_BYTES,
  decodeRecordHeader,
  findRecordMagic,
  recordBytes,
  type RecordHeader,
} from './disk-volume-codec.js';
import { DRIVE_LIMITS } from './drive-limits.js';
import { ObjectIndex } from './object-index.js';

export interface RecordScan {
  readonly index: ObjectIndex;
  /** Behind the last whole record: where the next one goes. What lies between it and `fileBytes` is a torn record. */
  readonly endOffset: number;
  readonly fileBytes: number;
  /**
   * Null when the row is whole up to its end. Otherwise a record that is not the last one is damaged, which no crash
   * does: objects are missing (`lost` in the index), and nothing must be written, since what seems to be the end of the
   * data may lie before more of it. A sentence's middle: "the record of object 7 at byte 8192 is damaged".
   */
  readonly damage: string | null;
}

/** Smallest piece of a file that is read alone when the disk cannot read a larger one. */
const SECTOR_BYTES = 4096;

/**
 * Reads the row of records of a disk volume. Payloads are stepped over, so the cost is one small read a block.
 *
 * The end of the data is the first record that is not whole. There are two ways not to be whole:
 * - its header is good and the file ends before the record does: a write that was cut short. Nothing can follow it.
 * - there is no header where one must be. Then everything behind is searched for a record that can belong to this row
 *   (numbered higher than the missing one, by no more than the bytes between can hold). None: zeros or garbage that a power
 *   cut left where the last write was. Found: a record in the middle is damaged; the row goes on behind it.
 */
export function scanRecords(file: FileHandle, path: string): RecordScan {
  const fileBytes = file.size();
  const index = new ObjectIndex();
  const headers = new HeaderReader(file);
  let damage: string | null = null;
  let offset = FILE_HEADER_BYTES;
  for (;;) {
    const header = headers.at(offset, fileBytes);
    if (header !== null && header.objectNumber === index.count) {
      const end = offset + recordBytes(header.lengthBytes);
      if (end > fileBytes) break;
      addObject(index, path, () => {
        index.add(offset, header.kind);
      });
      offset = end;
      continue;
    }
    if (offset >= fileBytes) break;
    const next = findRecord(file, offset, index.count, fileBytes);
    // A good header with a wrong number, or a disk that cannot read this place, is not what a cut-short write leaves.
    if (next === null && header === null && !headers.unreadable) break;
    damage ??= `the record of object ${String(index.count)} at byte ${String(offset)} is damaged`;
    if (next === null) break;
    while (index.count < next.objectNumber)
      addObject(index, path, () => {
        index.addLost();
      });
    offset = next.offset;
  }
  return { index, endOffset: offset, fileBytes, damage };
}

function addObject(index: ObjectIndex, path: string, add: () => void): void {
  if (index.count >= DRIVE_LIMITS.fileObjects)
    throw new StorageError(
      'MEDIUM_INCOMPATIBLE',
      `The disk volume ${path} has more than ${String(DRIVE_LIMITS.fileObjects)} objects, which this program never writes. Nothing was changed.`,
      { context: { path } },
    );
  add();
}

interface FoundRecord {
  readonly offset: number;
  readonly objectNumber: number;
}

/** The first record behind `from` that can belong to the row when object `missing` should have been at `from`. */
function findRecord(file: FileHandle, from: number, missing: number, fileBytes: number): FoundRecord | null {
  const window = new Uint8Array(DRIVE_LIMITS.fileResynchroniseBytes);
  // Windows overlap by a header less one step, so that none is missed on the seam.
  const step = window.length - RECORD_HEADER_BYTES + RECORD_ALIGNMENT;
  for (let start = from + RECORD_ALIGNMENT; start + RECORD_HEADER_BYTES <= fileBytes; start += step) {
    const bytes = window.subarray(0, readAround(file, window, start));
    for (let at = findRecordMagic(bytes, 0); at >= 0; at = findRecordMagic(bytes, at + RECORD_ALIGNMENT)) {
      const header = decodeRecordHeader(bytes.subarray(at, at + RECORD_HEADER_BYTES));
      if (header !== null && canFollow(header, missing, start + at - from))
        return { offset: start + at, objectNumber: header.objectNumber };
    }
  }
  return null;
}

function canFollow(header: RecordHeader, missing: number, bytesBetween: number): boolean {
  const objectsBetween = header.objectNumber - missing;
  return objectsBetween > 0 && objectsBetween <= bytesBetween / RECORD_HEADER_BYTES;
}

/** As readAt, but places that the disk cannot read come back as zeros. */
function readAround(file: FileHandle, into: Uint8Array, offset: number): number {
  try {
    return file.readAt(into, offset);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  const length = Math.min(into.length, file.size() - offset);
  for (let at = 0; at < length; at += SECTOR_BYTES) {
    const piece = into.subarray(at, Math.min(at + SECTOR_BYTES, length));
    try {
      file.readAt(piece, offset + at);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      piece.fill(0);
    }
  }
  return length;
}

function isUnreadable(error: unknown): boolean {
  return error instanceof FileError && error.errno === 'EIO';
}

/** Reads record headers; those of small records come out of one read. */
class HeaderReader {
  readonly #file: FileHandle;
  readonly #window = new Uint8Array(SECTOR_BYTES);
  #start = 0;
  #length = 0;
  /** Whether the disk could not read the header asked for last. */
  unreadable = false;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Null: no header there. */
  at(offset: number, fileBytes: number): RecordHeader | null {
    this.unreadable = false;
    if (offset + RECORD_HEADER_BYTES > fileBytes) return null;
    if (offset < this.#start || offset + RECORD_HEADER_BYTES > this.#start + this.#length) this.#read(offset);
    const at = offset - this.#start;
    return decodeRecordHeader(this.#window.subarray(at, Math.min(at + RECORD_HEADER_BYTES, this.#length)));
  }

  #read(offset: number): void {
    this.#start = offset;
    this.#length = 0;
    // The header alone once more: what the disk cannot read may be behind it.
    for (const length of [SECTOR_BYTES, RECORD_HEADER_BYTES])
      try {
        this.#length = this.#file.readAt(this.#window.subarray(0, length), offset);
        return;
      } catch (error) {
        if (!isUnreadable(error)) throw error;
      }
    this.unreadable = true;
  }
}
