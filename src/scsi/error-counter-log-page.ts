import { decodeCounters, encodeCounters, type CounterFields } from './log-counter.js';
import { decodeLogPage, encodeLogPage, LOG_PAGES } from './log-page.js';

/** Which of the two error counter pages: 02h or 03h. */
export type ErrorCounterDirection = 'write' | 'read';

type Field =
  | 'correctedWithoutDelay'
  | 'correctedWithDelay'
  | 'rewritesOrRereads'
  | 'corrected'
  | 'correctionAlgorithmUses'
  | 'bytesProcessed'
  | 'uncorrected';

/** Write or read error counters (SPC-4), since they were last cleared; null: the drive does not tell. */
export type ErrorCounters = Readonly<Record<Field, number | null>>;

const FIELDS: CounterFields<Field> = {
  correctedWithoutDelay: { code: 0x0000, width: 4 },
  correctedWithDelay: { code: 0x0001, width: 4 },
  rewritesOrRereads: { code: 0x0002, width: 4 },
  corrected: { code: 0x0003, width: 4 },
  correctionAlgorithmUses: { code: 0x0004, width: 4 },
  bytesProcessed: { code: 0x0005, width: 8 },
  uncorrected: { code: 0x0006, width: 4 },
};

/** Bounded counters that the drive does not save by itself, as LTO drives send them. */
const CONTROL = 0x60;

function pageCodeOf(direction: ErrorCounterDirection): number {
  return direction === 'write' ? LOG_PAGES.writeErrors : LOG_PAGES.readErrors;
}

export function decodeErrorCounterLogPage(direction: ErrorCounterDirection, bytes: Uint8Array): ErrorCounters {
  return decodeCounters(decodeLogPage(bytes, pageCodeOf(direction)), FIELDS);
}

export function encodeErrorCounterLogPage(direction: ErrorCounterDirection, counters: ErrorCounters): Uint8Array {
  const parameters = encodeCounters(counters, FIELDS, CONTROL);
  return encodeLogPage({ pageCode: pageCodeOf(direction), subpageCode: 0, parameters });
}
