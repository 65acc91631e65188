import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTapeDrive, listTapeDrives } from '../../../src/device/tape-discovery.js';

interface MadeUpDrive {
  readonly number: number;
  readonly scsiAddress: string;
  readonly sg?: number;
  readonly page80?: Uint8Array;
}

/** A VPD page 80h of a tape drive. */
function serialPage(serial: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(0x01, 0x80, 0, serial.length), Buffer.from(serial, 'latin1')]);
}

describe('the discovery of tape drives', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tapeloom-sysfs-'));
    mkdirSync(join(root, 'class/scsi_tape'), { recursive: true });
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  /** Lays out a drive as sysfs does: the class directory holds links into the device tree. Returns the device's directory. */
  function addDrive({ number, scsiAddress, sg, page80 }: MadeUpDrive): string {
    const device = join(root, 'devices/pci0000:00/host3', scsiAddress);
    mkdirSync(join(device, 'scsi_tape'), { recursive: true });
    writeFileSync(join(device, 'vendor'), 'IBM     \n');
    writeFileSync(join(device, 'model'), 'ULT3580-TD8     \n');
    writeFileSync(join(device, 'rev'), 'N9M1\n');
    if (page80 !== undefined) writeFileSync(join(device, 'vpd_pg80'), page80);
    if (sg !== undefined) mkdirSync(join(device, `scsi_generic/sg${String(sg)}`), { recursive: true });
    for (const mode of ['', 'l', 'm', 'a'])
      for (const prefix of ['st', 'nst']) {
        const name = `${prefix}${String(number)}${mode}`;
        mkdirSync(join(device, 'scsi_tape', name));
        symlinkSync('../..', join(device, 'scsi_tape', name, 'device'));
        symlinkSync(join(device, 'scsi_tape', name), join(root, 'class/scsi_tape', name));
      }
    return device;
  }

  it('tells node, sg node, address, vendor, model, revision and serial of a drive', () => {
    addDrive({ number: 0, scsiAddress: '3:0:1:0', sg: 4, page80: serialPage('  1013000123') });
    expect(listTapeDrives(root)).to.deep.equal([
      {
        name: 'nst0',
        devicePath: '/dev/nst0',
        genericPath: '/dev/sg4',
        scsiAddress: '3:0:1:0',
        vendor: 'IBM',
        product: 'ULT3580-TD8',
        revision: 'N9M1',
        serial: '1013000123',
      },
    ]);
  });

  it('lists each drive once, by number and not by text', () => {
    for (const number of [10, 2, 0]) addDrive({ number, scsiAddress: `3:0:${String(number)}:0` });
    expect(listTapeDrives(root).map(({ name }) => name)).to.deep.equal(['nst0', 'nst2', 'nst10']);
  });

  it('goes without what a drive does not tell: no sg module, no serial page', () => {
    addDrive({ number: 0, scsiAddress: '3:0:1:0' });
    expect(listTapeDrives(root)[0]).to.include({ genericPath: null, serial: null });
  });

  for (const [what, page80] of [
    ['is another page', Uint8Array.of(1, 0x83, 0, 2, 0x41, 0x42)],
    ['is shorter than it says', Uint8Array.of(1, 0x80, 0, 20, 0x41)],
    ['is empty', new Uint8Array(0)],
    ['holds only blanks', serialPage('          ')],
  ] as const)
    it(`tells no serial when the serial page ${what}`, () => {
      addDrive({ number: 0, scsiAddress: '3:0:1:0', page80 });
      expect(listTapeDrives(root)[0]?.serial).to.equal(null);
    });

  it('finds none when the st module is not loaded', () => {
    rmSync(join(root, 'class/scsi_tape'), { recursive: true });
    expect(listTapeDrives(root)).to.deep.equal([]);
  });

  it('leaves out a drive that is unplugged while it looks', () => {
    addDrive({ number: 0, scsiAddress: '3:0:1:0' });
    rmSync(join(addDrive({ number: 1, scsiAddress: '3:0:2:0' }), 'vendor'));
    expect(listTapeDrives(root).map(({ name }) => name)).to.deep.equal(['nst0']);
  });

  it('does not take a failure to read for a missing drive', () => {
    const device = addDrive({ number: 0, scsiAddress: '3:0:1:0' });
    rmSync(join(device, 'model'));
    mkdirSync(join(device, 'model'));
    expect(() => listTapeDrives(root)).to.throw(/EISDIR/);
  });

  describe('by path', () => {
    /** Device nodes and a by-id link, as udev makes them. */
    function addNodes(): void {
      mkdirSync(join(root, 'dev/tape/by-id'), { recursive: true });
      for (const name of ['nst0', 'nst0a', 'st0', 'nst7', 'sg1']) writeFileSync(join(root, 'dev', name), '');
      symlinkSync('../../nst0', join(root, 'dev/tape/by-id/scsi-1013000123-nst'));
    }

    it('follows a link of udev to the drive', () => {
      addDrive({ number: 0, scsiAddress: '3:0:1:0' });
      addNodes();
      expect(findTapeDrive(root, join(root, 'dev/nst0'))?.name).to.equal('nst0');
      expect(findTapeDrive(root, join(root, 'dev/tape/by-id/scsi-1013000123-nst'))?.name).to.equal('nst0');
    });

    it('finds none for a node that rewinds, has a mode, is no tape, has no drive or is not there', () => {
      addDrive({ number: 0, scsiAddress: '3:0:1:0' });
      addNodes();
      for (const name of ['st0', 'nst0a', 'sg1', 'nst7', 'nst8', 'tape/by-id/gone'])
        expect(findTapeDrive(root, join(root, 'dev', name)), name).to.equal(null);
    });
  });
});
