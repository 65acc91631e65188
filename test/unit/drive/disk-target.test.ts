import { expect } from 'chai';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFilePort } from '../../../src/device/linux-files.js';
import { DiskTarget } from '../../../src/drive/disk-target.js';
import type { Barcode } from '../../../src/terms/barcode.js';
import { codeOf } from '../../support/code-of.js';
import { diskBarcode, FileDriveFixture } from '../../support/file-drive-fixture.js';

const A = diskBarcode(1);
const B = diskBarcode(2);
const CAPACITY = 4 * 1024 * 1024;

describe('disk-target', () => {
  let world: FileDriveFixture;
  let target: DiskTarget;

  beforeEach(() => {
    world = new FileDriveFixture();
    target = world.target(CAPACITY);
  });
  afterEach(() => {
    world.dispose();
  });

  it('makes volumes, which are listed by barcode, and nothing else is', () => {
    target.create(B);
    target.create(A);
    writeFileSync(join(world.directory, 'notes.txt'), '');
    writeFileSync(join(world.directory, 'dsk003dk.vol'), '');
    writeFileSync(join(world.directory, `${A}.vol.new`), '');
    expect(target.listVolumes()).to.deep.equal([A, B]);
  });

  it('never touches a volume that is there already', () => {
    target.create(A);
    writeFileSync(join(world.directory, `${A}.vol`), 'precious');
    expect(
      codeOf(() => {
        target.create(A);
      }),
    ).to.equal('CHANGER_OCCUPIED');
    expect(readFileSync(join(world.directory, `${A}.vol`), 'utf8')).to.equal('precious');
  });

  it('refuses the barcode of a tape cartridge and a capacity that holds nothing', () => {
    expect(
      codeOf(() => {
        target.create('TPL001L9' as Barcode);
      }),
    ).to.equal('MEDIUM_INCOMPATIBLE');
    expect(
      codeOf(() => {
        world.target(1000).create(A);
      }),
    ).to.equal('MEDIUM_INCOMPATIBLE');
    expect(readdirSync(world.directory)).to.deep.equal([]);
  });

  it('remembers the volume in the drive, also for the next program', () => {
    expect(target.inserted()).to.equal(null);
    target.create(A);
    target.insert(A);
    expect(world.target(CAPACITY).inserted()).to.equal(A);
    target.insert(B);
    expect(target.inserted()).to.equal(B);
    target.remove();
    expect(target.inserted()).to.equal(null);
    target.remove();
    expect(target.listVolumes()).to.deep.equal([A]);
  });

  it('says what to do with a pointer that is not understood, and changes nothing', () => {
    writeFileSync(join(world.directory, 'loaded'), 'rubbish');
    expect(codeOf(() => target.inserted())).to.equal('DEVICE_IO');
    expect(() => target.inserted()).to.throw(/remove that file/);
  });

  it('tells of a directory that is not there, and does not make it', () => {
    const directory = join(world.directory, 'not-mounted');
    const lost = new DiskTarget({ drive: 'd', directory, capacityBytes: CAPACITY, files: createFilePort() });
    for (const call of [
      () => lost.listVolumes(),
      () => {
        lost.create(A);
      },
      () => {
        lost.insert(A);
      },
    ])
      expect(codeOf(call)).to.equal('DEVICE_OPEN_FAILED');
    expect(lost.inserted()).to.equal(null);
    expect(readdirSync(world.directory)).to.deep.equal([]);
  });

  it('tells of a file in the place of its directory', () => {
    const file = join(world.directory, 'file');
    writeFileSync(file, '');
    const wrong = new DiskTarget({ drive: 'd', directory: file, capacityBytes: CAPACITY, files: createFilePort() });
    expect(codeOf(() => wrong.listVolumes())).to.equal('DEVICE_OPEN_FAILED');
  });

  it('replaces what a crash left of an unfinished file', () => {
    writeFileSync(join(world.directory, `${A}.vol.new`), 'half');
    writeFileSync(join(world.directory, 'loaded.new'), 'half');
    target.create(A);
    target.insert(A);
    expect(target.inserted()).to.equal(A);
    expect(readFileSync(join(world.directory, `${A}.vol`)).length).to.equal(4096);
  });

  const failing = [
    ['open', 'EACCES', 'DEVICE_PERMISSION'],
    ['write', 'ENOSPC', 'DEVICE_DISK_FULL'],
    ['write', 'EIO', 'DEVICE_IO'],
    ['sync', 'EIO', 'DEVICE_IO'],
    ['rename', 'EDQUOT', 'DEVICE_DISK_FULL'],
    ['rename', 'EROFS', 'DEVICE_IO'],
    ['syncDirectory', 'EIO', 'DEVICE_IO'],
  ] as const;
  for (const [kind, errno, code] of failing)
    it(`leaves no half a volume and no half a pointer when ${kind} fails with ${errno}: ${code}`, () => {
      target.create(B);
      target.insert(B);
      world.files.failNth(kind, 1, { errno, partialBytes: 5 });
      expect(
        codeOf(() => {
          target.create(A);
        }),
      ).to.equal(code);
      world.files.failNth(kind, 1, { errno, partialBytes: 5 });
      expect(
        codeOf(() => {
          target.insert(A);
        }),
      ).to.equal(code);
      world.files.heal();
      expect(target.inserted()).to.be.oneOf([A, B]);
      for (const barcode of target.listVolumes())
        expect(readFileSync(join(world.directory, `${barcode}.vol`)).length).to.equal(4096);
    });

  it('still has the volume in the drive when removing it fails', () => {
    target.insert(A);
    world.files.failNth('remove', 1, { errno: 'EIO' });
    expect(
      codeOf(() => {
        target.remove();
      }),
    ).to.equal('DEVICE_IO');
    expect(target.inserted()).to.equal(A);
  });

  it('does not take a directory for a pointer', () => {
    mkdirSync(join(world.directory, 'loaded'));
    expect(codeOf(() => target.inserted())).to.equal('DEVICE_IO');
  });
});
