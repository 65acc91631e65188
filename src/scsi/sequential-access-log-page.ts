import { decodeCounters, encodeCounter, encodeCounters, pageCounter, type CounterFields } from './log-counter.js';
import { decodeLogPage, encodeLogPage, LOG_PAGES } from './log-page.js';

type Field =
  | 'bytesReceivedFromHost'
  | 'bytesWrittenToMedium'
  | 'bytesReadFromMedium'
  | 'bytesSentToHost'
  | 'nativeMegabytesToEndOfData'
  | 'nativeMegabytesToEarlyWarning'
  | 'nativeMegabytesBehindEarlyWarning'
  | 'nativeMegabytesToPosition'
  | 'nativeMegabytesInBuffer';

/**
 * Sequential access device page 0Ch (SSC-4). Bytes are since the medium was loaded, before and behind the
 * compression; megabytes (10^6) are native, from the beginning of the partition. null: the drive does not tell.
 */
export interface SequentialAccessStatistics extends Readonly<Record<Field, number | null>> {
  /** The drive wants to be cleaned; null: not told. */
  readonly cleaningRequired: boolean | null;
}

const FIELDS: CounterFields<Field> = {
  bytesReceivedFromHost: { code: 0x0000, width: 8 },
  bytesWrittenToMedium: { code: 0x0001, width: 8 },
  bytesReadFromMedium: { code: 0x0002, width: 8 },
  bytesSentToHost: { code: 0x0003, width: 8 },
  nativeMegabytesToEndOfData: { code: 0x0004, width: 4 },
  nativeMegabytesToEarlyWarning: { code: 0x0005, width: 4 },
  nativeMegabytesBehindEarlyWarning: { code: 0x0006, width: 4 },
  nativeMegabytesToPosition: { code: 0x0007, width: 4 },
  nativeMegabytesInBuffer: { code: 0x0008, width: 4 },
};

const CLEANING_CODE = 0x0100;
const CONTROL = 0x40;

export function decodeSequentialAccessLogPage(bytes: Uint8Array): SequentialAccessStatistics {
  const page = decodeLogPage(bytes, LOG_PAGES.sequentialAccessDevice);
  const cleaning = pageCounter(page, CLEANING_CODE);
  return { ...decodeCounters(page, FIELDS), cleaningRequired: cleaning === null ? null : cleaning !== 0 };
}

export function encodeSequentialAccessLogPage(statistics: SequentialAccessStatistics): Uint8Array {
  const { cleaningRequired } = statistics;
  const cleaning = cleaningRequired === null ? null : Number(cleaningRequired);
  return encodeLogPage({
    pageCode: LOG_PAGES.sequentialAccessDevice,
    subpageCode: 0,
    parameters: [...encodeCounters(statistics, FIELDS, CONTROL), encodeCounter(CLEANING_CODE, CONTROL, 8, cleaning)],
  });
}
