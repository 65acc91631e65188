import { expect } from 'chai';
import { DiskChanger } from '../../../src/changer/disk-changer.js';
import { ManualChanger } from '../../../src/changer/manual-changer.js';
import { barcodeOf } from '../../support/records.js';
import { memoryShelf, quickHand } from '../../support/stand-alone-changers.js';
import { codeOf } from '../../support/rejection-code.js';

const A = barcodeOf(1);
const B = barcodeOf(2);
const signal = new AbortController().signal;

describe('disk changer', () => {
  it('refuses a volume whose file is not there', async () => {
    const changer = new DiskChanger(memoryShelf('d0', [A]), '/disks');
    expect(await codeOf(changer.load(B, 'd0'))).to.equal('CHANGER_NO_CARTRIDGE');
  });

  it('makes the file of a volume that is to be labelled, once', async () => {
    const changer = new DiskChanger(memoryShelf('d0', [A]), '/disks');
    await changer.provide(B, 'd0');
    await changer.provide(B, 'd0');
    expect((await changer.cartridges()).map((one) => one.barcode)).to.deep.equal([A, B]);
  });
});

describe('manual changer', () => {
  it('does not ask for a cartridge that is in another drive', async () => {
    const changer = new ManualChanger(quickHand([A]), ['d0', 'd1']);
    await changer.load(A, 'd0', signal);
    expect(await codeOf(changer.load(A, 'd1', signal))).to.equal('CHANGER_OCCUPIED');
  });
});
