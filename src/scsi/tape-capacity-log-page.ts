import { decodeCounters, encodeCounters, type CounterFields } from './log-counter.js';
import { decodeLogPage, encodeLogPage, LOG_PAGES } from './log-page.js';

type Field = 'remaining' | 'secondRemaining' | 'maximum' | 'secondMaximum';

/**
 * Tape capacity page 31h (vendors' page; the LTO drives of IBM, HP and Quantum agree on it): native capacity of the
 * first and the second partition, in units of 2^20 bytes. null: the drive does not tell.
 */
export type TapeCapacity = Readonly<Record<Field, number | null>>;

const FIELDS: CounterFields<Field> = {
  remaining: { code: 0x0001, width: 4 },
  secondRemaining: { code: 0x0002, width: 4 },
  maximum: { code: 0x0003, width: 4 },
  secondMaximum: { code: 0x0004, width: 4 },
};

const CONTROL = 0xc0;

export function decodeTapeCapacityLogPage(bytes: Uint8Array): TapeCapacity {
  return decodeCounters(decodeLogPage(bytes, LOG_PAGES.tapeCapacity), FIELDS);
}

export function encodeTapeCapacityLogPage(capacity: TapeCapacity): Uint8Array {
  const parameters = encodeCounters(capacity, FIELDS, CONTROL);
  return encodeLogPage({ pageCode: LOG_PAGES.tapeCapacity, subpageCode: 0, parameters });
}
