import { expect } from 'chai';
import type { ServedDrive } from '../../../src/changer/drive-matching.js';
import { examineChanger } from '../../../src/daemon/doctor-changers.js';
import { ERRNO } from '../../../src/device/errno.js';
import { DriveBay } from '../../../src/media/drive-bay.js';
import { FAKE_ADDRESSES } from '../../support/fake-changer.js';
import { MemoryDriveThread, MemoryMedium } from '../../support/memory-drive-thread.js';
import { barcodeOf } from '../../support/records.js';
import { makeScsiChanger, TWO_DRIVES, type ScsiChangerBench } from '../../support/scsi-changer-fixture.js';

const { storage, drive, importExport } = FAKE_ADDRESSES;

/** Bays of drives whose devices are closed: what is known of them is what was read last. */
function baysOf({ changer }: ScsiChangerBench, drives: readonly ServedDrive[]): readonly DriveBay[] {
  return drives.map(({ name, serial }, number) => {
    const thread = new MemoryDriveThread(new MemoryMedium(), []);
    const bay = new DriveBay({ number, name, kind: 'tape', device: `/dev/nst${String(number)}`, thread, changer });
    bay.record = { ...bay.record, serial: serial ?? '' };
    return bay;
  });
}

async function checksOf(
  bench: ScsiChangerBench,
  drives: readonly ServedDrive[] = TWO_DRIVES,
): Promise<ReadonlyMap<string, string>> {
  const checks = await examineChanger(bench.changer, baysOf(bench, drives));
  return new Map(checks.map(({ name, result, message }) => [name, `${result}: ${message}`]));
}

describe('doctor on a library', () => {
  it('that is well says what it is and which drive is which', async () => {
    const checks = await checksOf(makeScsiChanger());
    expect([...checks]).to.deep.equal([
      [
        'changer library',
        'ok: TEST CHANGER serial LIB0001 at /dev/sg9: 2 drives, 6 slots, 2 import/export slots, 3 cartridges',
      ],
      ['drive tape0 cabling', 'ok: /dev/nst0, serial SER0000000, is drive element 0 (address 256) of changer library'],
      ['drive tape1 cabling', 'ok: /dev/nst1, serial SER0000001, is drive element 1 (address 257) of changer library'],
    ]);
  });

  it('that cannot be asked says why, and nothing else', async () => {
    const bench = makeScsiChanger();
    bench.device.openErrno = ERRNO.EACCES;
    const checks = await checksOf(bench);
    expect([...checks.keys()]).to.deep.equal(['changer library']);
    expect(checks.get('changer library')).to.match(/^failed: .*EACCES.*group/);
  });

  it('finds a drive that is cabled elsewhere, with both serial numbers', async () => {
    const drives = [
      { name: 'tape0', serial: 'SER9999999', changerDrive: 0 },
      { name: 'tape1', serial: 'SER0000001', changerDrive: null },
    ];
    const checks = await checksOf(makeScsiChanger({ drives }), drives);
    expect(checks.get('drive tape0 cabling')).to.match(
      /^failed: \/dev\/nst0 has serial SER9999999, but drive element 0 .* holds the drive with serial SER0000000/,
    );
    expect(checks.get('drive tape1 cabling')).to.match(/^ok/);
  });

  it('finds a drive that is in none of its elements, with the serial numbers the changer tells', async () => {
    const drives = [{ name: 'tape0', serial: 'SER9999999', changerDrive: null }];
    const checks = await checksOf(makeScsiChanger({ drives }), drives);
    expect(checks.get('drive tape0 cabling')).to.match(/^failed: .*serial SER9999999, is none .*0: SER0000000, 1: SER/);
    expect(checks.get('changer library drive 0')).to.match(/^warning: no configured drive .*SER0000000.*drive scan/);
    expect(checks.get('changer library drive 1')).to.match(/^warning/);
  });

  it('warns of a drive whose place only the configuration tells', async () => {
    const drives = [{ name: 'tape0', serial: 'SER0000000', changerDrive: 1 }];
    const checks = await checksOf(makeScsiChanger({ drives, quirks: { withoutDeviceIds: true } }), drives);
    expect(checks.get('drive tape0 cabling')).to.match(/^warning: .*by the configuration.*changer: not told/);
  });

  it('believes the drive itself while it can be asked', async () => {
    const bench = makeScsiChanger();
    const [bay] = baysOf(bench, TWO_DRIVES);
    if (bay === undefined) return expect.fail('there is a bay');
    bay.isOpen = true;
    const cabling = (await examineChanger(bench.changer, [bay])).find(({ name }) => name === 'drive tape0 cabling');
    // The drive in memory says that its serial number is 0.
    expect(cabling?.result).to.equal('failed');
    expect(cabling?.message).to.match(/has serial 0, but/);
  });

  it('names both places of a barcode that is there twice', async () => {
    const bench = makeScsiChanger();
    bench.device.put(importExport, barcodeOf(2));
    const checks = await checksOf(bench);
    expect(checks.get('changer library barcode TPL002L9')).to.match(/^failed: .*slot 2 and in import\/export slot 7/);
  });

  it('warns of labels that cannot be read, of elements that are not well and of slots out of reach', async () => {
    const bench = makeScsiChanger({ slots: 14 });
    bench.device.put(storage + 4, null);
    bench.device.put(storage + 5, 'NOREAD');
    bench.device.at(storage + 6).exception = [0x83, 0x02];
    for (let n = 7; n < 14; n++) bench.device.at(storage + n).isAccessible = false;
    bench.device.put(drive, barcodeOf(9));
    bench.device.at(drive).isLoaded = true;
    const checks = await checksOf(bench);
    expect(checks.get('changer library labels')).to.match(/^warning: .*slot 5, slot 6 \("NOREAD"\)/);
    expect(checks.get('changer library elements')).to.equal('warning: slot 7: changer, vendor: slot missing (83h/02h)');
    expect(checks.get('changer library reach')).to.match(/slot 8, slot 9, slot 10, slot 11, slot 12 and 2 more/);
  });
});
