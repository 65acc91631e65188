import { expect } from 'chai';
import { ManualChanger } from '../../../src/changer/manual-changer.js';
import type { DriveThread } from '../../../src/drive/drive-thread.js';
import { CartridgeLoading } from '../../../src/media/cartridge-loading.js';
import { CartridgeRegister } from '../../../src/media/cartridge-register.js';
import { DriveBay } from '../../../src/media/drive-bay.js';
import { DriveLeases } from '../../../src/media/drive-leases.js';
import type { Barcode } from '../../../src/terms/barcode.js';
import { makeMediaEnvironment } from '../../support/media-environment.js';
import { barcodeOf } from '../../support/records.js';

const A = barcodeOf(1);
const B = barcodeOf(2);
const signal = new AbortController().signal;

/** A drive that takes whatever is put into it. */
const thread = {
  readStatus: async () => ({ medium: 'ready' }),
  load: async () => undefined,
  unload: async () => undefined,
} as unknown as DriveThread;

describe('cartridge loading', () => {
  it('leaves in the history of a cartridge every move, with who and why', async () => {
    const { environment, inventory } = await makeMediaEnvironment();
    const places = new Map<Barcode, string | null>([
      [A, null],
      [B, null],
    ]);
    const changer = new ManualChanger(
      {
        cartridges: async () => [...places].map(([barcode, drive]) => ({ barcode, drive })),
        insert: async (barcode, drive) => {
          places.set(barcode, drive);
        },
        remove: async (drive) => {
          for (const [barcode, at] of places) if (at === drive) places.set(barcode, null);
        },
      },
      ['d0'],
    );
    const bay = new DriveBay({ number: 0, name: 'd0', kind: 'tape', device: '/dev/nst0', thread, changer });
    const register = new CartridgeRegister(environment, new DriveLeases([bay]));
    const loading = new CartridgeLoading(environment, register);
    await register.refresh();
    await loading.load(bay, A, { who: 'olga', reason: 'loaded by an operator' }, signal);
    await loading.load(bay, B, { who: 'petra', reason: 'loaded to be labelled' }, signal);
    const told = (await inventory.moves(A, 10)).map(({ who, reason, from, to }) => [who, reason, from?.kind, to.kind]);
    expect(told).to.deep.equal([
      ['petra', `unloaded to make room for ${B}`, 'drive', 'shelf'],
      ['olga', 'loaded by an operator', 'shelf', 'drive'],
      ['tapeloomd', 'found by the changer', undefined, 'shelf'],
    ]);
    expect((await inventory.moves(B, 10)).map(({ who }) => who)).to.deep.equal(['petra', 'tapeloomd']);
  });
});
