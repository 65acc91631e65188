import type { StorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { HealthRecord } from '../inventory/records.js';
import type { DriveBay } from './drive-bay.js';

/** What a drive and a cartridge can fail in. */
export type FailureKind = Extract<HealthRecord['kind'], 'load-error' | 'read-error' | 'write-error' | 'move-error'>;

/**
 * Whom the procedures tell what drives and cartridges go through. None of it fails, and all of it may ask the drive: the caller
 * has it to himself.
 */
export interface HealthWatch {
  /** The cartridge is loaded and ready. */
  mounted(bay: DriveBay, barcode: Barcode): Promise<void>;
  /** The cartridge in the drive is about to leave it: the last moment its counters can be read and its memory written. */
  unmounting(bay: DriveBay): Promise<void>;
  /** It has left the tape path: some flags are raised only then, and are about the cartridge that was in the drive. */
  unmounted(bay: DriveBay, barcode: Barcode): Promise<void>;
  /**
   * Something failed with the cartridge in the drive. Not every failure says something of them, and one that is told of twice
   * counts once: callers need not sort.
   */
  failed(bay: DriveBay, barcode: Barcode | null, kind: FailureKind, error: StorageError): Promise<void>;
}
