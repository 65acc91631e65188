import { expect } from 'chai';
import { LIBRARY_NAMES } from '../../sim/library/library-personality.js';
import { codeOf } from '../support/rejection-code.js';
import { barcodeOf } from '../support/records.js';
import { SimLibraryFixture } from '../support/sim-library-fixture.js';
import { describeChangerContract, ONE_DRIVE } from './changer.contract.js';

const A = barcodeOf(1);
const B = barcodeOf(2);
const signal = new AbortController().signal;

function stocked(personality: string): SimLibraryFixture {
  const fixture = new SimLibraryFixture({ personality, powerOn: true });
  fixture.bench.stock(A, 3);
  fixture.bench.stock(B, 8);
  return fixture;
}

// Without tags no cartridge can be asked for by its barcode: what such a library can do is tested below.
for (const personality of LIBRARY_NAMES.filter((name) => name !== 'no-voltags')) {
  const isAutoloader = personality === 'autoloader';
  describeChangerContract(
    // The one that is nothing special stands for the simulator in the table of docs/TESTING.md.
    personality === 'library' ? 'simulator' : `scsi-changer on the simulated library ${personality}`,
    () => {
      const fixture = stocked(personality);
      return { changer: fixture.changer, cartridges: [A, B], drives: isAutoloader ? ['tape0'] : ['tape0', 'tape1'] };
    },
    isAutoloader ? ONE_DRIVE : {},
  );
}

describe('A ScsiChanger on the simulated library', () => {
  it('no-voltags sees full slots without names, and moves them by their numbers', async () => {
    const { changer, bench } = stocked('no-voltags');
    await changer.open();
    const told = (await changer.cartridges()).map(({ barcode, tag, location }) => [barcode, tag, location]);
    expect(told).to.deep.equal([
      [null, '', { kind: 'slot', changer: 'library', slot: 3 }],
      [null, '', { kind: 'slot', changer: 'library', slot: 8 }],
    ]);
    expect(await codeOf(changer.load(A, 'tape0', signal))).to.equal('CHANGER_NO_CARTRIDGE');
    await changer.transfer({ kind: 'slot', number: 3 }, { kind: 'drive', number: 0 }, signal);
    expect(bench.places).to.deep.equal([`${A}@${String(bench.drive(0))}`, `${B}@${String(bench.slot(8))}`]);
  });

  for (const personality of ['library', 'needs-unload', 'autoloader'])
    it(`${personality} does not take a cartridge from a drive that has not ejected it`, async () => {
      const { changer, bench } = stocked(personality);
      await changer.open();
      await changer.load(A, 'tape0', signal);
      const fd = bench.openDrive(0);
      expect(bench.awaitDrive(fd)).to.equal(null);
      expect(await codeOf(changer.unload('tape0', signal))).to.equal('CHANGER_CARTRIDGE_LOADED');
      bench.unloadDrive(fd);
      expect(await changer.unload('tape0', signal)).to.deep.equal({ kind: 'slot', changer: 'library', slot: 3 });
    });

  it('no-source puts a cartridge back into the first empty slot', async () => {
    const { changer } = stocked('no-source');
    await changer.open();
    await changer.load(A, 'tape0', signal);
    expect(await changer.unload('tape0', signal)).to.deep.equal({ kind: 'slot', changer: 'library', slot: 1 });
  });

  it('crossed-drives finds each drive by its serial number', async () => {
    const { changer, bench } = stocked('crossed-drives');
    await changer.open();
    await changer.load(A, 'tape0', signal);
    expect(bench.awaitDrive(bench.openDrive(0)), '/dev/nst0 is tape0').to.equal(null);
    const drives = (await changer.elements()).filter(({ kind }) => kind === 'drive');
    expect(drives.map(({ drive, driveSerial }) => [drive, driveSerial])).to.deep.equal([
      ['tape1', 'SIM0000001'],
      ['tape0', 'SIM0000000'],
    ]);
  });

  it('slow-ready is waited for', async () => {
    const { changer, clock } = stocked('slow-ready');
    await changer.open();
    expect(clock.seconds()).to.be.greaterThan(240);
  });

  it('vendor-sense-83 says in words why it read no label', async () => {
    const { changer, bench } = stocked('vendor-sense-83');
    bench.hideLabel(A);
    await changer.open();
    const slot = (await changer.elements()).find(({ kind, number }) => kind === 'slot' && number === 3);
    expect(slot).to.include({ isFull: true, barcode: null });
    expect(slot?.exception).to.match(/barcode unreadable/);
  });

  it('has its door opened, is jammed, loses a cartridge on the way: each is told as what it is', async () => {
    const { changer, bench } = stocked('library');
    await changer.open();
    bench.front.open();
    expect(await codeOf(changer.load(A, 'tape0', signal))).to.equal('CHANGER_DOOR_OPEN');
    bench.front.close();
    bench.front.jam();
    expect(await codeOf(changer.load(A, 'tape0', signal))).to.equal('CHANGER_HARDWARE');
    bench.front.unjam();
    bench.library.changePanel(() => ({ nextMove: 'fails-after-pick' }));
    expect(await codeOf(changer.load(A, 'tape0', signal))).to.equal('CHANGER_HARDWARE');
    const [stray] = (await changer.cartridges()).filter(({ barcode }) => barcode === A);
    expect(stray?.location.kind).to.equal('transport');
    await changer.load(A, 'tape0', signal);
    expect(bench.places).to.include(`${A}@${String(bench.drive(0))}`);
  });

  it('sees two cartridges of one barcode as two, and moves neither', async () => {
    const { changer, bench } = stocked('library');
    bench.pasteLabel(B, A);
    await changer.open();
    expect((await changer.cartridges()).map(({ barcode }) => barcode)).to.deep.equal([A, A]);
    expect(await codeOf(changer.load(A, 'tape0', signal))).to.equal('CHANGER_DUPLICATE_BARCODE');
  });

  it('meets a cartridge that is stuck in its drive', async () => {
    const { changer, bench } = stocked('library');
    await changer.open();
    await changer.load(A, 'tape1', signal);
    bench.stick(1);
    expect(await codeOf(changer.unload('tape1', signal))).to.equal('CHANGER_CARTRIDGE_LOADED');
    const drive = (await changer.elements()).find((element) => element.drive === 'tape1');
    expect(drive).to.include({ isAccessible: false });
    expect(drive?.exception).to.match(/eject failed/);
  });

  it('is locked and unlocked', async () => {
    const { changer, bench } = stocked('library');
    await changer.open();
    await changer.lock(true);
    expect(bench.library.view().isPrevented).to.equal(true);
    await changer.lock(false);
    expect(bench.library.view().isPrevented).to.equal(false);
  });
});
