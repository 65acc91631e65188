import { expect } from 'chai';
import { DiskChanger, type DiskShelf } from '../../../src/changer/disk-changer.js';
import { ManualChanger, type OperatorHand } from '../../../src/changer/manual-changer.js';
import type { Changer } from '../../../src/changer/changer.js';
import type { Barcode } from '../../../src/terms/barcode.js';
import type { ErrorCode } from '../../../src/base/error-codes.js';
import { isStorageError } from '../../../src/base/storage-error.js';
import { barcodeOf } from '../../support/records.js';

const A = barcodeOf(1);
const B = barcodeOf(2);
const signal = new AbortController().signal;

function shelf(drive: string, initial: readonly Barcode[]): DiskShelf {
  const volumes = [...initial];
  let inserted: Barcode | null = null;
  return {
    drive,
    listVolumes: () => volumes,
    create: (barcode) => volumes.push(barcode),
    inserted: () => inserted,
    insert: (barcode) => {
      inserted = barcode;
    },
    remove: () => {
      inserted = null;
    },
  };
}

function hand(barcodes: readonly Barcode[]): OperatorHand {
  const places = new Map<Barcode, string | null>(barcodes.map((barcode) => [barcode, null]));
  return {
    cartridges: async () => [...places].map(([barcode, drive]) => ({ barcode, drive })),
    insert: async (barcode, drive) => {
      places.set(barcode, drive);
    },
    remove: async (drive) => {
      for (const [barcode, at] of places) if (at === drive) places.set(barcode, null);
    },
  };
}

async function codeOf(action: Promise<unknown>): Promise<ErrorCode | 'none'> {
  return action.then(
    () => 'none' as const,
    (error: unknown) => {
      if (!isStorageError(error)) throw error;
      return error.code;
    },
  );
}

const makers: readonly (readonly [string, () => Changer])[] = [
  ['disk changer', () => new DiskChanger(shelf('d0', [A, B]), '/disks')],
  ['manual changer', () => new ManualChanger(hand([A, B]), ['d0'])],
];

for (const [name, make] of makers) {
  describe(name, () => {
    const placeOf = async (changer: Changer, barcode: Barcode): Promise<string | null> => {
      const places = (await changer.cartridges()).filter((one) => one.barcode === barcode);
      expect(places, 'a cartridge is in one place').to.have.length(1);
      const location = places[0]?.location;
      return location?.kind === 'drive' ? location.drive : null;
    };

    it('has every cartridge in exactly one place before and after each move', async () => {
      const changer = make();
      expect(await placeOf(changer, A)).to.equal(null);
      await changer.load(A, 'd0', signal);
      expect(await placeOf(changer, A)).to.equal('d0');
      expect(await placeOf(changer, B)).to.equal(null);
      await changer.unload('d0', signal);
      expect(await placeOf(changer, A)).to.equal(null);
    });

    it('says which drives a cartridge can be brought to', async () => {
      const reachable = await make().cartridges();
      expect(reachable.map((one) => one.reachableBy)).to.deep.equal([['d0'], ['d0']]);
    });

    it('does nothing when the cartridge is in the drive already', async () => {
      const changer = make();
      await changer.load(A, 'd0', signal);
      await changer.load(A, 'd0', signal);
      expect(await placeOf(changer, A)).to.equal('d0');
    });

    it('refuses to load over another cartridge and leaves both where they are', async () => {
      const changer = make();
      await changer.load(A, 'd0', signal);
      expect(await codeOf(changer.load(B, 'd0', signal))).to.equal('CHANGER_OCCUPIED');
      expect([await placeOf(changer, A), await placeOf(changer, B)]).to.deep.equal(['d0', null]);
    });

    it('names a cartridge nobody has', async () => {
      expect(await codeOf(make().eject(barcodeOf(9), signal))).to.equal('CHANGER_NO_CARTRIDGE');
    });

    it('unloads an empty drive without complaint', async () => {
      expect(await codeOf(make().unload('d0', signal))).to.equal('none');
    });
  });
}

describe('disk changer', () => {
  it('refuses a volume whose file is not there', async () => {
    const changer = new DiskChanger(shelf('d0', [A]), '/disks');
    expect(await codeOf(changer.load(B, 'd0'))).to.equal('CHANGER_NO_CARTRIDGE');
  });

  it('makes the file of a volume that is to be labelled, once', async () => {
    const changer = new DiskChanger(shelf('d0', [A]), '/disks');
    await changer.provide(B, 'd0');
    await changer.provide(B, 'd0');
    expect((await changer.cartridges()).map((one) => one.barcode)).to.deep.equal([A, B]);
  });
});

describe('manual changer', () => {
  it('does not ask for a cartridge that is in another drive', async () => {
    const changer = new ManualChanger(hand([A]), ['d0', 'd1']);
    await changer.load(A, 'd0', signal);
    expect(await codeOf(changer.load(A, 'd1', signal))).to.equal('CHANGER_OCCUPIED');
  });
});
