import { assert } from '../base/assert.js';
import { StorageError } from '../base/storage-error.js';
import type { FilePort } from '../device/file-port.js';
import { BlockFile } from './block-file.js';
import { listVolumes, readPointer } from './disk-target.js';
import { RECORD_HEADER_BYTES, recordBytes } from './disk-volume-codec.js';
import { DRIVE_LIMITS } from './drive-limits.js';
import type {
  DriveHealth,
  DriveStatus,
  MediumAttributes,
  MediumCapacity,
  ReadOutcome,
  TapeDrive,
  TapePosition,
  WriteOutcome,
} from './tape-drive.js';

export interface FileDriveOptions {
  readonly files: FilePort;
  /** Of the disk target; the pointer in it says which volume is in the drive (see DiskTarget). */
  readonly directory: string;
}

/**
 * A TapeDrive over disk volumes: one file a volume, in the directory of a disk target.
 *
 * What `load` makes ready is the volume the directory's pointer names; the changer moves the pointer. Nothing is loaded
 * by `open`, so after a restart the drive is as a tape drive after power on: the cartridge in its mouth. `synchronize` and
 * `writeFilemarks` are fsync.
 *
 * A read, a write or a move that failed bars writing (DRIVE_POSITION_LOST) until the drive was positioned by `rewind`,
 * `locate`, `locateEndOfData` or `load`: what the caller submits behind it was meant for another place.
 */
export class FileDrive implements TapeDrive {
  readonly #files: FilePort;
  readonly #directory: string;
  #open = false;
  #file: BlockFile | null = null;
  #position = 0;
  #barred = false;
  #mediumGeneration = 0;

  constructor(options: FileDriveOptions) {
    this.#files = options.files;
    this.#directory = options.directory;
  }

  /** DEVICE_OPEN_FAILED when the directory is not there. */
  open(): void {
    assert(!this.#open, 'a drive is opened once');
    listVolumes(this.#files, this.#directory);
    this.#open = true;
    this.#mediumGeneration++;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#release();
  }

  readStatus(): DriveStatus {
    assert(this.#open, 'the drive is open');
    return {
      identity: { vendor: 'TAPELOOM', product: 'DISK VOLUME', revision: '1', serial: this.#directory },
      medium: this.#file === null ? 'no-medium' : 'ready',
      writeProtected: this.#file?.readOnly ?? false,
      worm: false,
      cleaningRequested: false,
      densityCode: null,
      minBlockBytes: 1,
      maxBlockBytes: DRIVE_LIMITS.fileBlockBytes,
      compression: null,
      mediumGeneration: this.#mediumGeneration,
    };
  }

  load(): void {
    assert(this.#open, 'the drive is open');
    const barcode = readPointer(this.#files, this.#directory);
    if (barcode === null) {
      this.#release();
      throw new StorageError(
        'DRIVE_NO_MEDIUM',
        `No disk volume is in the drive of ${this.#directory}. Nothing was changed; load one by its barcode.`,
        { context: { directory: this.#directory } },
      );
    }
    // Also the volume that is loaded already is opened anew: that is how one whose synchronize failed is trusted again.
    this.#release();
    this.#mediumGeneration++;
    this.#file = BlockFile.open(this.#files, this.#directory, barcode);
    this.#moveTo(0);
  }

  unload(): void {
    assert(this.#open, 'the drive is open');
    this.#release();
  }

  /** Closes the file. What was written and not synchronized is synchronized first, as a drive does before it ejects. */
  #release(): void {
    const file = this.#file;
    if (file === null) return;
    this.#file = null;
    this.#position = 0;
    try {
      file.synchronize();
    } finally {
      file.close();
    }
  }

  rewind(): void {
    this.#loaded();
    this.#moveTo(0);
  }

  locate(blockAddress: number): void {
    assert(Number.isSafeInteger(blockAddress) && blockAddress >= 0, 'a block address is a count');
    const { count, barcode } = this.#loaded();
    this.#moveTo(Math.min(blockAddress, count));
    if (blockAddress <= count) return;
    this.#barred = true;
    throw new StorageError(
      'MEDIUM_READ_ERROR',
      `Disk volume ${barcode} ends at object ${String(count)}, before object ${String(blockAddress)}. Nothing was changed.`,
      { context: { barcode, blockAddress, endOfData: count } },
    );
  }

  locateEndOfData(): void {
    this.#moveTo(this.#loaded().count);
  }

  /** MEDIUM_READ_ERROR beside a lost object, which may have been a filemark. */
  spaceFilemarks(count: number): { readonly remaining: number } {
    const { index } = this.#loaded();
    const before = index.filemarksBefore(this.#position);
    const wanted = before + count;
    const passed = Math.min(Math.max(wanted, 0), index.filemarkCount);
    let target: number;
    if (count === 0) target = this.#position;
    else if (count > 0) target = wanted > index.filemarkCount ? index.count : index.filemark(wanted - 1) + 1;
    else target = wanted < 0 ? 0 : index.filemark(wanted);
    const lost = count > 0 ? index.lostFrom(this.#position) : index.lostBefore(this.#position);
    if (lost !== null && (count > 0 ? lost < target : count < 0 && lost >= target)) {
      this.#position = count > 0 ? lost : lost + 1;
      this.#barred = true;
      throw this.#spacingError(lost);
    }
    this.#position = target;
    return { remaining: Math.abs(wanted - passed) };
  }

  #spacingError(lost: number): StorageError {
    const { barcode } = this.#loaded();
    return new StorageError(
      'MEDIUM_READ_ERROR',
      `Object ${String(lost)} of disk volume ${barcode} is damaged and may have been a filemark, so filemarks cannot be counted across it. Nothing was changed; go on by block address.`,
      { context: { barcode, blockAddress: lost } },
    );
  }

  readPosition(): TapePosition {
    const file = this.#loaded();
    const lost = file.index.lostBefore(this.#position);
    return {
      blockAddress: this.#position,
      fileNumber: lost === null ? file.index.filemarksBefore(this.#position) : null,
      beginningOfMedium: this.#position === 0,
      earlyWarning: isBehindEarlyWarning(file, this.#position),
      blocksInBuffer: file.unsynced,
    };
  }

  readBlock(into: Uint8Array): ReadOutcome {
    const file = this.#loaded();
    if (this.#position === file.count) return { kind: 'end-of-data' };
    const object = this.#position;
    // Whatever is found, the position is behind it: also a damaged object is passed.
    this.#position++;
    const found = this.#barUnlessDone(() => file.read(object, into));
    if (found.kind === 'filemark') return { kind: 'filemark' };
    if (found.lengthBytes > into.length)
      throw new StorageError(
        'MEDIUM_BLOCK_TOO_LARGE',
        `Object ${String(object)} of disk volume ${file.barcode} is a block of ${String(found.lengthBytes)} bytes, more than the ${String(into.length)} there is room for. It was passed over.`,
        { context: { barcode: file.barcode, blockAddress: object, lengthBytes: found.lengthBytes } },
      );
    return found;
  }

  writeBlock(block: Uint8Array): WriteOutcome {
    assert(block.length > 0 && block.length <= DRIVE_LIMITS.fileBlockBytes, 'a block has 1 byte to 16 MiB');
    const file = this.#writable();
    if (!file.hasRoomFor(this.#position, recordBytes(block.length), 1)) return { kind: 'end-of-medium' };
    this.#barUnlessDone(() => {
      file.discardFrom(this.#position);
      file.append(block);
    });
    this.#position++;
    return { kind: 'written', earlyWarning: isBehindEarlyWarning(file, this.#position) };
  }

  writeFilemarks(count: number): WriteOutcome {
    assert(Number.isSafeInteger(count) && count >= 1, 'one filemark or more');
    const file = this.#writable();
    if (!file.hasRoomFor(this.#position, count * RECORD_HEADER_BYTES, count)) return { kind: 'end-of-medium' };
    this.#barUnlessDone(() => {
      file.discardFrom(this.#position);
      for (let n = 0; n < count; n++) {
        file.append(null);
        this.#position++;
      }
      file.synchronize();
    });
    return { kind: 'written', earlyWarning: isBehindEarlyWarning(file, this.#position) };
  }

  synchronize(): void {
    const file = this.#loaded();
    this.#barUnlessDone(() => {
      file.synchronize();
    });
  }

  erase(mode: 'short' | 'long'): void {
    const file = this.#writable();
    this.#barUnlessDone(() => {
      if (mode === 'long') file.wipeFrom(this.#position);
      else file.discardFrom(this.#position);
      file.synchronize();
    });
  }

  /** A disk complains to its system's administrator, not here. */
  readHealth(): DriveHealth {
    return {
      tapeAlerts: null,
      writeErrors: null,
      readErrors: null,
      deviceStatus: null,
      volumeStatistics: null,
      capacity: this.readCapacity(),
    };
  }

  readCapacity(): MediumCapacity | null {
    assert(this.#open, 'the drive is open');
    if (this.#file === null) return null;
    const { capacityBytes: totalBytes, endOffset } = this.#file;
    return { remainingBytes: Math.max(0, totalBytes - endOffset), totalBytes };
  }

  readMediumAttributes(): MediumAttributes {
    const { barcode, capacityBytes, endOffset } = this.#loaded();
    return { barcode, capacityBytes, remainingBytes: Math.max(0, capacityBytes - endOffset) };
  }

  /** The name of the file is its barcode; the label says the rest. */
  writeMediumAttributes(): boolean {
    this.#loaded();
    return false;
  }

  #moveTo(object: number): void {
    this.#position = object;
    this.#barred = false;
  }

  #loaded(): BlockFile {
    assert(this.#open, 'the drive is open');
    if (this.#file === null)
      throw new StorageError(
        'DRIVE_NO_MEDIUM',
        `No disk volume is loaded in the drive of ${this.#directory}. Nothing was changed.`,
        { context: { directory: this.#directory } },
      );
    return this.#file;
  }

  #writable(): BlockFile {
    const file = this.#loaded();
    file.assertWritable();
    if (this.#barred)
      throw new StorageError(
        'DRIVE_POSITION_LOST',
        `Disk volume ${file.barcode} was not positioned since a write or a move failed. Nothing was written; locate first.`,
        { context: { barcode: file.barcode, blockAddress: this.#position } },
      );
    return file;
  }

  #barUnlessDone<T>(run: () => T): T {
    const wasBarred = this.#barred;
    this.#barred = true;
    const result = run();
    this.#barred = wasBarred;
    return result;
  }
}

function isBehindEarlyWarning(file: BlockFile, object: number): boolean {
  const reserve = Math.min(DRIVE_LIMITS.fileReserveBytes, file.capacityBytes * DRIVE_LIMITS.fileReserveFraction);
  return file.offsetOf(object) > file.capacityBytes - reserve;
}
