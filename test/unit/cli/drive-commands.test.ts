import { expect } from 'chai';
import { StorageError, isStorageError } from '../../../src/base/storage-error.js';
import { runCommand } from '../../support/cli-fixture.js';
import { ControlDoorFixture } from '../../support/control-door-fixture.js';

describe('the commands about drives', () => {
  let fixture: ControlDoorFixture;

  beforeEach(async () => {
    fixture = new ControlDoorFixture();
    await fixture.open();
  });
  afterEach(async () => {
    await fixture.close();
  });

  const run = async (...args: readonly string[]): ReturnType<typeof runCommand> => runCommand(fixture.socketPath, args);
  const textOf = async (...args: readonly string[]): Promise<string> => {
    const { stdout, error } = await run(...args);
    expect(error).to.equal(null);
    return stdout;
  };

  describe('drive down and drive up', () => {
    it('pass the drive, the reason and who gave it, and say how the drive is then', async () => {
      expect(await textOf('drive', 'down', 'tape3', '--reason', 'loose cable')).to.match(
        /^tape0 is down since \S+ \S+ by olga \(loose cable\)\n$/,
      );
      expect(await textOf('drive', 'up', '0', '--reason', 'new cable')).to.equal('tape0 is idle\n');
      expect(await textOf('drive', 'up', '0')).to.equal('tape0 is idle\n');
      expect(fixture.drives.calls).to.deep.equal([
        ['down', 'olga', 'tape3', 'loose cable'],
        ['up', 'olga', '0', 'new cable'],
        ['up', 'olga', '0', ''],
      ]);
    });

    it('with --json give the drive as in drive list', async () => {
      const drive = JSON.parse(await textOf('--json', 'drive', 'down', 'tape0', '--reason', 'x')) as object;
      expect(drive).to.include({ name: 'tape0', state: 'down', stateReason: 'x', downBy: 'olga' });
    });

    it('take no drive down without a reason, nor with an empty or an endless one', async () => {
      expect((await run('drive', 'down', 'tape0')).error).to.have.property(
        'code',
        'commander.missingMandatoryOptionValue',
      );
      for (const reason of ['', '   ', 'x'.repeat(501)]) {
        const { error } = await run('drive', 'down', 'tape0', '--reason', reason);
        expect(isStorageError(error, 'PROTOCOL_BODY'), reason.slice(0, 3)).to.equal(true);
      }
      expect(fixture.drives.calls).to.deep.equal([]);
    });

    it('say why a drive did not come up', async () => {
      fixture.drives.failure = new StorageError('DEVICE_OPEN_FAILED', '/dev/nst0 cannot be opened.');
      const { error } = await run('drive', 'up', 'tape0');
      expect(isStorageError(error, 'DEVICE_OPEN_FAILED')).to.equal(true);
    });

    it('never let a reason steer the terminal', async () => {
      expect(await textOf('drive', 'down', 'tape0', '--reason', 'a\u001b[2Jb')).to.include('a\\x1b[2Jb');
    });
  });

  describe('the verbs of mt', () => {
    it('move the tape of the drive that is named, and say where it stands', async () => {
      const words = await Promise.all(
        [
          ['rewind', 'tape3'],
          ['eod', 'tape3'],
          ['tell', 'tape3'],
          ['fsf', '--count', '5', 'tape3'],
          ['bsf', 'tape3'],
          ['locate', '1300', 'tape3'],
        ].map(async (args) => textOf('drive', ...args)),
      );
      expect(words[0]).to.equal('tape0 stands at block 12, tape file 3\n');
      expect(words[3]).to.equal('tape0 stands at block 12, tape file 3, 4 filemarks were not there\n');
      expect(fixture.drives.calls).to.have.deep.members([
        ['move', 'olga', 'tape3', { operation: 'rewind' }],
        ['move', 'olga', 'tape3', { operation: 'eod' }],
        ['move', 'olga', 'tape3', { operation: 'tell' }],
        ['move', 'olga', 'tape3', { operation: 'fsf', count: 5 }],
        ['move', 'olga', 'tape3', { operation: 'bsf', count: 1 }],
        ['move', 'olga', 'tape3', { operation: 'locate', blockAddress: 1300 }],
      ]);
    });

    it('take no nonsense for a number', async () => {
      for (const args of [
        ['fsf', '--count', '0', 'tape0'],
        ['fsf', '--count', 'many', 'tape0'],
        ['bsf', '--count', '1.5', 'tape0'],
        ['locate', '-1', 'tape0'],
        ['locate', '0x10', 'tape0'],
        ['locate', '99999999999999999999', 'tape0'],
      ])
        expect((await run('drive', ...args)).error, args.join(' ')).to.not.equal(null);
      expect(fixture.drives.calls).to.deep.equal([]);
    });

    it('say that a drive is at work', async () => {
      fixture.drives.failure = new StorageError('DRIVE_BUSY', 'at work');
      expect(isStorageError((await run('drive', 'rewind', 'tape0')).error, 'DRIVE_BUSY')).to.equal(true);
    });
  });

  describe('drive cartridge-memory', () => {
    it('shows each attribute, and says where there are none', async () => {
      expect(await textOf('drive', 'cartridge-memory', 'tape0')).to.equal(
        'ID     NAME           VALUE\n0401h  serial number  SN1\n',
      );
      fixture.drives.memoryAttributes = null;
      expect(await textOf('drive', 'cartridge-memory', 'tape0')).to.contain('has no memory');
    });
  });

  describe('drive tape-alert-flags', () => {
    it('shows what the drive complains of, what is done about it, and what it complained of before', async () => {
      const text = await textOf('drive', 'tape-alert-flags', 'tape0');
      expect(text).to.match(/^14h +clean now +critical +drive: clean-now +Clean it now\.$/m);
      expect(text).to.match(/07h +TPL001L9 +medium life: Copy it and retire it\.$/m);
    });

    it('says that a drive complains of nothing, or cannot be asked now', async () => {
      fixture.health.healthView = { ...fixture.health.healthView, tapeAlerts: [], earlierAlerts: [] };
      expect(await textOf('drive', 'tape-alert-flags', 'tape0')).to.equal('Drive tape0 complains of nothing.\n');
      fixture.health.healthView = { ...fixture.health.healthView, tapeAlerts: null };
      expect(await textOf('drive', 'tape-alert-flags', 'tape0')).to.contain('is not known');
    });
  });

  describe('drive volume-statistics', () => {
    it('shows every counter, and when it was read', async () => {
      const text = await textOf('drive', 'volume-statistics', 'tape0');
      expect(text).to.match(/^read: +now$/m);
      expect(text).to.match(/^volumeMounts: +4$/m);
      fixture.health.healthView = { ...fixture.health.healthView, isNow: false };
      expect(await textOf('drive', 'volume-statistics', 'tape0')).to.match(/^read: +2023-11-1/m);
    });
  });

  describe('drive history and media history', () => {
    it('show what was gone through, newest first', async () => {
      for (const args of [
        ['drive', 'history', 'tape0'],
        ['media', 'history', '*tpl001l9*', '--limit', '7'],
      ]) {
        const [head, first, second] = (await textOf(...args)).split('\n');
        expect(head).to.match(/^TIME +WHAT +DRIVE +CARTRIDGE$/);
        expect(first).to.match(/unmount +tape0 +TPL001L9 +1200 MB written$/);
        expect(second).to.match(/write-error +tape0 +TPL001L9 +Error while writing a block\. \[MEDIUM_WRITE_ERROR\]$/);
      }
      expect(fixture.health.calls).to.deep.equal([
        ['driveHistory', 'tape0', 100],
        ['mediumHistory', 'TPL001L9', 7],
      ]);
    });

    it('take no nonsense for a limit, and no barcode that is none', async () => {
      for (const args of [
        ['drive', 'history', 'tape0', '--limit', '0'],
        ['drive', 'history', 'tape0', '--limit', '10001'],
        ['media', 'history', 'TPL1'],
      ])
        expect((await run(...args)).error, args.join(' ')).to.not.equal(null);
      expect(fixture.health.calls).to.deep.equal([]);
    });

    it('with --json give the records as they are', async () => {
      expect(JSON.parse(await textOf('--json', 'media', 'history', 'TPL001L9'))).to.deep.equal({
        records: fixture.health.records,
      });
    });
  });

  describe('drive matrix', () => {
    it('shows cartridges against drives, and who is at fault', async () => {
      expect((await textOf('drive', 'matrix')).split('\n').slice(0, -1)).to.deep.equal([
        'CARTRIDGE  TAPE0  TAPE1',
        'TPL001L9   2      1',
        'TPL002L9   .      1',
        '',
        'Cartridge TPL001L9 is at fault: it failed in tape0, tape1.',
      ]);
    });

    it('says when nobody is, and when nothing has failed', async () => {
      fixture.health.matrixView = { ...fixture.health.matrixView, cartridges: [] };
      expect(await textOf('drive', 'matrix')).to.contain('Who is at fault cannot be told yet.');
      fixture.health.matrixView = { ...fixture.health.matrixView, cells: [] };
      expect(await textOf('drive', 'matrix')).to.match(/^No errors since 20/);
    });
  });
});
