import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from '../../../src/daemon/configuration.js';
import { scanHardware, type ConfiguredDevices } from '../../../src/daemon/hardware-scan.js';
import { LinuxMachine } from '../../../src/daemon/linux-machine.js';
import type { FoundDevice, Machine } from '../../../src/daemon/machine.js';
import { ERRNO } from '../../../src/device/errno.js';
import { InlineScsiChannel } from '../../../src/device/inline-scsi-channel.js';
import type { HardwareView } from '../../../src/protocol/hardware-api.js';
import { FakeChanger, type FakeQuirks } from '../../support/fake-changer.js';
import { ManualClock } from '../../support/manual-clock.js';
import { SysfsTree } from '../../support/sysfs-tree.js';

const NOTHING: ConfiguredDevices = { drives: [], changers: [] };

function found(node: string | null, changes: Partial<FoundDevice> = {}): FoundDevice {
  return {
    node,
    stablePath: null,
    genericPath: null,
    scsiAddress: '2:0:0:0',
    vendor: 'TEST',
    product: 'THING',
    revision: '1.0',
    serial: null,
    ...changes,
  };
}

/** Two drives, the second of which stands in the library, as does a third that is cabled to another machine. */
function machineOf(changer: FakeChanger, changes: Partial<Machine> = {}): Machine {
  return {
    drives: () => [
      found('/dev/nst0', { serial: 'ALONE1' }),
      found('/dev/nst1', { serial: 'SER0000001', stablePath: '/dev/tape/by-id/scsi-SER0000001-nst' }),
    ],
    changers: () => [found('/dev/sg3', { genericPath: '/dev/sg3' })],
    nodeOf: (path) => path,
    openChannel: (node) => new InlineScsiChannel(changer, node),
    ...changes,
  };
}

function library(quirks: Partial<FakeQuirks> = {}): FakeChanger {
  return new FakeChanger({ slots: 6, importExports: 2, drives: 2 }, quirks);
}

async function scan(machine: Machine, configured: ConfiguredDevices = NOTHING): Promise<HardwareView> {
  return scanHardware(machine, configured, new ManualClock());
}

/** What a daemon makes of the text that a scan prints. */
function load({ configuration }: HardwareView): ConfiguredDevices {
  const directory = mkdtempSync(join(tmpdir(), 'tapeloom-scan-'));
  try {
    const file = join(directory, 'tapeloom.toml');
    writeFileSync(file, `${configuration.changers}\n${configuration.drives}`);
    return loadConfiguration(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('a scan of the machine', () => {
  it('prints a configuration that the daemon takes as it is, with drives in their changers', async () => {
    const view = await scan(machineOf(library()));
    expect(view.drives.map(({ name, changer, changerDrive }) => [name, changer, changerDrive])).to.deep.equal([
      ['tape0', null, null],
      ['tape1', 'library0', 1],
    ]);
    expect(load(view)).to.deep.include({
      changers: [{ name: 'library0', device: '/dev/sg3' }],
      drives: [
        { name: 'tape0', kind: 'tape', device: '/dev/nst0', changer: null, changerDrive: null },
        {
          name: 'tape1',
          kind: 'tape',
          device: '/dev/tape/by-id/scsi-SER0000001-nst',
          changer: 'library0',
          changerDrive: null,
        },
      ],
    });
    expect(view.configuration.changers).to.match(/^# {3}drive 0: serial SER0000000, no drive of this machine/m);
    expect(view.configuration.changers).to.match(/^# {3}drive 1: serial SER0000001, drive tape1$/m);
  });

  it('says of what is configured under which name, and proposes names that are free for the rest', async () => {
    const configured: ConfiguredDevices = {
      changers: [{ name: 'robot', device: '/dev/sg3' }],
      drives: [{ name: 'tape0', kind: 'tape', device: '/dev/nst1', changer: null, changerDrive: null }],
    };
    const view = await scan(machineOf(library()), configured);
    expect(view.changers.map(({ name, isConfigured }) => [name, isConfigured])).to.deep.equal([['robot', true]]);
    expect(view.drives.map(({ name, isConfigured }) => [name, isConfigured])).to.deep.equal([
      ['tape1', false],
      ['tape0', true],
    ]);
    expect(view.configuration.drives).to.match(
      /# It is configured as tape0\.\n# Add to that table: changer = "robot"\n/,
    );
    expect(view.configuration.drives.match(/\[\[drive\]\]/g)).to.have.length(1);
    expect(view.configuration.changers).to.not.include('[[changer]]');
  });

  it('says why a changer could not be asked, and prints its table nevertheless', async () => {
    const changer = library();
    changer.openErrno = ERRNO.EACCES;
    const view = await scan(machineOf(changer));
    expect(view.changers[0]?.problem).to.match(/EACCES/);
    expect(view.configuration.changers).to.match(/# It could not be asked: .*EACCES.*\n\[\[changer\]\]/);
    expect(view.drives.every((drive) => drive.changer === null)).to.equal(true);
  });

  it('says what is missing for a changer without a sg node', async () => {
    const view = await scan(machineOf(library(), { changers: () => [found(null)] }));
    expect(view.changers[0]?.problem).to.match(/modprobe sg/);
    expect(view.configuration.changers).to.not.include('[[changer]]');
  });

  it('leaves it to the operator which drive is which where a changer tells no serial numbers', async () => {
    const view = await scan(machineOf(library({ withoutDeviceIds: true })));
    expect(view.drives.every((drive) => drive.changer === null)).to.equal(true);
    expect(view.configuration.changers).to.match(/# It does not tell serial numbers: .*changer_drive/);
  });

  it('moves nothing and leaves nothing open', async () => {
    const changer = library();
    await scan(machineOf(changer));
    expect(changer.isOpen).to.equal(false);
    expect(changer.log).to.not.include.members(['a5']);
    expect(changer.initialized).to.deep.equal([]);
  });

  it('does not let a device write into the configuration what it calls itself', async () => {
    const drives = (): readonly FoundDevice[] => [found('/dev/nst0', { vendor: 'X\n[[client]]', serial: 'A"\n' })];
    const view = await scan(machineOf(library(), { drives, changers: () => [] }));
    expect(load(view).drives).to.have.length(1);
    expect(view.configuration.drives).to.not.match(/^\[\[client/m);
  });

  it('without a drive or a changer says so', async () => {
    const view = await scan(machineOf(library(), { drives: () => [], changers: () => [] }));
    expect(view.configuration.drives).to.match(/^# No tape drive was found/);
    expect(view.configuration.changers).to.match(/^# No changer was found/);
  });
});

describe('the Linux machine', () => {
  let tree: SysfsTree;
  beforeEach(() => {
    tree = new SysfsTree();
  });
  afterEach(() => {
    tree.remove();
  });

  it('has the drives and changers of sysfs, each with the node it is used by', () => {
    tree.add({ scsiAddress: '3:0:0:0', type: 1, sg: 2, nst: 0, serial: 'SER1' });
    tree.add({ scsiAddress: '3:0:0:1', type: 8, sg: 3 });
    tree.add({ scsiAddress: '3:0:0:2', type: 8 });
    const machine = new LinuxMachine(new ManualClock(), tree.sysfs, tree.links);
    expect(machine.drives().map(({ node, genericPath, serial }) => [node, genericPath, serial])).to.deep.equal([
      ['/dev/nst0', '/dev/sg2', 'SER1'],
    ]);
    expect(machine.changers().map(({ node, scsiAddress }) => [node, scsiAddress])).to.deep.equal([
      ['/dev/sg3', '3:0:0:1'],
      [null, '3:0:0:2'],
    ]);
  });

  it('follows links to nodes, and knows of a path to nowhere that it is one', () => {
    const node = tree.link('nst0', 'scsi-SER1-nst');
    const machine = new LinuxMachine(new ManualClock(), tree.sysfs, tree.links);
    expect(machine.nodeOf(join(tree.links, 'scsi-SER1-nst'))).to.equal(machine.nodeOf(node));
    expect(machine.nodeOf(join(tree.links, 'scsi-SER9-nst'))).to.equal(null);
  });
});
