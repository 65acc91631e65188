import { expect } from 'chai';
import type { Changer, ChangerElement } from '../../src/changer/changer.js';
import type { Barcode } from '../../src/terms/barcode.js';
import type { CartridgeLocation } from '../../src/terms/media-state.js';
import { Clauses } from '../support/clauses.js';
import { codeOf } from '../support/rejection-code.js';
import { barcodeOf } from '../support/records.js';

/** A changer with at least these cartridges in no drive, and at least these drives, empty. Not open yet. */
export interface ChangerFixture {
  readonly changer: Changer;
  /** Two or more. */
  readonly cartridges: readonly [Barcode, Barcode, ...Barcode[]];
  /** One or more. */
  readonly drives: readonly [string, ...string[]];
  /** After the changer was closed. */
  dispose?(): void;
}

/** For `untestable` of a changer with one drive. */
export const ONE_DRIVE: Readonly<Record<string, string>> = {
  'does not take a cartridge out of another drive': 'it has one drive',
};

const signal = new AbortController().signal;

async function locationOf(changer: Changer, barcode: Barcode): Promise<CartridgeLocation> {
  const places = (await changer.cartridges()).filter((one) => one.barcode === barcode);
  expect(places, `${barcode} is in one place`).to.have.length(1);
  return places[0]?.location ?? { kind: 'missing' };
}

async function driveOf(changer: Changer, barcode: Barcode): Promise<string | null> {
  const location = await locationOf(changer, barcode);
  return location.kind === 'drive' ? location.drive : null;
}

/**
 * The executable form of the contract in src/changer/changer.ts, on one target. `untestable`: the clauses that it cannot show, with
 * the reason.
 */
export function describeChangerContract(
  target: string,
  make: () => ChangerFixture | Promise<ChangerFixture>,
  untestable: Readonly<Record<string, string>> = {},
): void {
  const contract = new Clauses('Changer', target, untestable);
  contract.suite(() => {
    let fixture: ChangerFixture;
    let changer: Changer;
    let a: Barcode;
    let b: Barcode;
    let drive: string;

    beforeEach(async () => {
      fixture = await make();
      changer = fixture.changer;
      [a, b] = fixture.cartridges;
      [drive] = fixture.drives;
      await changer.open();
    });

    afterEach(async () => {
      await changer.close();
      fixture.dispose?.();
    });

    contract.clause('opens and closes more than once', async () => {
      await changer.open();
      await changer.close();
      await changer.close();
      await changer.open();
      expect(await driveOf(changer, a)).to.equal(null);
    });

    contract.clause('names the drives it serves', () => {
      expect(changer.drives).to.include.members([...fixture.drives]);
    });

    contract.clause('has every cartridge in exactly one place before and after each move', async () => {
      for (const barcode of fixture.cartridges) expect(await driveOf(changer, barcode)).to.equal(null);
      await changer.load(a, drive, signal);
      expect(await driveOf(changer, a)).to.equal(drive);
      expect(await driveOf(changer, b)).to.equal(null);
      await changer.unload(drive, signal);
      for (const barcode of fixture.cartridges) expect(await driveOf(changer, barcode)).to.equal(null);
    });

    contract.clause('says which drives a cartridge can be brought to', async () => {
      for (const { reachableBy } of await changer.cartridges())
        expect(reachableBy).to.include.members([...fixture.drives]);
    });

    contract.clause('tells the same in its elements as in its cartridges', async () => {
      await changer.load(a, drive, signal);
      const elements = await changer.elements();
      const inDrive = elements.find((element) => element.kind === 'drive' && element.drive === drive);
      expect(inDrive?.isFull).to.equal(true);
      expect(inDrive?.barcode).to.equal(a);
      const order: readonly ChangerElement['kind'][] = ['transport', 'drive', 'slot', 'import-export'];
      const ranks = elements.map(({ kind }) => order.indexOf(kind));
      expect(ranks).to.deep.equal([...ranks].sort((x, y) => x - y));
    });

    contract.clause('does nothing when the cartridge is in the drive already', async () => {
      await changer.load(a, drive, signal);
      await changer.load(a, drive, signal);
      expect(await driveOf(changer, a)).to.equal(drive);
    });

    contract.clause('refuses to load over another cartridge and leaves both where they are', async () => {
      await changer.load(a, drive, signal);
      const before = await locationOf(changer, b);
      expect(await codeOf(changer.load(b, drive, signal))).to.equal('CHANGER_OCCUPIED');
      expect(await driveOf(changer, a)).to.equal(drive);
      expect(await locationOf(changer, b)).to.deep.equal(before);
    });

    contract.clause('does not take a cartridge out of another drive', async () => {
      const other = fixture.drives[1] ?? '';
      await changer.load(a, drive, signal);
      expect(await codeOf(changer.load(a, other, signal))).to.equal('CHANGER_OCCUPIED');
      expect(await driveOf(changer, a)).to.equal(drive);
    });

    contract.clause('names a cartridge nobody has', async () => {
      expect(await codeOf(changer.eject(barcodeOf(999), signal))).to.equal('CHANGER_NO_CARTRIDGE');
    });

    contract.clause('unloads an empty drive without complaint, and says that it held none', async () => {
      expect(await changer.unload(drive, signal)).to.equal(null);
    });

    contract.clause('says where an unloaded cartridge is now, which is where it is', async () => {
      await changer.load(a, drive, signal);
      const told = await changer.unload(drive, signal);
      expect(told).to.deep.equal(await locationOf(changer, a));
    });

    contract.clause('says where an ejected cartridge is now, and it can be loaded again', async () => {
      const told = await changer.eject(a, signal);
      expect(told.kind).to.not.equal('drive');
      await changer.load(a, drive, signal);
      expect(await driveOf(changer, a)).to.equal(drive);
    });

    contract.clause('moves between slots, or says that it has none', async () => {
      const result = await codeOf(
        changer.transfer({ kind: 'slot', number: 9999 }, { kind: 'slot', number: 9998 }, signal),
      );
      expect(result).to.equal('CHANGER_ELEMENT_UNKNOWN');
    });

    contract.clause('can be locked and unlocked, and looked at again, with nothing moved', async () => {
      await changer.lock(true);
      await changer.lock(false);
      await changer.rescan(signal);
      for (const barcode of fixture.cartridges) expect(await driveOf(changer, barcode)).to.equal(null);
    });

    contract.clause('carries out calls that overlap one after another', async () => {
      const loaded = changer.load(a, drive, signal);
      const refused = codeOf(changer.load(b, drive, signal));
      await loaded;
      expect(await refused).to.equal('CHANGER_OCCUPIED');
      expect(await driveOf(changer, a)).to.equal(drive);
    });
  });
}
