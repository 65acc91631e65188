import { expect } from 'chai';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { listChangers } from '../../../src/device/changer-discovery.js';
import { findStableLink } from '../../../src/device/stable-links.js';
import { SysfsTree } from '../../support/sysfs-tree.js';

describe('the discovery of changers', () => {
  let tree: SysfsTree;
  beforeEach(() => {
    tree = new SysfsTree();
  });
  afterEach(() => {
    tree.remove();
  });

  it('tells sg node, address, vendor, product, revision and serial of those that are changers', () => {
    tree.add({ scsiAddress: '3:0:0:0', type: 1, sg: 2, nst: 0 });
    tree.add({ scsiAddress: '3:0:0:1', type: 8, sg: 3, serial: ' LIB0001 ' });
    tree.add({ scsiAddress: '0:0:0:0', type: 0, sg: 0 });
    expect(listChangers(tree.sysfs)).to.deep.equal([
      {
        genericPath: '/dev/sg3',
        scsiAddress: '3:0:0:1',
        vendor: 'TEST',
        product: 'LIBRARY',
        revision: '1.0',
        serial: 'LIB0001',
      },
    ]);
  });

  it('lists them by address, as numbers', () => {
    for (const scsiAddress of ['10:0:0:0', '2:0:11:0', '2:0:9:1', '2:0:9:0']) tree.add({ scsiAddress, type: 8 });
    expect(listChangers(tree.sysfs).map((one) => one.scsiAddress)).to.deep.equal([
      '2:0:9:0',
      '2:0:9:1',
      '2:0:11:0',
      '10:0:0:0',
    ]);
  });

  it('knows one without a sg node or a serial number, and leaves out one that is gone', () => {
    tree.add({ scsiAddress: '3:0:0:1', type: 8 });
    rmSync(tree.add({ scsiAddress: '3:0:0:2', type: 8 }), { recursive: true });
    const [only, ...more] = listChangers(tree.sysfs);
    expect(only).to.include({ genericPath: null, serial: null });
    expect(more).to.deep.equal([]);
  });

  it('finds none where there is no SCSI', () => {
    expect(listChangers(join(tree.root, 'nowhere'))).to.deep.equal([]);
  });
});

describe('links that stay the same over boots', () => {
  let tree: SysfsTree;
  beforeEach(() => {
    tree = new SysfsTree();
  });
  afterEach(() => {
    tree.remove();
  });

  it('are those to the node that end as they should', () => {
    const drive = tree.link('nst0', 'scsi-SER1', 'scsi-SER1-nst', 'scsi-35000-nst');
    const changer = tree.link('sg3', 'scsi-LIB0001', 'scsi-LIB0001-changer');
    expect(findStableLink(tree.links, drive, '-nst')).to.equal(join(tree.links, 'scsi-35000-nst'));
    expect(findStableLink(tree.links, changer, '-changer')).to.equal(join(tree.links, 'scsi-LIB0001-changer'));
  });

  it('are none when they lead elsewhere, dangle or end otherwise, or there are none at all', () => {
    const drive = tree.link('nst0', 'scsi-SER1');
    rmSync(tree.link('nst1', 'scsi-SER2-nst'));
    tree.link('nst2', 'scsi-SER3-nst');
    expect(findStableLink(tree.links, drive, '-nst')).to.equal(null);
    expect(findStableLink(join(tree.root, 'nowhere'), drive, '-nst')).to.equal(null);
    expect(findStableLink(tree.links, join(tree.root, 'dev/nst9'), '-nst')).to.equal(null);
  });
});
