import { StorageError } from '../base/storage-error.js';
import { FileError, type FilePort } from '../device/file-port.js';
import { mediumOfBarcode, parseBarcode, type Barcode } from '../terms/barcode.js';
import { DRIVE_LIMITS } from './drive-limits.js';
import { encodeFileHeader } from './disk-volume-codec.js';
import { fileFailure, isMissingFile } from './file-failure.js';

const VOLUME_SUFFIX = '.vol';
const PROTECT_SUFFIX = '.readonly';
/** Names the volume in the drive: one line, its barcode. Absent when the drive is empty. */
const POINTER_NAME = 'loaded';
const UNFINISHED_SUFFIX = '.new';
/** A pointer is a barcode and a newline. */
const POINTER_BYTES = 64;

export interface DiskTargetOptions {
  /** The drive that uses this directory. */
  readonly drive: string;
  readonly directory: string;
  /** Of volumes made from now on, bytes: the largest their files get. */
  readonly capacityBytes: number;
  readonly files: FilePort;
}

/**
 * The directory of one disk target: volume files `BARCODE.vol`, and a pointer file `loaded` that names the one which is in
 * the drive. The changer moves the pointer, the drive (`FileDrive`, on its thread) follows it in `load`.
 *
 * Both kinds of file come into being whole or not at all: written under another name, synced, renamed, the directory
 * synced. So a crash leaves a volume either in the drive or out of it, and never half a volume.
 * An empty file `BARCODE.readonly` beside a volume is its write-protect tab.
 */
export class DiskTarget {
  readonly drive: string;
  readonly directory: string;
  readonly #capacityBytes: number;
  readonly #files: FilePort;

  constructor(options: DiskTargetOptions) {
    this.drive = options.drive;
    this.directory = options.directory;
    this.#capacityBytes = options.capacityBytes;
    this.#files = options.files;
  }

  /** Barcodes of the volume files, sorted. Other files are not looked at. DEVICE_OPEN_FAILED without the directory. */
  listVolumes(): readonly Barcode[] {
    return listVolumes(this.#files, this.directory);
  }

  /**
   * Makes an empty volume. CHANGER_OCCUPIED when there is one of this barcode, MEDIUM_INCOMPATIBLE when the barcode is a
   * tape cartridge's, DEVICE_DISK_FULL, DEVICE_PERMISSION, DEVICE_OPEN_FAILED, DEVICE_IO.
   */
  create(barcode: Barcode): void {
    const path = volumePath(this.directory, barcode);
    if (mediumOfBarcode(barcode) !== 'disk')
      throw new StorageError(
        'MEDIUM_INCOMPATIBLE',
        `${barcode} is the barcode of a tape cartridge. No file was made; the barcode of a disk volume ends in DK.`,
        { context: { barcode, drive: this.drive } },
      );
    if (this.#capacityBytes < DRIVE_LIMITS.fileMinCapacityBytes)
      throw new StorageError(
        'MEDIUM_INCOMPATIBLE',
        `A disk volume of ${String(this.#capacityBytes)} bytes is too small. No file was made; set the capacity of drive ${this.drive} to at least ${String(DRIVE_LIMITS.fileMinCapacityBytes)}.`,
        { context: { barcode, drive: this.drive, capacityBytes: this.#capacityBytes } },
      );
    if (this.#files.exists(path))
      throw new StorageError('CHANGER_OCCUPIED', `There is a volume file ${path} already. It was not touched.`, {
        context: { barcode, path },
      });
    this.#writeWhole(path, encodeFileHeader({ barcode, capacityBytes: this.#capacityBytes }));
  }

  /** The volume in the drive, or null. DEVICE_IO when the pointer is not understood. */
  inserted(): Barcode | null {
    return readPointer(this.#files, this.directory);
  }

  /** Brings the volume into the drive in the place of what is in it. */
  insert(barcode: Barcode): void {
    this.#writeWhole(
      pointerPath(this.directory),
      Uint8Array.from(`${barcode}\n`, (character) => character.charCodeAt(0)),
    );
  }

  /** Empties the drive. Without a volume in it: succeeds. */
  remove(): void {
    const path = pointerPath(this.directory);
    guard('write', path, 'The volume is still in the drive.', () => {
      try {
        this.#files.remove(path);
      } catch (error) {
        if (isMissingFile(error)) return;
        throw error;
      }
      this.#files.syncDirectory(this.directory);
    });
  }

  /** The order survives a power cut: content, then name. */
  #writeWhole(path: string, bytes: Uint8Array): void {
    const unfinished = path + UNFINISHED_SUFFIX;
    guard('write', path, 'Nothing else was changed.', () => {
      this.#removeLeftover(unfinished);
      const file = this.#files.open(unfinished, 'create');
      try {
        file.writeAt(bytes, 0);
        file.sync();
      } finally {
        file.close();
      }
      this.#files.rename(unfinished, path);
      this.#files.syncDirectory(this.directory);
    });
  }

  /** What a crash, or a disk that was full, left of an earlier try. */
  #removeLeftover(path: string): void {
    try {
      this.#files.remove(path);
    } catch (error) {
      if (!isMissingFile(error)) throw error;
    }
  }
}

export function listVolumes(files: FilePort, directory: string): readonly Barcode[] {
  const names = guard('list', directory, 'Nothing was changed.', () => files.list(directory));
  return names
    .filter((name) => name.endsWith(VOLUME_SUFFIX))
    .map((name) => name.slice(0, -VOLUME_SUFFIX.length))
    .flatMap((text) => {
      const barcode = parseBarcode(text);
      return barcode !== null && barcode === text ? [barcode] : [];
    })
    .sort();
}

/** Which volume the pointer file says is in the drive: see DiskTarget. */
export function readPointer(files: FilePort, directory: string): Barcode | null {
  const path = pointerPath(directory);
  const text = guard('read', path, 'Nothing was changed.', () => {
    try {
      return readText(files, path);
    } catch (error) {
      if (isMissingFile(error)) return null;
      throw error;
    }
  });
  if (text === null) return null;
  const barcode = parseBarcode(text);
  if (barcode === null)
    throw new StorageError(
      'DEVICE_IO',
      `The file ${path} should hold the barcode of the volume in the drive and does not. No volume was touched; remove that file, and the drive is empty.`,
      { context: { path } },
    );
  return barcode;
}

function guard<T>(action: 'list' | 'read' | 'write', path: string, saved: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    // The directory is missing, or the device below it fails: not a volume's fault.
    const missing = error instanceof FileError && (error.errno === 'ENOENT' || error.errno === 'ENOTDIR');
    throw asDeviceFailure(fileFailure(error, missing ? 'open' : action, path, saved));
  }
}

/** A pointer or a directory that cannot be read or written is the device's failure, not a medium's. */
function asDeviceFailure(failure: unknown): unknown {
  if (!(failure instanceof StorageError)) return failure;
  if (failure.code !== 'MEDIUM_READ_ERROR' && failure.code !== 'MEDIUM_WRITE_ERROR') return failure;
  return new StorageError('DEVICE_IO', failure.message, { context: failure.context, cause: failure.cause });
}

function pointerPath(directory: string): string {
  return `${directory}/${POINTER_NAME}`;
}

function readText(files: FilePort, path: string): string {
  const file = files.open(path, 'read');
  try {
    const bytes = new Uint8Array(POINTER_BYTES);
    const length = file.readAt(bytes, 0);
    return Array.from(bytes.subarray(0, length), (byte) => String.fromCharCode(byte)).join('');
  } finally {
    file.close();
  }
}

export function volumePath(directory: string, barcode: Barcode): string {
  return `${directory}/${barcode}${VOLUME_SUFFIX}`;
}

export function protectTabPath(directory: string, barcode: Barcode): string {
  return `${directory}/${barcode}${PROTECT_SUFFIX}`;
}
