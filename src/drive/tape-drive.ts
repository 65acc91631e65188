import type { DeviceStatusLogPage } from '../scsi/device-status-log-page.js';
import type { ErrorCounters } from '../scsi/error-counter-log-page.js';
import type { VolumeStatistics } from '../scsi/volume-statistics-log-page.js';
import type { Barcode } from '../terms/barcode.js';

/**
 * Sequential access to one medium: the contract that `st-drive` (Linux tape) and `file-drive` (a disk volume) fulfil.
 * test/contract/tape-drive.contract.ts is its executable form.
 *
 * The calls block; a TapeDrive belongs to one thread, the drive's (see drive-thread.ts), and calls never overlap.
 *
 * Words as in SSC-4: the medium is a row of logical objects, blocks and filemarks, counted together from 0 at the
 * beginning; `blockAddress` is the logical object identifier that READ POSITION reports and LOCATE takes.
 *
 * Conditions (a filemark met, end of data, early warning) are return values. Failures are thrown as StorageError:
 *   DRIVE_NO_MEDIUM, DRIVE_NOT_READY, DEVICE_BUSY, DEVICE_PERMISSION, DEVICE_IO, DRIVE_HARDWARE, DRIVE_POSITION_LOST,
 *   MEDIUM_WRITE_PROTECTED, MEDIUM_WRITE_ERROR, MEDIUM_READ_ERROR, MEDIUM_BLOCK_TOO_LARGE, MEDIUM_INCOMPATIBLE,
 *   SCSI_CHECK_CONDITION, SCSI_TRANSPORT, SCSI_MALFORMED_REPLY, DEVICE_DISK_FULL.
 *
 * After a failure of a write, a filemark or a synchronize: which of the blocks since the last successful synchronize are
 * on the medium is unknown; blocks before it are. The caller must not write again before it has located.
 * After a failure of a read: the position is before or after the bad block; the caller locates before it goes on.
 * After DRIVE_POSITION_LOST (a unit attention: reset, power on, medium may have changed): every call that depends on the
 * position fails the same way until `rewind`, `locate`, `locateEndOfData` or `load` succeeds; and the volume's label must be
 * read again before anything is written (invariant 2), which is the caller's duty: `mediumGeneration` tells.
 */
export interface TapeDrive {
  /** Takes the device. Without a medium this succeeds; EBUSY is DEVICE_BUSY. Opening rewinds nothing. */
  open(): void;
  /** Gives the device back. The medium stays where it is. Idempotent. */
  close(): void;

  /** Never moves the medium; never fails for want of one. */
  readStatus(): DriveStatus;

  /** Makes the medium in the mouth of the drive ready, positioned at the beginning. With a medium loaded: just rewinds. */
  load(): void;
  /** Rewinds and ejects to the mouth of the drive (a disk volume is closed). Without a medium: succeeds. */
  unload(): void;

  rewind(): void;
  /** Before the object at `blockAddress`. Beyond the end of data: MEDIUM_READ_ERROR, position at the end of data. */
  locate(blockAddress: number): void;
  /** Behind the last object; there the next block is appended. */
  locateEndOfData(): void;
  /**
   * Over `count` filemarks (negative: backwards). Forward ends behind the last filemark passed, backward ends before it.
   * `remaining` counts those not passed because the end of data or the beginning was met.
   */
  spaceFilemarks(count: number): { readonly remaining: number };
  readPosition(): TapePosition;

  /**
   * Reads the object at the position into the start of `into`.
   * A block longer than `into` is MEDIUM_BLOCK_TOO_LARGE and the position is behind it.
   */
  readBlock(into: Uint8Array): ReadOutcome;
  /** Appends one block; all data behind it is gone (tape semantics). The bytes may still be in a buffer: see `synchronize`. */
  writeBlock(block: Uint8Array): WriteOutcome;
  /** Writes `count` >= 1 filemarks and synchronizes: when it returns, everything written is on the medium. */
  writeFilemarks(count: number): WriteOutcome;
  /** When it returns, everything written is on the medium: the drive's buffer, or the disk's cache, is empty. */
  synchronize(): void;

  /** Destroys everything behind the position. `long` overwrites the medium; it may take hours. */
  erase(mode: 'short' | 'long'): void;

  /** What the drive has counted and what it complains of; also without a medium. Never moves the medium. */
  readHealth(): DriveHealth;
  /** How much fits on the medium and still fits, bytes before compression; null without a medium or when nobody tells. */
  readCapacity(): MediumCapacity | null;
  /** What the cartridge memory or the file's header tells; a key is absent when the medium has no such attribute. */
  readMediumAttributes(): MediumAttributes;
  /** Writes into the cartridge memory what other programs are to know of the volume; false where there is none. */
  writeMediumAttributes(attributes: ApplicationAttributes): boolean;
}

export interface DriveIdentity {
  readonly vendor: string;
  readonly product: string;
  readonly revision: string;
  readonly serial: string;
}

export interface DriveStatus {
  readonly identity: DriveIdentity;
  /** `loading`: becoming ready. `cleaning`: a cleaning cartridge is at work. `no-medium`: none or not loaded. */
  readonly medium: 'ready' | 'loading' | 'cleaning' | 'no-medium';
  readonly writeProtected: boolean;
  /** A WORM cartridge: written blocks can never be written over. */
  readonly worm: boolean;
  readonly cleaningRequested: boolean;
  /** SSC density code of the medium; null when there is none. */
  readonly densityCode: number | null;
  readonly minBlockBytes: number;
  readonly maxBlockBytes: number;
  readonly compression: boolean | null;
  /**
   * Counts every event after which the medium may be another one or may have been moved by somebody else (load, unit
   * attention). When it differs from the value seen when the label was read, the label must be read again.
   */
  readonly mediumGeneration: number;
}

export interface TapePosition {
  readonly blockAddress: number;
  /** Number of filemarks before the position; null when unknown. */
  readonly fileNumber: number | null;
  readonly beginningOfMedium: boolean;
  /** Between early warning and the end of the medium. */
  readonly earlyWarning: boolean;
  /** Objects accepted but not yet on the medium; null when the drive cannot tell. 0 after a synchronize. */
  readonly blocksInBuffer: number | null;
}

export type ReadOutcome =
  | { readonly kind: 'block'; readonly lengthBytes: number }
  | { readonly kind: 'filemark' }
  /** Nothing more is recorded; the position does not move. */
  | { readonly kind: 'end-of-data' };

export type WriteOutcome =
  /** Accepted. With `earlyWarning` the end is near: write what closes the volume and nothing else. */
  | { readonly kind: 'written'; readonly earlyWarning: boolean }
  /** Nothing of this block was written: the physical end. */
  | { readonly kind: 'end-of-medium' };

/** Each part is null where the drive (or the disk) does not tell. */
export interface DriveHealth {
  /** TapeAlert flags raised since they were last read, by number (1..64): who reads them must act on them. */
  readonly tapeAlerts: readonly number[] | null;
  /** Since the drive's counters were last cleared, by a reset or a load as the drive has it. */
  readonly writeErrors: ErrorCounters | null;
  readonly readErrors: ErrorCounters | null;
  readonly deviceStatus: DeviceStatusLogPage | null;
  /** The life of the cartridge in the drive. */
  readonly volumeStatistics: VolumeStatistics | null;
  readonly capacity: MediumCapacity | null;
}

export interface MediumCapacity {
  readonly remainingBytes: number;
  readonly totalBytes: number;
}

/** Texts are ASCII; what is longer than its place in the memory (in brackets, characters) is cut off. */
export interface ApplicationAttributes {
  /** (8) */
  readonly vendor: string;
  /** (32) */
  readonly name: string;
  /** (8) */
  readonly version: string;
  /** For people (160). */
  readonly label: string;
  /** Milliseconds since the epoch, kept to the minute; null: never. */
  readonly lastWrittenMs: number | null;
  readonly barcode: Barcode;
  /** (160) */
  readonly pool: string;
  /** Of what is on the medium (16). */
  readonly formatVersion: string;
}

export interface MediumAttributes {
  readonly manufacturer?: string;
  readonly mediumSerial?: string;
  readonly barcode?: Barcode;
  readonly capacityBytes?: number;
  readonly remainingBytes?: number;
  readonly loadCount?: number;
  readonly lifetimeBytesWritten?: number;
  readonly lifetimeBytesRead?: number;
  /** Everything in the memory, for people: identifier, name ('' when unknown), value. */
  readonly memory?: readonly { readonly id: number; readonly name: string; readonly value: string }[];
}
