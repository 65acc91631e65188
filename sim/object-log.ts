import { assert } from '../src/base/assert.js';
import type { FileHandle, FilePort } from '../src/device/file-port.js';
import { decodeObjectEntry, encodeObjectEntry, OBJECT_ENTRY_BYTES, type ObjectEntry } from './object-entry.js';

/** Entries collected before they are appended to the index: what a kill may lose of blocks nobody flushed. */
const PENDING_ENTRIES = 256;

/** Entries of the index kept in memory around the last one asked for (128 KiB). */
const CACHED_ENTRIES = 4096;

/**
 * The row of objects on a simulated tape: `objects.dat` holds the bytes of the blocks, `objects.idx` an entry an object.
 *
 * An entry is written after the bytes it describes, and what is overwritten is cut from the index before it is cut from the
 * data: whenever the process is killed, the entries that are whole describe a prefix of what was written. What lies behind
 * that prefix is dropped when the log is opened. `flush` bounds what a kill can lose. (A power cut of the machine that
 * simulates is not played: nothing is synced to disk.)
 *
 * Memory: the pending entries, one stretch of cached ones, and eight bytes a filemark.
 */
export class ObjectLog {
  readonly #data: FileHandle;
  readonly #index: FileHandle;
  readonly #pending = new Uint8Array(PENDING_ENTRIES * OBJECT_ENTRY_BYTES);
  readonly #cache = new Uint8Array(CACHED_ENTRIES * OBJECT_ENTRY_BYTES);
  #cacheFirst = 0;
  #cacheCount = 0;
  /** Entries in the file. */
  #flushed = 0;
  #pendingCount = 0;
  #filemarks: number[] = [];
  #dataEnd = 0;
  #nativeEnd = 0;

  /** Opens the log in `directory`, making an empty one where there is none. */
  constructor(files: FilePort, directory: string) {
    this.#data = openOrCreate(files, `${directory}/objects.dat`);
    this.#index = openOrCreate(files, `${directory}/objects.idx`);
    this.#scan();
  }

  /** Objects on the tape: blocks and filemarks. */
  get count(): number {
    return this.#flushed + this.#pendingCount;
  }

  /** Object numbers of the filemarks, ascending. */
  get filemarks(): readonly number[] {
    return this.#filemarks;
  }

  /** Native bytes before object `position`, which may be the end. */
  nativeBefore(position: number): number {
    return position === this.count ? this.#nativeEnd : this.entry(position).nativeBefore;
  }

  entry(object: number): ObjectEntry {
    assert(object >= 0 && object < this.count, `object ${String(object)} is on the tape`);
    const entry = decodeObjectEntry(this.#entryBytes(object));
    assert(entry !== null, `the entry of object ${String(object)} was whole when the log was opened`);
    return entry;
  }

  /** Reads what is kept of a block into the start of `into`; the rest of it that fits reads as zeros. Returns its length. */
  read(object: number, into: Uint8Array): number {
    const entry = this.entry(object);
    const wanted = Math.min(into.length, entry.lengthBytes);
    const kept = Math.min(wanted, entry.storedBytes);
    const got = this.#data.readAt(into.subarray(0, kept), entry.dataOffset);
    assert(got === kept, `objects.dat holds all of object ${String(object)}`);
    into.fill(0, kept, wanted);
    return entry.lengthBytes;
  }

  /** `keep`: how many bytes of the block are kept at most. */
  appendBlock(bytes: Uint8Array, nativeBytes: number, keep: number): void {
    assert(bytes.length > 0, 'a block has at least one byte');
    const storedBytes = Math.min(bytes.length, keep);
    this.#data.writeAt(bytes.subarray(0, storedBytes), this.#dataEnd);
    this.#append({
      dataOffset: this.#dataEnd,
      nativeBefore: this.#nativeEnd,
      lengthBytes: bytes.length,
      storedBytes,
      nativeBytes,
    });
  }

  appendFilemark(): void {
    this.#filemarks.push(this.count);
    this.#append({
      dataOffset: this.#dataEnd,
      nativeBefore: this.#nativeEnd,
      lengthBytes: 0,
      storedBytes: 0,
      nativeBytes: 0,
    });
  }

  /** Drops every object from `position` on. */
  truncate(position: number): void {
    if (position >= this.count) return;
    const { dataOffset, nativeBefore } = this.entry(position);
    if (position < this.#flushed) {
      this.#index.truncate(position * OBJECT_ENTRY_BYTES);
      this.#flushed = position;
      this.#pendingCount = 0;
    } else this.#pendingCount = position - this.#flushed;
    this.#cacheCount = Math.min(this.#cacheCount, Math.max(0, position - this.#cacheFirst));
    this.#data.truncate(dataOffset);
    this.#dataEnd = dataOffset;
    this.#nativeEnd = nativeBefore;
    this.#filemarks.length = countBelow(this.#filemarks, position);
  }

  /** All objects survive a kill when this returns. */
  flush(): void {
    if (this.#pendingCount === 0) return;
    const bytes = this.#pending.subarray(0, this.#pendingCount * OBJECT_ENTRY_BYTES);
    this.#index.writeAt(bytes, this.#flushed * OBJECT_ENTRY_BYTES);
    this.#flushed += this.#pendingCount;
    this.#pendingCount = 0;
  }

  close(): void {
    this.flush();
    this.#index.close();
    this.#data.close();
  }

  #append(entry: ObjectEntry): void {
    if (this.#pendingCount === PENDING_ENTRIES) this.flush();
    const at = this.#pendingCount * OBJECT_ENTRY_BYTES;
    encodeObjectEntry(entry, this.#pending.subarray(at, at + OBJECT_ENTRY_BYTES));
    this.#pendingCount++;
    this.#dataEnd += entry.storedBytes;
    this.#nativeEnd += entry.nativeBytes;
  }

  #entryBytes(object: number): Uint8Array {
    if (object >= this.#flushed) return entryAt(this.#pending, object - this.#flushed);
    if (object < this.#cacheFirst || object >= this.#cacheFirst + this.#cacheCount) {
      // Half of the stretch lies before the object: spacing backwards asks for those next.
      this.#cacheFirst = Math.max(0, object - CACHED_ENTRIES / 2);
      const count = Math.min(CACHED_ENTRIES, this.#flushed - this.#cacheFirst);
      const bytes = this.#cache.subarray(0, count * OBJECT_ENTRY_BYTES);
      const got = this.#index.readAt(bytes, this.#cacheFirst * OBJECT_ENTRY_BYTES);
      assert(got === bytes.length, 'the index is as long as it was when the log was opened');
      this.#cacheCount = count;
    }
    return entryAt(this.#cache, object - this.#cacheFirst);
  }

  /** Takes the entries that are whole and fit each other and the data; cuts off what is behind them. */
  #scan(): void {
    const dataSize = this.#data.size();
    const chunk = this.#cache;
    for (let more = true; more;) {
      const got = this.#index.readAt(chunk, this.#flushed * OBJECT_ENTRY_BYTES);
      const whole = Math.floor(got / OBJECT_ENTRY_BYTES);
      for (let i = 0; i < whole && more; i++) more = this.#take(decodeObjectEntry(entryAt(chunk, i)), dataSize);
      more &&= whole === CACHED_ENTRIES;
    }
    this.#index.truncate(this.#flushed * OBJECT_ENTRY_BYTES);
    this.#data.truncate(this.#dataEnd);
  }

  #take(entry: ObjectEntry | null, dataSize: number): boolean {
    if (entry?.dataOffset !== this.#dataEnd || entry.nativeBefore !== this.#nativeEnd) return false;
    if (entry.dataOffset + entry.storedBytes > dataSize) return false;
    if (entry.lengthBytes === 0) this.#filemarks.push(this.#flushed);
    this.#dataEnd += entry.storedBytes;
    this.#nativeEnd += entry.nativeBytes;
    this.#flushed++;
    return true;
  }
}

function entryAt(bytes: Uint8Array, index: number): Uint8Array {
  return bytes.subarray(index * OBJECT_ENTRY_BYTES, (index + 1) * OBJECT_ENTRY_BYTES);
}

function openOrCreate(files: FilePort, path: string): FileHandle {
  return files.open(path, files.exists(path) ? 'read-write' : 'create');
}

/** How many of the ascending numbers are below `limit`. */
export function countBelow(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? Infinity) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
