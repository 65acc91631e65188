import { expect } from 'chai';
import { StorageError, isStorageError } from '../../../src/base/storage-error.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import { ControlDoorFixture } from '../../support/control-door-fixture.js';
import { runCommand } from '../../support/cli-fixture.js';
import { cartridgeRecord } from '../../support/inventory-samples.js';
import { streamIdOf, volumeIdOf, volumeRecord } from '../../support/records.js';

describe('the operator commands', () => {
  let fixture: ControlDoorFixture;

  beforeEach(async () => {
    fixture = new ControlDoorFixture();
    await fixture.open();
    await fixture.media?.inventory.commit({
      cartridges: [cartridgeRecord(1), cartridgeRecord(2, { volumeId: null })],
      volumes: [volumeRecord(1)],
    });
  });
  afterEach(async () => {
    await fixture.close();
  });

  const run = async (
    args: readonly string[],
    changes: Parameters<typeof runCommand>[2] = {},
  ): ReturnType<typeof runCommand> => runCommand(fixture.socketPath, args, changes);
  const linesOf = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { stdout, stderr, error } = await run(args);
    expect(error).to.equal(null);
    expect(stderr).to.equal('');
    expect(stdout.endsWith('\n')).to.equal(true);
    return stdout.slice(0, -1).split('\n');
  };
  /** With --json: one document a line. */
  const documentsOf = async (...args: readonly string[]): Promise<readonly unknown[]> =>
    (await linesOf('--json', ...args)).map((line) => JSON.parse(line) as unknown);

  describe('media list', () => {
    it('shows every cartridge, labelled or not', async () => {
      const [head, first, second, ...more] = await linesOf('media', 'list');
      expect(head).to.match(/^BARCODE +STATE +LOCATION +POOL +BYTES +BLOCKS +LAST WRITTEN +RETAINED UNTIL$/);
      expect(first).to.match(
        /^TPL001L9 +append +drive tape0 +default +1\.23 GB +1200 +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d +2027-/,
      );
      expect(second).to.match(/^TPL002L9 +blank +shelf +- +- +- +- +-$/);
      expect(more).to.deep.equal([]);
    });

    it('with --json gives one document, wherever the option stands', async () => {
      expect(await documentsOf('media', 'list')).to.deep.equal([{ media: fixture.service.mediaViews }]);
      const { stdout } = await run(['media', 'list', '--json']);
      expect(JSON.parse(stdout)).to.deep.equal({ media: fixture.service.mediaViews });
    });
  });

  describe('media show', () => {
    it('shows all that is known of a volume, and of a cartridge that is none', async () => {
      const volume = await linesOf('media', 'show', 'tpl001l9');
      expect(volume).to.include(`volume:            ${volumeIdOf(1)}`);
      expect(volume).to.include('end of data:       block 1300');
      expect(volume).to.include('uncommitted tails: 1');
      expect(await linesOf('media', 'show', 'TPL002L9')).to.have.length(4);
      expect(await documentsOf('media', 'show', 'TPL001L9')).to.deep.equal([
        { ...fixture.service.mediaViews[0], why: [] },
      ]);
    });

    it('takes what is no barcode for a usage error and asks nobody', async () => {
      for (const args of [
        ['media', 'show', 'TPL1'],
        ['media', 'eject', 'TPL001L9', 'TPL1'],
        ['media', 'label', 'TPL001L9', 'TPL1', '--pool', 'p', '--yes'],
        ['drive', 'load', 'TPL1', 'tape0'],
      ])
        expect((await run(args)).error).to.be.instanceOf(UsageError);
      expect([...fixture.service.calls, ...fixture.jobs.calls]).to.deep.equal([]);
    });
  });

  describe('drive', () => {
    it('list shows what each drive does and why it is down', async () => {
      const [head, first, second] = await linesOf('drive', 'list');
      expect(head).to.match(/^NUMBER +NAME +KIND +DEVICE +STATE +CARTRIDGE +DOING$/);
      expect(first).to.match(/^0 +tape0 +tape +\/dev\/tape0 +busy +TPL001L9 +saving to TPL001L9$/);
      expect(second).to.match(
        /^1 +disk1 +disk +\/dev\/disk1 +down since \S+ \S+ by tapeloomd \(the directory is not there\) +- +-$/,
      );
      expect(await documentsOf('drive', 'list')).to.deep.equal([{ drives: fixture.service.driveViews }]);
    });

    it('status shows what the drive itself says', async () => {
      const lines = await linesOf('drive', 'status', 'tape0');
      expect(lines).to.deep.equal([
        'drive:       0 tape0, tape, /dev/tape0',
        'identity:    IBM ULT3580-TD9 N9S1, serial 1097010001',
        'state:       busy',
        'cartridge:   TPL001L9',
        'medium:      ready, asks to be cleaned',
        'density:     0x60',
        'block sizes: 1 to 8388608 bytes',
        'compression: on',
        'position:    block 1300, tape file 12, behind early warning',
        'TapeAlert:   14h 15h',
      ]);
      expect(await documentsOf('drive', 'status', '0')).to.deep.equal([fixture.service.driveStatusView]);
    });

    it('status shows what a drive does not know as not known', async () => {
      fixture.service.driveStatusView = {
        ...fixture.service.driveStatusView,
        barcode: null,
        densityCode: null,
        compression: null,
        position: null,
        tapeAlerts: null,
      };
      const lines = await linesOf('drive', 'status', 'tape0');
      expect(lines)
        .to.include('position:    -')
        .and.to.include('TapeAlert:   unknown')
        .and.to.include('cartridge:   -');
      fixture.service.driveStatusView = { ...fixture.service.driveStatusView, tapeAlerts: [] };
      expect(await linesOf('drive', 'status', 'tape0')).to.include('TapeAlert:   none');
    });
  });

  describe('status', () => {
    it('shows drives, sessions with their streams, and what the operator is waited for', async () => {
      const text = (await linesOf('status')).join('\n');
      expect(text).to.contain('node-a: tapeloomd 0.1.0, up since ');
      expect(text).to.contain('data door 127.0.0.1:7651; memory 120.0 MB, ring 4 of 64 blocks in use');
      expect(text).to.match(/tape0 +tape +busy +TPL001L9 +saving to TPL001L9/);
      expect(text).to.contain('12.0 MB, 2 checkpoints; mount 12.5 s, position 3.00 s, write 8.00 s, flush 1.25 s');
      expect(text).to.contain(`  ${streamIdOf(1)} web01:home received 12.0 MB, written 11.0 MB, durable 10.0 MB`);
      expect(text)
        .to.contain('Waiting for the operator:')
        .and.to.contain('Insert cartridge TPL002L9 into drive tape1.');
      expect(text).to.contain('Look at:\n  The wall clock jumped.');
      expect(await documentsOf('status')).to.deep.equal([fixture.service.statusView]);
    });

    it('of an idle daemon leaves out what there is not', async () => {
      fixture.service.statusView = { ...fixture.service.statusView, sessions: [], operatorRequests: [], problems: [] };
      const lines = await linesOf('status');
      expect(lines).to.have.length(6);
    });
  });

  describe('doctor', () => {
    it('is content with what is not known', async () => {
      const [head, ...rows] = await linesOf('doctor');
      expect(head).to.equal('CHECK            RESULT');
      expect(rows).to.deep.equal([
        'state directory  ok       writable, 12 GB free',
        'clock            unknown  not synchronised',
      ]);
    });

    it('fails when a check failed, after it has shown all of them', async () => {
      fixture.service.doctorView = {
        checks: [...fixture.service.doctorView.checks, { name: 'nst0', result: 'failed', message: 'no permission' }],
      };
      const { stdout, error } = await run(['doctor']);
      expect(stdout).to.contain('no permission').and.to.contain('state directory');
      expect(isStorageError(error, 'CONFIG_UNSAFE')).to.equal(true);
      const json = await run(['--json', 'doctor']);
      expect(JSON.parse(json.stdout)).to.deep.equal(fixture.service.doctorView);
    });
  });

  describe('version', () => {
    it('tells that of the program and of the daemon', async () => {
      expect(await linesOf('version')).to.deep.equal(['tapeloom 1.2.3, daemon 0.1.0']);
      expect(await documentsOf('version')).to.deep.equal([{ cli: '1.2.3', daemon: '0.1.0' }]);
    });

    it('works without a daemon', async () => {
      await fixture.close();
      expect(await linesOf('version')).to.deep.equal(['tapeloom 1.2.3, daemon not reachable']);
      expect(await documentsOf('version')).to.deep.equal([{ cli: '1.2.3', daemon: null }]);
    });
  });

  describe('stream', () => {
    it('list shows what was saved and passes filters on', async () => {
      const [head, row] = await linesOf('stream', 'list', '--client', 'web01', '--state', 'complete', '--limit', '5');
      expect(head).to.match(/^STREAM +CLIENT +NAME +LEVEL +STATE +BYTES +STARTED +KEPT +VOLUMES$/);
      expect(row).to.match(new RegExp(`^${streamIdOf(1)} +web01 +home +full +complete +7\\.00 MB .* TPL001L9$`));
      expect(fixture.service.calls).to.deep.equal([['streams', { client: 'web01', state: 'complete', limit: 5 }]]);
      expect(await documentsOf('stream', 'list')).to.deep.equal([{ streams: fixture.service.streamViews }]);
    });

    it('show shows one, with --extents where it lies', async () => {
      const id = streamIdOf(1);
      expect(await linesOf('stream', 'show', id)).to.include('CRC32C:         e3069283');
      const lines = await linesOf('stream', 'show', id, '--extents');
      expect(lines.slice(-1)[0]).to.match(/^TPL001L9 +4 +7 +0 +7000000$/);
      const [document] = await documentsOf('stream', 'show', id, '--extents');
      expect(document).to.have.nested.property('extentList[0].blockAddress', 4);
    });

    it('show says when not every extent is shown', async () => {
      const { service } = fixture;
      const [extent] = [...service.extentViews];
      if (extent === undefined) throw new Error('no sample');
      service.extentViews = Array.from({ length: 100_001 }, () => extent);
      const [document] = await documentsOf('stream', 'show', streamIdOf(1), '--extents');
      expect(document).to.have.property('extentListTruncated', true);
      expect((await linesOf('stream', 'show', streamIdOf(1), '--extents')).slice(-1)[0]).to.contain('more');
    });

    it('show takes what is no stream id for a usage error', async () => {
      expect((await run(['stream', 'show', '17'])).error).to.be.instanceOf(UsageError);
      expect(fixture.service.calls).to.deep.equal([]);
    });
  });

  it('pass on the failure of the daemon', async () => {
    fixture.service.failure = new StorageError('DRIVE_BUSY', 'the drive is at work');
    for (const args of [
      ['status'],
      ['doctor'],
      ['media', 'list'],
      ['media', 'show', 'TPL001L9'],
      ['drive', 'list'],
      ['drive', 'status'],
      ['stream', 'list'],
      ['stream', 'show', streamIdOf(1)],
    ]) {
      const { stdout, error } = await run(args);
      expect(isStorageError(error, 'DRIVE_BUSY'), args.join(' ')).to.equal(true);
      expect(stdout).to.equal('');
    }
  });
});
