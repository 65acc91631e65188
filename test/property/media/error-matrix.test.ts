import { expect } from 'chai';
import fc from 'fast-check';
import type { HealthRecord } from '../../../src/inventory/records.js';
import { errorMatrix, judge, type MatrixCell } from '../../../src/media/error-matrix.js';
import { HEALTH_LIMITS } from '../../../src/media/health-limits.js';
import { barcodeOf } from '../../support/records.js';

const NOW = 1_700_000_000_000;
const { cartridgesPerDrive, drivesPerCartridge, windowMs } = HEALTH_LIMITS;

const driveOf = (n: number): string => `tape${String(n)}`;

function record(changes: Partial<HealthRecord>): HealthRecord {
  return {
    timeMs: NOW,
    drive: null,
    driveSerial: 'SN',
    barcode: null,
    kind: 'write-error',
    code: 'MEDIUM_WRITE_ERROR',
    message: 'it failed',
    figures: {},
    ...changes,
  };
}

/** Errors of so many drives with so many cartridges, in any order, with what else is in a history. */
const histories = fc.array(
  fc.record({
    drive: fc.integer({ min: 0, max: 5 }).map(driveOf),
    barcode: fc.integer({ min: 1, max: 8 }).map(barcodeOf),
    kind: fc.constantFrom<HealthRecord['kind'][]>(
      'load-error',
      'read-error',
      'write-error',
      'write-error',
      'mount',
      'unmount',
      'move-error',
      'tape-alert',
    ),
    timeMs: fc.integer({ min: NOW - 2 * windowMs, max: NOW }),
  }),
  { maxLength: 60 },
);

const matrixOf = (records: readonly HealthRecord[]): readonly MatrixCell[] =>
  errorMatrix(records, () => null, NOW, HEALTH_LIMITS);

describe('the error matrix', () => {
  it('counts each error of the window once, in its place', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const records = history.map((one) => record(one));
        const counted = records.filter(
          ({ kind, timeMs }) => ['load-error', 'read-error', 'write-error'].includes(kind) && timeMs > NOW - windowMs,
        );
        const cells = matrixOf(records);
        expect(cells.reduce((sum, { errors }) => sum + errors, 0)).to.equal(counted.length);
        for (const { drive, barcode, errors, lastMs } of cells) {
          const own = counted.filter((one) => one.drive === drive && one.barcode === barcode);
          expect([errors, lastMs]).to.deep.equal([own.length, Math.max(...own.map(({ timeMs }) => timeMs))]);
        }
      }),
    );
  });

  it('says the same in whatever order the history is read', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const records = history.map((one, i) => record({ ...one, timeMs: NOW - i }));
        expect(matrixOf(records.toReversed())).to.deep.equal(matrixOf(records));
      }),
    );
  });

  it('forgets what was before a drive was cleaned or looked at, and before a cartridge was vouched for', () => {
    fc.assert(
      fc.property(
        histories,
        fc.constantFrom('cleaning', 'cleared'),
        fc.integer({ min: 0, max: windowMs }),
        fc.integer({ min: 0, max: 5 }),
        (history, kind, age, n) => {
          const records = history.map((one) => record(one));
          const since = NOW - age;
          // The cleaning cartridge, or that in the drive, is only a detail.
          const drive = record({ kind, drive: driveOf(n), barcode: barcodeOf(1), timeMs: since });
          const after = matrixOf([...records, drive]);
          expect(after.filter((cell) => cell.drive === driveOf(n) && cell.lastMs <= since)).to.deep.equal([]);
          expect(after.filter((cell) => cell.drive !== driveOf(n))).to.deep.equal(
            matrixOf(records).filter((cell) => cell.drive !== driveOf(n)),
          );
          const cartridge = record({ kind: 'cleared', barcode: barcodeOf(n + 1), timeMs: since });
          const vouched = matrixOf([...records, cartridge]);
          expect(
            vouched.filter(({ barcode, lastMs }) => barcode === barcodeOf(n + 1) && lastMs <= since),
          ).to.deep.equal([]);
        },
      ),
    );
  });

  it('does not hold against a drive what another one did in its place', () => {
    const old = record({ drive: 'tape0', barcode: barcodeOf(1), driveSerial: 'OLD' });
    const records = [old, record({ drive: 'tape0', barcode: barcodeOf(2), driveSerial: 'NEW' })];
    const cells = errorMatrix(records, () => 'NEW', NOW, HEALTH_LIMITS);
    expect(cells.map(({ barcode }) => barcode)).to.deep.equal([barcodeOf(2)]);
  });
});

/** Cells of a matrix, each with some errors. */
function cells(pairs: readonly (readonly [drive: number, cartridge: number])[]): readonly MatrixCell[] {
  const unique = new Map(
    pairs.map(([drive, cartridge]) => [`${String(drive)} ${String(cartridge)}`, { drive, cartridge }]),
  );
  return [...unique.values()].map(({ drive, cartridge }) => ({
    drive: driveOf(drive),
    barcode: barcodeOf(cartridge),
    errors: 1,
    lastMs: NOW,
    message: 'it failed',
  }));
}

const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 8 })), { maxLength: 40 });

describe('the judgement over the error matrix', () => {
  it('leaves nobody unexplained who has failed with enough different partners', () => {
    fc.assert(
      fc.property(pairs, (given) => {
        const matrix = cells(given);
        const { drives, cartridges } = judge(matrix, HEALTH_LIMITS);
        const badDrives = new Set(drives.map(({ drive }) => drive));
        const badCartridges = new Set(cartridges.map(({ barcode }) => barcode));
        const left = matrix.filter(({ drive, barcode }) => !badDrives.has(drive) && !badCartridges.has(barcode));
        for (const { drive, barcode } of left) {
          expect(left.filter((one) => one.drive === drive).length).to.be.below(cartridgesPerDrive);
          expect(left.filter((one) => one.barcode === barcode).length).to.be.below(drivesPerCartridge);
        }
      }),
    );
  });

  it('names only who failed with enough different partners, and each partner that counted', () => {
    fc.assert(
      fc.property(pairs, (given) => {
        const matrix = cells(given);
        const { drives, cartridges } = judge(matrix, HEALTH_LIMITS);
        for (const { drive, barcodes } of drives) {
          expect(new Set(barcodes).size).to.be.at.least(cartridgesPerDrive);
          for (const barcode of barcodes)
            expect(matrix.some((one) => one.drive === drive && one.barcode === barcode)).to.equal(true);
        }
        for (const { barcode, drives: names } of cartridges) {
          expect(new Set(names).size).to.be.at.least(drivesPerCartridge);
          for (const name of names)
            expect(matrix.some((one) => one.drive === name && one.barcode === barcode)).to.equal(true);
        }
      }),
    );
  });

  it('blames no cartridge for a bad drive, however many fail in it', () => {
    for (let cartridges = 1; cartridges <= 8; cartridges++) {
      const matrix = cells(Array.from({ length: cartridges }, (_, n) => [0, n + 1] as const));
      const verdict = judge(matrix, HEALTH_LIMITS);
      expect(verdict.cartridges).to.deep.equal([]);
      expect(verdict.drives.length).to.equal(cartridges >= cartridgesPerDrive ? 1 : 0);
    }
  });

  it('blames no drive for a bad cartridge, in however many it fails', () => {
    for (let drives = 1; drives <= 6; drives++) {
      const verdict = judge(cells(Array.from({ length: drives }, (_, n) => [n, 1] as const)), HEALTH_LIMITS);
      expect(verdict.drives).to.deep.equal([]);
      expect(verdict.cartridges.length).to.equal(drives >= drivesPerCartridge ? 1 : 0);
    }
  });

  it('tells a bad drive from a bad cartridge that was in it, too', () => {
    // Drive 0 fails with all; cartridge 9 fails everywhere.
    const matrix = cells([
      [0, 1],
      [0, 2],
      [0, 3],
      [0, 4],
      [0, 9],
      [1, 9],
      [2, 9],
      [3, 9],
    ]);
    const { drives, cartridges } = judge(matrix, HEALTH_LIMITS);
    expect(drives.map(({ drive }) => drive)).to.deep.equal(['tape0']);
    expect(cartridges.map(({ barcode, drives: names }) => [barcode, names])).to.deep.equal([
      [barcodeOf(9), ['tape1', 'tape2', 'tape3']],
    ]);
  });

  it('leaves a pair that failed together only to itself', () => {
    const verdict = judge(
      cells([
        [0, 1],
        [1, 2],
        [2, 3],
      ]),
      HEALTH_LIMITS,
    );
    expect(verdict).to.deep.equal({ drives: [], cartridges: [] });
  });
});
