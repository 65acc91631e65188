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
});
