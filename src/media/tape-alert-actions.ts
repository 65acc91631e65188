/** What is done when a drive raises a TapeAlert flag. Nothing in a column: it needs nothing. */
export interface TapeAlertAction {
  /** `log` at level info, `warn`, or `operator`: a request that stays in `status` until the drive was looked at. */
  readonly tell: 'log' | 'warn' | 'operator';
  /** `clean-now` and `clean-later` both make the drive want cleaning; the first is told more urgently. */
  readonly drive: 'clean-now' | 'clean-later' | 'down' | null;
  /** What the volume in the drive becomes, where it was better before. */
  readonly volume: 'suspect' | 'damaged' | 'read-only' | null;
}

type Row = Pick<TapeAlertAction, 'tell'> & Partial<TapeAlertAction>;

/**
 * An action for each flag, from its meaning in SSC-4 and what makers of drives say is to be done. The error counters and the
 * errors themselves say what a read or write failed of (see error-matrix.ts), so the flags that only repeat them (03h, 05h, 06h)
 * change nothing by themselves; those by which the drive blames one of the two do.
 */
const ACTIONS: Readonly<Record<number, Row>> = {
  // Read, write and the medium.
  0x01: { tell: 'warn' },
  0x02: { tell: 'warn' },
  0x03: { tell: 'log' },
  0x04: { tell: 'warn', volume: 'damaged' },
  0x05: { tell: 'warn' },
  0x06: { tell: 'warn' },
  // At the end of its life what is on it can still be read; no more is to be put there.
  0x07: { tell: 'warn', volume: 'read-only' },
  0x08: { tell: 'warn', volume: 'read-only' },
  // The mount procedure finds these out by itself.
  0x09: { tell: 'log' },
  0x0a: { tell: 'log' },
  0x0b: { tell: 'log' },
  0x0c: { tell: 'warn' },
  // A snapped tape: the cartridge is lost; one that does not come out takes the drive with it.
  0x0d: { tell: 'operator', volume: 'damaged' },
  0x0e: { tell: 'operator', drive: 'down', volume: 'damaged' },
  // Without its chip it is slow, and what is written to it cannot be relied on.
  0x0f: { tell: 'warn', volume: 'read-only' },
  // The end of data is compared at the next mount.
  0x10: { tell: 'warn' },
  // A drive of another generation may write it.
  0x11: { tell: 'warn' },
  0x12: { tell: 'warn' },
  0x13: { tell: 'warn' },
  // Cleaning.
  0x14: { tell: 'warn', drive: 'clean-now' },
  0x15: { tell: 'log', drive: 'clean-later' },
  0x16: { tell: 'operator' },
  0x17: { tell: 'operator' },
  0x18: { tell: 'log' },
  // The drive and its surroundings.
  0x19: { tell: 'warn' },
  0x1a: { tell: 'operator' },
  0x1b: { tell: 'operator' },
  0x1c: { tell: 'warn' },
  0x1d: { tell: 'operator' },
  0x1e: { tell: 'operator', drive: 'down' },
  0x1f: { tell: 'operator', drive: 'down' },
  0x20: { tell: 'warn' },
  0x21: { tell: 'warn' },
  0x22: { tell: 'warn' },
  0x23: { tell: 'warn' },
  0x24: { tell: 'operator' },
  0x25: { tell: 'operator' },
  // It still works: to replace it is a decision of a person.
  0x26: { tell: 'operator' },
  0x27: { tell: 'operator' },
  // The loader.
  0x28: { tell: 'operator' },
  0x29: { tell: 'operator' },
  0x2a: { tell: 'warn' },
  0x2b: { tell: 'operator' },
  0x2c: { tell: 'operator' },
  0x2d: { tell: 'operator' },
  0x2e: { tell: 'operator' },
  // Encryption.
  0x2f: { tell: 'warn' },
  0x30: { tell: 'warn' },
  // The medium again, as found at load and unload.
  0x31: { tell: 'log' },
  0x32: { tell: 'log' },
  0x33: { tell: 'warn' },
  0x34: { tell: 'warn', volume: 'damaged' },
  0x35: { tell: 'warn', volume: 'suspect' },
  0x36: { tell: 'warn', volume: 'suspect' },
  // The failed load counts against both by itself.
  0x37: { tell: 'warn' },
  0x38: { tell: 'operator', drive: 'down' },
  0x39: { tell: 'warn' },
  0x3a: { tell: 'warn' },
  0x3b: { tell: 'operator', volume: 'suspect' },
  0x3c: { tell: 'warn' },
  0x3d: { tell: 'warn' },
  // The standard gives these no meaning.
  0x3e: { tell: 'log' },
  0x3f: { tell: 'log' },
  0x40: { tell: 'log' },
};

/** `flag`: 1..64. */
export function tapeAlertAction(flag: number): TapeAlertAction {
  return { drive: null, volume: null, ...(ACTIONS[flag] ?? { tell: 'log' }) };
}
