import { expect } from 'chai';
import fc from 'fast-check';
import type { CartridgeRecord } from '../../../src/inventory/records.js';
import { newCartridge } from '../../../src/media/cartridge-register.js';
import { reconcile, type AskedChanger, type Reconciliation } from '../../../src/media/reconciliation.js';
import type { Barcode } from '../../../src/terms/barcode.js';
import type { CartridgeLocation } from '../../../src/terms/media-state.js';
import { barcodeOf } from '../../support/records.js';

const KNOWN = { changers: ['lib', 'operator'], drives: ['d0', 'd1', 'hand0'] };

function slot(n: number, changer = 'lib'): CartridgeLocation {
  return { kind: 'slot', changer, slot: n };
}
function door(n: number): CartridgeLocation {
  return { kind: 'import-export', changer: 'lib', slot: n };
}
function drive(name: string): CartridgeLocation {
  return { kind: 'drive', drive: name };
}
const SHELF = { kind: 'shelf' } as const;
const VAULT = { kind: 'vault', vault: 'bank', dueMs: 5 } as const;
const MISSING: CartridgeLocation = { kind: 'missing' };

function booked(n: number, location: CartridgeLocation, changes: Partial<CartridgeRecord> = {}): CartridgeRecord {
  return { ...newCartridge(barcodeOf(n)), location, ...changes };
}

function library(...seen: readonly (readonly [number | null, CartridgeLocation])[]): AskedChanger {
  const cartridges = seen.map(([n, location]) => ({
    barcode: n === null ? null : barcodeOf(n),
    tag: n === null ? '?' : '',
    location,
    reachableBy: ['d0', 'd1'],
  }));
  return { name: 'lib', kind: 'scsi', drives: ['d0', 'd1'], cartridges };
}

function operator(...seen: readonly (readonly [number, CartridgeLocation])[]): AskedChanger {
  const cartridges = seen.map(([n, location]) => ({
    barcode: barcodeOf(n),
    tag: '',
    location,
    reachableBy: ['hand0'],
  }));
  return { name: 'operator', kind: 'manual', drives: ['hand0'], cartridges };
}

/** Where each cartridge of the books went. */
function movesOf({ moves }: Reconciliation): readonly unknown[] {
  return moves.map(({ barcode, to }) => [barcode, to]);
}

describe('an inventory run', () => {
  it('changes nothing when books and changer agree', () => {
    const report = reconcile(
      [booked(1, slot(1)), booked(2, drive('d0'))],
      [library([1, slot(1)], [2, drive('d0')])],
      KNOWN,
    );
    expect(report).to.deep.equal({ moves: [], duplicates: [], unread: [] });
  });

  it('follows a cartridge that somebody moved, and one that was missing', () => {
    const report = reconcile([booked(1, slot(1)), booked(2, MISSING)], [library([1, slot(7)], [2, slot(2)])], KNOWN);
    expect(movesOf(report)).to.deep.equal([
      [barcodeOf(1), slot(7)],
      [barcodeOf(2), slot(2)],
    ]);
  });

  it('takes a cartridge that was brought back from shelf or vault from there', () => {
    const report = reconcile([booked(1, VAULT), booked(2, SHELF)], [library([1, door(25)], [2, slot(2)])], KNOWN);
    expect(movesOf(report)).to.deep.equal([
      [barcodeOf(1), door(25)],
      [barcodeOf(2), slot(2)],
    ]);
  });

  it('enters what the books do not know', () => {
    const report = reconcile([], [library([3, slot(3)])], KNOWN);
    expect(report.moves).to.deep.equal([{ barcode: barcodeOf(3), record: null, to: slot(3) }]);
  });

  it('calls missing what was taken out of a slot, a drive or the hand of a library', () => {
    const books = [booked(1, slot(1)), booked(2, drive('d1')), booked(3, { kind: 'transport', changer: 'lib' })];
    expect(movesOf(reconcile(books, [library()], KNOWN)).map((move) => (move as unknown[])[1])).to.deep.equal([
      MISSING,
      MISSING,
      MISSING,
    ]);
  });

  it('knows that what was ejected and is gone is where the order to eject it said', () => {
    const books = [
      booked(1, door(25)),
      booked(3, slot(3), { destination: SHELF }),
      booked(2, door(26), { destination: VAULT }),
    ];
    expect(movesOf(reconcile(books, [library()], KNOWN))).to.deep.equal([
      [barcodeOf(1), SHELF],
      [barcodeOf(3), SHELF],
      [barcodeOf(2), VAULT],
    ]);
  });

  it('knows that what left a stand-alone drive is with a person, and leaves what is elsewhere there', () => {
    const books = [booked(1, drive('hand0')), booked(2, VAULT), booked(3, MISSING)];
    const seen = operator([1, SHELF], [2, SHELF], [3, SHELF]);
    expect(movesOf(reconcile(books, [seen], KNOWN))).to.deep.equal([[barcodeOf(1), SHELF]]);
  });

  it('leaves a cartridge where it was of which only the label cannot be read', () => {
    const report = reconcile([booked(1, slot(1))], [library([null, slot(1)], [null, slot(2)])], KNOWN);
    expect(report.moves).to.deep.equal([]);
    expect(report.unread.map(({ location }) => location)).to.deep.equal([slot(1), slot(2)]);
  });

  it('names barcodes that are in two places and leaves the books at one of them', () => {
    const twice = library([1, slot(4)], [1, slot(9)]);
    expect(reconcile([booked(1, slot(9))], [twice], KNOWN)).to.deep.include({ moves: [], duplicates: [barcodeOf(1)] });
    expect(movesOf(reconcile([booked(1, slot(1))], [twice], KNOWN))).to.deep.equal([[barcodeOf(1), slot(4)]]);
  });

  it('knows nothing of a changer that could not be asked, but that one which is no longer there has nothing', () => {
    const books = [booked(1, slot(1)), booked(2, drive('d0')), booked(3, slot(1, 'sold')), booked(4, drive('sold0'))];
    expect(movesOf(reconcile(books, [], KNOWN))).to.deep.equal([
      [barcodeOf(3), MISSING],
      [barcodeOf(4), SHELF],
    ]);
  });

  it('leaves the books so that the next one finds nothing to do (any books, any changer)', () => {
    const place = fc.oneof(
      fc.nat(9).map((n) => slot(n)),
      fc.nat(3).map((n) => door(n + 10)),
      fc.constantFrom(drive('d0'), drive('d1'), drive('sold0'), { kind: 'transport', changer: 'lib' } as const),
      fc.constantFrom(SHELF, VAULT, MISSING, slot(1, 'sold')),
    );
    const inLibrary = fc.oneof(
      fc.nat(9).map((n) => slot(n)),
      fc.nat(3).map((n) => door(n + 10)),
      fc.constantFrom(drive('d0'), drive('d1')),
    );
    const seen = fc.uniqueArray(fc.tuple(fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 12 })), inLibrary), {
      selector: ([, location]) => JSON.stringify(location),
    });
    fc.assert(
      fc.property(fc.array(place, { maxLength: 10 }), seen, (places, cartridges) => {
        const books = new Map<Barcode, CartridgeRecord>(places.map((at, i) => [barcodeOf(i + 1), booked(i + 1, at)]));
        const asked = library(...cartridges);
        for (const { barcode, record, to } of reconcile([...books.values()], [asked], KNOWN).moves)
          books.set(barcode, { ...(record ?? newCartridge(barcode)), location: to });
        expect(reconcile([...books.values()], [asked], KNOWN).moves).to.deep.equal([]);
        for (const [n, location] of cartridges) {
          if (n === null || cartridges.filter(([other]) => other === n).length > 1) continue;
          expect(books.get(barcodeOf(n))?.location).to.deep.equal(location);
        }
      }),
    );
  });
});
