import { assert } from '../base/assert.js';
import { StorageError, type ErrorContext } from '../base/storage-error.js';
import type { FileHandle, FilePort } from '../device/file-port.js';
import type { Barcode } from '../terms/barcode.js';
import {
  FILE_HEADER_BYTES,
  RECORD_HEADER_BYTES,
  decodeFileHeader,
  decodeRecordHeader,
  encodeRecordHeader,
  recordBytes,
  type RecordHeader,
} from './disk-volume-codec.js';
import { protectTabPath, volumePath } from './disk-target.js';
import { DRIVE_LIMITS } from './drive-limits.js';
import { fileFailure, isMissingFile, isReadOnlyFile } from './file-failure.js';
import type { ObjectIndex } from './object-index.js';
import { scanRecords } from './record-scan.js';

export type FileObject = { readonly kind: 'block'; readonly lengthBytes: number } | { readonly kind: 'filemark' };

/**
 * The row of blocks and filemarks in a disk volume's file (docs/VOLUME-FORMAT.md), without a position: objects are
 * appended at the end, read by number and discarded from a number on.
 *
 * What a power cut leaves is always a row that was there before, or a longer one: records are only ever appended, and
 * where they are discarded the cut is on the disk before anything new is written behind it.
 *
 * A volume is `readOnly` when its file cannot be opened for writing or its tab `BARCODE.readonly` is set, and refuses writing
 * for good when it is damaged (see record-scan) or when a synchronize failed: the system may then have dropped blocks it
 * had accepted, so what lies in the file is only known after it was loaded again.
 */
export class BlockFile {
  readonly barcode: Barcode;
  readonly readOnly: boolean;
  /** The largest the file may get. */
  readonly capacityBytes: number;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #index: ObjectIndex;
  readonly #damage: string | null;
  readonly #header = new Uint8Array(RECORD_HEADER_BYTES);
  readonly #padding = new Uint8Array(8);
  /** Behind the last object. */
  #endOffset: number;
  /** Of the file, as far as known; beyond `endOffset` lies a torn record. */
  #fileBytes: number;
  /** Objects that are on the disk for sure. */
  #synced: number;
  #lostSync = false;

  /**
   * Opens the volume's file and finds the end of its data; changes nothing. DRIVE_NO_MEDIUM when there is no such file,
   * MEDIUM_INCOMPATIBLE when it is not a disk volume of this version, DEVICE_PERMISSION, DEVICE_OPEN_FAILED, DEVICE_IO,
   * MEDIUM_READ_ERROR.
   */
  static open(files: FilePort, directory: string, barcode: Barcode): BlockFile {
    const path = volumePath(directory, barcode);
    const { file, readOnly } = openFile(files, path, protectTabPath(directory, barcode));
    try {
      return new BlockFile(file, path, barcode, readOnly);
    } catch (error) {
      file.close();
      throw fileFailure(error, 'read', path, 'Nothing was changed.', { barcode });
    }
  }

  private constructor(file: FileHandle, path: string, barcode: Barcode, readOnly: boolean) {
    const header = readFileHeader(file, path, barcode);
    const scan = scanRecords(file, path);
    this.barcode = barcode;
    this.readOnly = readOnly;
    this.#path = path;
    this.#file = file;
    this.#index = scan.index;
    this.#endOffset = scan.endOffset;
    this.#fileBytes = scan.fileBytes;
    this.#synced = scan.index.count;
    if (header.damaged && scan.index.count === 0) throw notADiskVolume(path, barcode, 'its header is damaged');
    this.#damage = header.damaged ? 'its header is damaged' : scan.damage;
    this.capacityBytes = header.capacityBytes ?? scan.fileBytes;
  }

  get count(): number {
    return this.#index.count;
  }

  /** Objects appended since the last synchronize. */
  get unsynced(): number {
    return this.#index.count - this.#synced;
  }

  get endOffset(): number {
    return this.#endOffset;
  }

  get index(): ObjectIndex {
    return this.#index;
  }

  /** Byte at which object `object`, or the end of the row, begins; for a lost object where the one before began. */
  offsetOf(object: number): number {
    for (let n = object; n < this.#index.count && n >= 0; n--) {
      const offset = this.#index.offsetOf(n);
      if (offset !== null) return offset;
    }
    return object < this.#index.count ? FILE_HEADER_BYTES : this.#endOffset;
  }

  /** Whether `bytes` more, behind object number `object`, stay within the capacity. */
  hasRoomFor(object: number, bytes: number, objects: number): boolean {
    return this.offsetOf(object) + bytes <= this.capacityBytes && object + objects <= DRIVE_LIMITS.fileObjects;
  }

  /** MEDIUM_WRITE_PROTECTED or MEDIUM_WRITE_ERROR when nothing may be written. */
  assertWritable(): void {
    if (this.readOnly)
      throw new StorageError(
        'MEDIUM_WRITE_PROTECTED',
        `Disk volume ${this.barcode} is write-protected: its file cannot be written, or ${this.barcode}.readonly lies beside it. Nothing was written.`,
        { context: this.#context() },
      );
    if (this.#damage !== null)
      throw new StorageError(
        'MEDIUM_WRITE_ERROR',
        `Disk volume ${this.barcode} is not written any more: ${this.#damage}. Nothing was written; restore or copy what it holds, then remove its file.`,
        { context: this.#context() },
      );
    if (this.#lostSync)
      throw new StorageError(
        'MEDIUM_WRITE_ERROR',
        `Disk volume ${this.barcode} is not written any more since the disk failed to take what was written before. What was synchronized is safe; write to another volume and check the disk.`,
        { context: this.#context() },
      );
  }

  /**
   * The object `object` < count; a block is read into the start of `into`. A block longer than `into` is not read: its
   * length tells. MEDIUM_READ_ERROR for a lost or unreadable object.
   */
  read(object: number, into: Uint8Array): FileObject {
    const offset = this.#index.offsetOf(object);
    if (offset === null) throw this.#readError(object, 'its record is damaged');
    const header = this.#readHeader(object, offset);
    if (header.kind === 'filemark') return { kind: 'filemark' };
    const { lengthBytes } = header;
    if (lengthBytes <= into.length) {
      const got = this.#guardRead(object, () =>
        this.#file.readAt(into.subarray(0, lengthBytes), offset + RECORD_HEADER_BYTES),
      );
      if (got !== lengthBytes) throw this.#readError(object, `the file ends within it, after ${String(got)} bytes`);
    }
    return { kind: 'block', lengthBytes };
  }

  #readHeader(object: number, offset: number): RecordHeader {
    const got = this.#guardRead(object, () => this.#file.readAt(this.#header, offset));
    const header = decodeRecordHeader(this.#header.subarray(0, got));
    if (header?.objectNumber !== object) throw this.#readError(object, 'its record is damaged');
    return header;
  }

  #guardRead(object: number, read: () => number): number {
    try {
      return read();
    } catch (error) {
      throw fileFailure(
        error,
        'read',
        this.#path,
        'Other objects can be read.',
        this.#context({ blockAddress: object }),
      );
    }
  }

  #readError(object: number, why: string): StorageError {
    return new StorageError(
      'MEDIUM_READ_ERROR',
      `Object ${String(object)} of disk volume ${this.barcode} cannot be read: ${why}. Other objects can be read.`,
      { context: this.#context({ blockAddress: object }) },
    );
  }

  /**
   * Appends one block or filemark; the caller has asked `assertWritable` and `hasRoomFor`.
   * DEVICE_DISK_FULL or MEDIUM_WRITE_ERROR: the row is what it was before.
   */
  append(block: Uint8Array | null): void {
    this.#writing('write', 'Objects written before are untouched.', () => {
      this.#cutTail();
      const lengthBytes = block?.length ?? 0;
      const objectNumber = this.#index.count;
      encodeRecordHeader(this.#header, { kind: block === null ? 'filemark' : 'block', lengthBytes, objectNumber });
      const total = recordBytes(lengthBytes);
      // From here on the file may end in a torn record. The header goes first: torn, it tells how long it was to be.
      this.#fileBytes = this.#endOffset + total;
      this.#file.writeAt(this.#header, this.#endOffset);
      if (block !== null) this.#writePayload(block, this.#endOffset + RECORD_HEADER_BYTES, total);
      this.#index.add(this.#endOffset, block === null ? 'filemark' : 'block');
      this.#endOffset += total;
    });
  }

  #writePayload(block: Uint8Array, offset: number, total: number): void {
    this.#file.writeAt(block, offset);
    const padding = total - RECORD_HEADER_BYTES - block.length;
    if (padding > 0) this.#file.writeAt(this.#padding.subarray(0, padding), offset + block.length);
  }

  /** Removes what is behind the row, so that no part of it can ever be taken for a later object. */
  #cutTail(): void {
    if (this.#fileBytes <= this.#endOffset) return;
    this.#file.truncate(this.#endOffset);
    this.#fileBytes = this.#endOffset;
    this.#file.sync();
  }

  /** Forgets all objects from number `count` on, on the disk as well. */
  discardFrom(count: number): void {
    if (count === this.#index.count) return;
    assert(this.#damage === null, 'a damaged volume is not written');
    this.#writing('write', 'Objects before the position are untouched.', () => {
      this.#endOffset = this.offsetOf(count);
      this.#index.truncate(count);
      this.#synced = Math.min(this.#synced, count);
      this.#cutTail();
    });
  }

  /** Overwrites what is behind the row, up to where the file ended, with zeros and cuts it off. */
  wipeFrom(count: number): void {
    const endOfOld = this.#endOffset;
    this.#writing('write', 'Objects before the position are untouched.', () => {
      const zeros = new Uint8Array(DRIVE_LIMITS.fileEraseBytes);
      for (let at = this.offsetOf(count); at < endOfOld; at += zeros.length)
        this.#file.writeAt(zeros.subarray(0, Math.min(zeros.length, endOfOld - at)), at);
      this.#file.sync();
    });
    this.discardFrom(count);
  }

  /** When it returns, every object is on the disk. A failure ends writing: see the class. */
  synchronize(): void {
    if (this.unsynced === 0) return;
    this.#writing('synchronize', 'What was synchronized before is safe; what was written since may be lost.', () => {
      // The system reports a block it could not write once; a second try would succeed without it.
      this.#lostSync = true;
      this.#file.sync();
      this.#lostSync = false;
    });
    this.#synced = this.#index.count;
  }

  close(): void {
    this.#file.close();
  }

  #writing(action: 'write' | 'synchronize', saved: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#removeTornRecord();
      throw fileFailure(error, action, this.#path, saved, this.#context({ blockAddress: this.#index.count }));
    }
  }

  /** After a failed write, so that a full disk gets its room back. What is left the next write removes, or the next load ignores. */
  #removeTornRecord(): void {
    try {
      if (this.#fileBytes > this.#endOffset) this.#file.truncate(this.#endOffset);
    } catch {
      // The failure being reported is the one that matters; `fileBytes` still says that there is a tail.
      return;
    }
    this.#fileBytes = Math.max(this.#endOffset, FILE_HEADER_BYTES);
  }

  #context(more: ErrorContext = {}): ErrorContext {
    return { barcode: this.barcode, path: this.#path, ...more };
  }
}

function openFile(
  files: FilePort,
  path: string,
  tabPath: string,
): { readonly file: FileHandle; readonly readOnly: boolean } {
  try {
    if (!files.exists(tabPath))
      try {
        return { file: files.open(path, 'read-write'), readOnly: false };
      } catch (error) {
        if (!isReadOnlyFile(error)) throw error;
      }
    return { file: files.open(path, 'read'), readOnly: true };
  } catch (error) {
    if (isMissingFile(error))
      throw new StorageError(
        'DRIVE_NO_MEDIUM',
        `The volume file ${path} that should be in the drive is not there. Nothing was changed; bring it back, or unload the drive.`,
        { context: { path }, cause: error },
      );
    throw fileFailure(error, 'open', path, 'Nothing was changed.');
  }
}

/** `damaged`: the header cannot be trusted; with records behind it the volume is readable all the same. */
function readFileHeader(
  file: FileHandle,
  path: string,
  barcode: Barcode,
): { readonly damaged: boolean; readonly capacityBytes: number | null } {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  const decoded = decodeFileHeader(bytes.subarray(0, file.readAt(bytes, 0)));
  switch (decoded.kind) {
    case 'good':
      if (decoded.header.barcode !== barcode)
        throw notADiskVolume(path, barcode, `its header says it is ${decoded.header.barcode}`);
      return { damaged: false, capacityBytes: decoded.header.capacityBytes };
    case 'unsupported-version':
      throw notADiskVolume(path, barcode, decoded.reason);
    case 'damaged':
      return { damaged: true, capacityBytes: null };
  }
}

function notADiskVolume(path: string, barcode: Barcode, why: string): StorageError {
  return new StorageError(
    'MEDIUM_INCOMPATIBLE',
    `The file ${path} is not disk volume ${barcode} as this program knows it: ${why}. It was not touched; check the file.`,
    { context: { path, barcode } },
  );
}
