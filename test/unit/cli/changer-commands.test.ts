import { expect } from 'chai';
import { isStorageError } from '../../../src/base/storage-error.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import { ControlDoorFixture } from '../../support/control-door-fixture.js';
import { runCommand } from '../../support/cli-fixture.js';

describe('the changer commands', () => {
  let fixture: ControlDoorFixture;

  beforeEach(async () => {
    fixture = new ControlDoorFixture();
    await fixture.open();
  });
  afterEach(async () => {
    await fixture.close();
  });

  const run = async (...args: readonly string[]): ReturnType<typeof runCommand> => runCommand(fixture.socketPath, args);
  const linesOf = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { stdout, error } = await run(...args);
    expect(error).to.equal(null);
    return stdout.slice(0, -1).split('\n');
  };

  it('list shows what each changer is, and why one cannot be asked', async () => {
    const [library, operator] = fixture.changers.changerViews;
    if (library === undefined || operator === undefined) return expect.fail('the fake has two');
    fixture.changers.changerViews = [library, { ...library, name: 'attic', problem: 'it is switched off' }, operator];
    const [head, ...rows] = await linesOf('changer', 'list');
    expect(head).to.match(/^NAME +KIND +DEVICE +IDENTITY +DRIVES +SLOTS +I\/E +CARTRIDGES +STATE$/);
    expect(rows[0]).to.match(/^library +scsi +\/dev\/sg3 +TEST LIBRARY LIB0001 +tape0 +2 +1 +2 +ready$/);
    expect(rows[1]).to.match(/^attic .* - +- +- +it is switched off$/);
    expect(rows[2]).to.match(/^operator +manual +- +- +tape9 +0 +0 +0 +ready$/);
    const { stdout } = await run('--json', 'changer', 'list');
    expect(JSON.parse(stdout)).to.deep.equal({ changers: fixture.changers.changerViews });
  });

  it('status shows every element with what is in it and what is wrong with it', async () => {
    const [head, ...rows] = await linesOf('changer', 'status');
    expect(head).to.match(/^ELEMENT +ADDRESS +CARTRIDGE +FROM +DRIVE +NOTE$/);
    expect(rows[0]).to.match(/^hand +1 +- +- +- +-$/);
    expect(rows[1]).to.match(/^drive 0 +256 +TPL001L9 +slot 1 +tape0 \(SER1\) +-$/);
    expect(rows[2]).to.match(/^drive 1 +257 +- +- +not configured \(SER2\) +-$/);
    expect(rows[3]).to.match(/^slot 1 +4096 +- +- +- +-$/);
    expect(rows[4]).to.match(/^slot 2 +4097 +- +- +- +changer, vendor: slot missing \(83h\/02h\), out of reach$/);
    expect(rows[5]).to.match(/^i\/e slot 3 +16 +"NOREAD" +- +- +-$/);
    const { stdout } = await run('changer', 'status', 'library', '--json');
    expect(JSON.parse(stdout)).to.deep.equal(fixture.changers.statusView);
  });

  it('status prints what mtx prints when it is told to', async () => {
    const [head, drive] = await linesOf('changer', 'status', '--format', 'mtx');
    expect(head).to.equal('  Storage Changer /dev/sg3:2 Drives, 3 Slots ( 1 Import/Export )');
    expect(drive).to.equal('Data Transfer Element 0:Full (Storage Element 1 Loaded):VolumeTag = TPL001L9');
  });

  it('status names the changers there are when it is not clear which is meant, or there is none of that name', async () => {
    const { error } = await run('changer', 'status', 'attic');
    expect(isStorageError(error, 'CHANGER_UNKNOWN')).to.equal(true);
    const [library] = fixture.changers.changerViews;
    if (library === undefined) return expect.fail('the fake has one');
    fixture.changers.changerViews = [library, { ...library, name: 'attic' }];
    const unclear = await run('changer', 'status');
    expect(unclear.error).to.be.instanceOf(UsageError);
    expect((unclear.error as Error).message).to.equal('Which changer? library, attic');
  });

  it('scan shows people what is there, and gives what is to be configured alone on the standard output', async () => {
    const changers = await run('changer', 'scan');
    expect(changers.stdout).to.equal('[[changer]]\nname = "library"\n');
    expect(changers.stderr).to.match(/^library +new +\/dev\/sg3 +TEST LIBRARY +LIB0001 +2\+1 +0:tape0 1:\? +-$/m);
    const drives = await run('drive', 'scan');
    expect(drives.stdout).to.equal('# a drive\n');
    expect(drives.stderr).to.match(/^tape0 +configured +\/dev\/nst0 +\/dev\/sg2 +TEST DRIVE +SER1 +library drive 0$/m);
    for (const noun of ['changer', 'drive']) {
      const { stdout } = await run('--json', noun, 'scan');
      expect(JSON.parse(stdout)).to.deep.equal(fixture.changers.hardwareView);
    }
  });
});
