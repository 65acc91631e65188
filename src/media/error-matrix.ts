import type { Barcode } from '../terms/barcode.js';
import type { HealthRecord } from '../inventory/records.js';
import type { HealthLimits } from './health-limits.js';

/** What a drive and a cartridge have failed in together, as far as it still counts. */
export interface MatrixCell {
  readonly drive: string;
  readonly barcode: Barcode;
  readonly errors: number;
  readonly lastMs: number;
  /** Of the last one. */
  readonly message: string;
}

export interface Judgement {
  /** Drives that are at fault, with the cartridges that failed in each. */
  readonly drives: readonly { readonly drive: string; readonly barcodes: readonly Barcode[] }[];
  /** Cartridges that are at fault, with the drives in which each failed. */
  readonly cartridges: readonly { readonly barcode: Barcode; readonly drives: readonly string[] }[];
}

const ERRORS: ReadonlySet<HealthRecord['kind']> = new Set(['load-error', 'read-error', 'write-error']);
/** What makes a new beginning: a drive that was cleaned, a drive or a cartridge that a person vouches for. */
const BEGINNINGS: ReadonlySet<HealthRecord['kind']> = new Set(['cleaning', 'cleared']);

/**
 * The errors of drives with cartridges that still count: not those too long ago, nor those before either of the two made a
 * new beginning, nor those of another drive that was in the same place (`serialOf`). By drive and barcode.
 */
export function errorMatrix(
  records: readonly HealthRecord[],
  serialOf: (drive: string) => string | null,
  nowMs: number,
  { windowMs }: Pick<HealthLimits, 'windowMs'>,
): readonly MatrixCell[] {
  const since = latestBeginnings(records);
  const cells = new Map<string, MatrixCell>();
  for (const { drive, driveSerial, barcode, kind, timeMs, message } of records) {
    if (!ERRORS.has(kind) || drive === null || barcode === null) continue;
    const isOld = timeMs <= nowMs - windowMs || timeMs <= Math.max(since.drive(drive), since.cartridge(barcode));
    if (isOld || (serialOf(drive) ?? driveSerial) !== driveSerial) continue;
    const key = `${drive}\n${barcode}`;
    const cell = cells.get(key) ?? { drive, barcode, errors: 0, lastMs: -Infinity, message };
    const isLast = timeMs >= cell.lastMs;
    cells.set(key, {
      ...cell,
      errors: cell.errors + 1,
      lastMs: Math.max(timeMs, cell.lastMs),
      message: isLast ? message : cell.message,
    });
  }
  return [...cells.values()].sort((a, b) => compare(a.drive, b.drive) || compare(a.barcode, b.barcode));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function latestBeginnings(records: readonly HealthRecord[]): {
  readonly drive: (name: string) => number;
  readonly cartridge: (barcode: Barcode) => number;
} {
  const drives = new Map<string, number>();
  const cartridges = new Map<Barcode, number>();
  for (const { kind, drive, barcode, timeMs } of records) {
    if (!BEGINNINGS.has(kind)) continue;
    // Of a drive whose name is there the cartridge in it is only a detail, and so is the cleaning cartridge.
    if (drive !== null) drives.set(drive, Math.max(timeMs, drives.get(drive) ?? -Infinity));
    else if (barcode !== null) cartridges.set(barcode, Math.max(timeMs, cartridges.get(barcode) ?? -Infinity));
  }
  return {
    drive: (name) => drives.get(name) ?? -Infinity,
    cartridge: (barcode) => cartridges.get(barcode) ?? -Infinity,
  };
}

/**
 * Which of the two is bad. Whoever failed with the most different partners explains all of those errors, and what is explained
 * counts against nobody else: a bad drive makes no cartridge bad, nor a bad cartridge a drive. What is left is judged in the same
 * way, as long as somebody has enough partners; a pair that failed together only is nobody's fault yet.
 */
export function judge(
  cells: readonly MatrixCell[],
  limits: Pick<HealthLimits, 'cartridgesPerDrive' | 'drivesPerCartridge'>,
): Judgement {
  const drives: { drive: string; barcodes: Barcode[] }[] = [];
  const cartridges: { barcode: Barcode; drives: string[] }[] = [];
  let left = [...cells];
  for (;;) {
    const byDrive = groupBy(left, ({ drive }) => drive, limits.cartridgesPerDrive);
    const byCartridge = groupBy(left, ({ barcode }) => barcode, limits.drivesPerCartridge);
    const drive = largest(byDrive);
    const cartridge = largest(byCartridge);
    if (drive === null && cartridge === null) return { drives, cartridges };
    // Of equals the cartridge: to write on another one costs less than to be without the drive.
    if (drive !== null && drive.cells.length > (cartridge?.cells.length ?? 0)) {
      drives.push({ drive: drive.key, barcodes: drive.cells.map(({ barcode }) => barcode) });
      left = left.filter((cell) => cell.drive !== drive.key);
    } else if (cartridge !== null) {
      cartridges.push({ barcode: cartridge.key, drives: cartridge.cells.map((cell) => cell.drive) });
      left = left.filter((cell) => cell.barcode !== cartridge.key);
    }
  }
}

interface Group<K> {
  readonly key: K;
  readonly cells: readonly MatrixCell[];
}

function groupBy<K>(cells: readonly MatrixCell[], keyOf: (cell: MatrixCell) => K, least: number): readonly Group<K>[] {
  const groups = new Map<K, MatrixCell[]>();
  for (const cell of cells) {
    const group = groups.get(keyOf(cell)) ?? [];
    group.push(cell);
    groups.set(keyOf(cell), group);
  }
  return [...groups].filter(([, group]) => group.length >= least).map(([key, group]) => ({ key, cells: group }));
}

function largest<K>(groups: readonly Group<K>[]): Group<K> | null {
  return groups.reduce<Group<K> | null>(
    (most, one) => (most === null || one.cells.length > most.cells.length ? one : most),
    null,
  );
}

/** Faults a drive reported of itself that still count: newest first. */
export function ownFaults(
  records: readonly HealthRecord[],
  drive: string,
  isOwnFault: (code: string) => boolean,
  nowMs: number,
  { faultWindowMs }: Pick<HealthLimits, 'faultWindowMs'>,
): readonly HealthRecord[] {
  const since = Math.max(latestBeginnings(records).drive(drive), nowMs - faultWindowMs);
  return records.filter((one) => one.drive === drive && isOwnFault(one.code) && one.timeMs > since);
}
