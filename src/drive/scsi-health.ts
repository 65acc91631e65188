import { isStorageError } from '../base/storage-error.js';
import { decodeDeviceStatusLogPage } from '../scsi/device-status-log-page.js';
import { decodeErrorCounterLogPage } from '../scsi/error-counter-log-page.js';
import { LOG_PAGES, decodeSupportedLogPages } from '../scsi/log-page.js';
import { LOG_PAGE_CONTROL, encodeLogSenseCdb } from '../scsi/log-sense.js';
import { decodeTapeAlertLogPage, decodeTapeAlertResponseLogPage } from '../scsi/tape-alert-log-page.js';
import { decodeTapeCapacityLogPage } from '../scsi/tape-capacity-log-page.js';
import { decodeVolumeStatisticsLogPage } from '../scsi/volume-statistics-log-page.js';
import { SCSI_TIMEOUTS_MS } from './drive-limits.js';
import { unlessUnsupported } from './scsi-questions.js';
import type { ScsiTarget } from './scsi-target.js';
import type { DriveHealth, MediumCapacity } from './tape-drive.js';

/**
 * The longest page is the TapeAlert one, 64 parameters of 5 bytes; drives that pad send more, which is not needed. Some
 * misread allocation lengths above 16 bits.
 */
const LOG_REPLY_BYTES = 4096;

/** Page 31h counts 2^20 bytes. */
const CAPACITY_UNIT_BYTES = 0x10_0000;

/**
 * The log pages of a drive, as far as it has them: page 00h, which is asked once, says which. One that says nothing of its
 * pages is asked for each. A page that does not decode counts as one the drive does not have: the others are worth as much.
 */
export class ScsiLogPages {
  readonly #target: ScsiTarget;
  #supported: readonly number[] | 'unknown' | null = null;

  constructor(target: ScsiTarget) {
    this.#target = target;
  }

  /** All but the TapeAlert flags. */
  readCounters(): Omit<DriveHealth, 'tapeAlerts'> {
    return {
      writeErrors: this.#page(LOG_PAGES.writeErrors, (bytes) => decodeErrorCounterLogPage('write', bytes)),
      readErrors: this.#page(LOG_PAGES.readErrors, (bytes) => decodeErrorCounterLogPage('read', bytes)),
      deviceStatus: this.#page(LOG_PAGES.deviceStatus, decodeDeviceStatusLogPage),
      volumeStatistics: this.#page(LOG_PAGES.volumeStatistics, decodeVolumeStatisticsLogPage),
      capacity: this.readCapacity(),
    };
  }

  readCapacity(): MediumCapacity | null {
    const page = this.#page(LOG_PAGES.tapeCapacity, decodeTapeCapacityLogPage);
    const { remaining, maximum } = page ?? { remaining: null, maximum: null };
    // Without a medium drives tell zeros.
    if (remaining === null || maximum === null || maximum === 0) return null;
    return { remainingBytes: remaining * CAPACITY_UNIT_BYTES, totalBytes: maximum * CAPACITY_UNIT_BYTES };
  }

  /**
   * The flags that are up; null when the drive cannot tell. Page 2Eh takes them down in the drive; the response page 12h,
   * asked of drives without the other, does not.
   */
  readTapeAlerts(): readonly number[] | null {
    return (
      this.#page(LOG_PAGES.tapeAlert, decodeTapeAlertLogPage) ??
      this.#page(LOG_PAGES.tapeAlertResponse, decodeTapeAlertResponseLogPage)
    );
  }

  #page<T>(pageCode: number, decode: (bytes: Uint8Array) => T): T | null {
    this.#supported ??= this.#askSupported();
    if (this.#supported !== 'unknown' && !this.#supported.includes(pageCode)) return null;
    const bytes = this.#ask(pageCode);
    return bytes === null ? null : unlessMalformed(() => decode(bytes));
  }

  #askSupported(): readonly number[] | 'unknown' {
    const bytes = this.#ask(LOG_PAGES.supportedPages);
    return (bytes === null ? null : unlessMalformed(() => decodeSupportedLogPages(bytes))) ?? 'unknown';
  }

  #ask(pageCode: number): Uint8Array | null {
    return unlessUnsupported(this.#target, {
      name: `LOG SENSE page ${pageCode.toString(16).padStart(2, '0').toUpperCase()}h`,
      cdb: encodeLogSenseCdb({
        pageControl: LOG_PAGE_CONTROL.cumulative,
        pageCode,
        subpageCode: 0,
        save: false,
        parameterPointer: 0,
        allocationLength: LOG_REPLY_BYTES,
      }),
      replyBytes: LOG_REPLY_BYTES,
      timeoutMs: SCSI_TIMEOUTS_MS.logSense,
      operation: 'other',
      attention: 'retry',
    });
  }
}

function unlessMalformed<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (error) {
    if (isStorageError(error, 'SCSI_MALFORMED_REPLY')) return null;
    throw error;
  }
}
