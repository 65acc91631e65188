import { expect } from 'chai';
import { StorageError, isStorageError } from '../../../src/base/storage-error.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import { runCommand } from '../../support/cli-fixture.js';
import { ControlDoorFixture } from '../../support/control-door-fixture.js';
import { jobView } from '../../support/fake-job-control.js';
import { jobIdOf } from '../../support/inventory-samples.js';
import { volumeIdOf } from '../../support/records.js';

describe('the commands that order jobs', () => {
  let fixture: ControlDoorFixture;

  beforeEach(async () => {
    fixture = new ControlDoorFixture();
    await fixture.open();
  });
  afterEach(async () => {
    await fixture.close();
  });

  const run = async (
    args: readonly string[],
    changes: Parameters<typeof runCommand>[2] = {},
  ): ReturnType<typeof runCommand> => runCommand(fixture.socketPath, args, changes);
  const linesOf = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { stdout, error } = await run(args);
    expect(error).to.equal(null);
    return stdout.slice(0, -1).split('\n');
  };
  const documentsOf = async (...args: readonly string[]): Promise<readonly unknown[]> =>
    (await linesOf('--json', ...args)).map((line) => JSON.parse(line) as unknown);
  const step = { subject: 'TPL001L9', state: 'running', message: '', code: '' } as const;
  const running = jobView({ state: 'running', endedMs: null, steps: [step] });

  it('follow the job to its end and show what each step came to', async () => {
    fixture.jobs.shown = [running, running, jobView()];
    expect(await linesOf('media', 'eject', 'tpl001l9', 'TPL002L9')).to.deep.equal([
      'TPL001L9: labelled for pool default',
    ]);
    expect(fixture.jobs.orders).to.deep.equal([
      { kind: 'eject', barcodes: ['TPL001L9', 'TPL002L9'], vault: null, dueMs: null },
    ]);
    expect(fixture.jobs.calls.filter(([name]) => name === 'show')).to.have.length(2);
  });

  it('with --json give a document when the job has ended, and before when something has changed', async () => {
    fixture.jobs.shown = [running, running, running, jobView()];
    const documents = (await documentsOf('media', 'eject', 'TPL001L9')) as { message_type: string; job: object }[];
    expect(documents.map((one) => one.message_type)).to.deep.equal(['job-progress', 'job-ended']);
    expect(documents.at(-1)?.job).to.deep.equal(jobView());
  });

  it('with --detach print the id and do not wait', async () => {
    fixture.jobs.shown = [running];
    expect(await linesOf('drive', 'unload', 'tape0', '--detach')).to.deep.equal([jobIdOf(1)]);
    expect(await documentsOf('media', 'eject', 'TPL001L9', '--detach')).to.deep.equal([
      { message_type: 'job-started', job: running },
    ]);
    expect(fixture.jobs.calls.map(([name]) => name)).to.deep.equal(['start', 'start']);
  });

  it('fail with the code of the step that failed, so that its exit status is theirs', async () => {
    const failed = { ...step, state: 'failed', code: 'MEDIUM_WRITE_PROTECTED', message: 'It is protected.' } as const;
    const error = { code: failed.code, message: failed.message };
    fixture.jobs.shown = [jobView({ state: 'failed', steps: [failed], error })];
    const alone = await run(['media', 'eject', 'TPL001L9']);
    expect(alone.stdout, 'said once').to.equal('');
    expect(isStorageError(alone.error, 'MEDIUM_WRITE_PROTECTED')).to.equal(true);
    expect((alone.error as Error).message).to.equal('It is protected.');

    const steps = [
      failed,
      { ...failed, subject: 'TPL002L9' },
      { ...step, subject: 'TPL003L9', state: 'skipped' as const },
    ];
    fixture.jobs.shown = [jobView({ state: 'failed', steps, error })];
    const several = await run(['media', 'eject', 'TPL001L9']);
    expect(several.stdout.split('\n')).to.deep.equal([
      'TPL001L9: failed: It is protected. [MEDIUM_WRITE_PROTECTED]',
      'TPL002L9: failed: It is protected. [MEDIUM_WRITE_PROTECTED]',
      'TPL003L9: not done',
      '',
    ]);
    expect((several.error as Error).message).to.equal('2 of 3 steps failed, the first: It is protected.');
  });

  it('show what the job found or made, without letting it steer the terminal', async () => {
    fixture.jobs.shown = [
      jobView({ result: { pickList: ['slot 25: TPL001L9', 'odd\u001b[31m'], vault: 'bank', unread: [] } }),
    ];
    expect((await linesOf('media', 'eject', 'TPL001L9')).slice(1)).to.deep.equal([
      'pick list:',
      '  slot 25: TPL001L9',
      '  odd\\x1b[31m',
      'vault: bank',
      'unread: none',
    ]);
  });

  it('tell once what a person is waited for', async () => {
    const waiting = jobView({ ...running, state: 'waiting-for-operator', waitingFor: 'Close the door.' });
    fixture.jobs.shown = [running, waiting, waiting, running, jobView()];
    expect((await run(['media', 'eject', 'TPL001L9'])).stderr).to.equal('waiting: Close the door.\n');
  });

  it('cancel the job when they are interrupted', async () => {
    const abort = new AbortController();
    fixture.jobs.shown = [running];
    fixture.jobs.show = async () => {
      abort.abort(new Error('interrupted'));
      return new Promise<never>(() => undefined);
    };
    const { error, stderr } = await run(['media', 'eject', 'TPL001L9'], { signal: abort.signal });
    expect(error).to.be.instanceOf(Error);
    expect(fixture.jobs.calls.at(-1)).to.deep.equal(['cancel', 'olga', jobIdOf(1)]);
    expect(stderr).to.contain('ends before its next step');
  });

  it('pass on what the daemon refuses', async () => {
    fixture.jobs.failure = new StorageError('JOB_LIMIT', 'too many');
    for (const args of [
      ['media', 'label', 'TPL001L9', '--pool', 'p'],
      ['media', 'eject', 'TPL001L9'],
      ['drive', 'load', 'TPL001L9', 'tape0'],
      ['drive', 'unload', 'tape0'],
      ['job', 'list'],
      ['job', 'show', jobIdOf(1)],
      ['job', 'wait', jobIdOf(1)],
      ['job', 'cancel', jobIdOf(1)],
    ]) {
      const { stdout, error } = await run(args);
      expect(isStorageError(error, 'JOB_LIMIT'), args.join(' ')).to.equal(true);
      expect(stdout).to.equal('');
    }
  });

  describe('media label', () => {
    const label = ['media', 'label', 'TPL001L9', '--pool', 'default'];
    const order = (
      barcodes: readonly string[],
      overwrite: readonly string[],
      pool: string | null = 'default',
    ): object => ({
      kind: 'label',
      barcodes,
      pool,
      overwrite,
    });
    const destroysFirst = (): void => {
      fixture.jobs.destroys.set('TPL001L9', {
        volumeId: volumeIdOf(1),
        pool: 'daily',
        bytes: 1_234_567_890,
        isNamed: false,
      });
    };

    it('does not ask when nothing is destroyed', async () => {
      expect((await run(label)).error).to.equal(null);
      expect(fixture.jobs.orders).to.deep.equal([order(['TPL001L9'], [])]);
    });

    it('names what it would destroy, asks, and names it again in the order', async () => {
      destroysFirst();
      const { stderr, error } = await run([...label, 'TPL002L9'], { terminal: 'y\n' });
      expect(error).to.equal(null);
      expect(stderr).to.contain(`label on TPL001L9; destroys volume ${volumeIdOf(1)} of pool daily with 1.23 GB.\n`);
      expect(stderr).to.contain('Do that? [y/N]').and.not.to.contain('TPL002L9');
      expect(fixture.jobs.orders).to.deep.equal([order(['TPL001L9', 'TPL002L9'], ['TPL001L9'])]);
    });

    it('does nothing unless the answer is yes', async () => {
      destroysFirst();
      for (const terminal of ['n\n', '\n', 'yep\n', 'no yes\n', ''])
        expect((await run(label, { terminal })).error, JSON.stringify(terminal)).to.be.instanceOf(UsageError);
      expect(fixture.jobs.orders).to.deep.equal([]);
      for (const terminal of ['yes\n', ' Y \n']) expect((await run(label, { terminal })).error).to.equal(null);
      expect(fixture.jobs.orders).to.have.length(2);
    });

    it('does nothing where nobody can be asked, unless --yes says so', async () => {
      destroysFirst();
      expect((await run(label)).error)
        .to.be.instanceOf(UsageError)
        .with.property('message')
        .that.contains('--yes');
      expect(fixture.jobs.orders).to.deep.equal([]);
      expect((await run([...label, '--yes'])).error).to.equal(null);
      expect(fixture.jobs.orders).to.deep.equal([order(['TPL001L9'], ['TPL001L9'])]);
    });

    it('asks before it overwrites what the node does not know', async () => {
      expect((await run([...label, '--overwrite'])).error).to.be.instanceOf(UsageError);
      expect((await run([...label, '--overwrite', '--yes'])).error).to.equal(null);
      expect(fixture.jobs.orders).to.deep.equal([order(['TPL001L9'], ['TPL001L9'])]);
    });

    it('is stopped by an interruption while it asks', async () => {
      destroysFirst();
      const abort = new AbortController();
      const asked = run(label, { terminal: null, signal: abort.signal });
      setImmediate(() => {
        abort.abort(new Error('interrupted'));
      });
      expect((await asked).error)
        .not.to.equal(null)
        .and.not.to.be.instanceOf(UsageError);
      expect(fixture.jobs.orders).to.deep.equal([]);
    });

    it('with --dry-run says what it would do and does nothing', async () => {
      destroysFirst();
      const both = [...label, 'TPL002L9', '--dry-run', '--yes'];
      expect(await linesOf(...both)).to.deep.equal([
        `would write a new label on TPL001L9; destroys volume ${volumeIdOf(1)} of pool daily with 1.23 GB`,
        'would write a new label on TPL002L9',
      ]);
      const [plan] = await documentsOf(...both);
      expect(plan).to.include({ message_type: 'job-plan' }).and.to.have.property('steps').of.length(2);
      expect(fixture.jobs.orders).to.deep.equal([]);
    });

    it('with --all orders just those that were found blank when it looked', async () => {
      expect((await run(['media', 'label', '--all', '--pool', 'default'])).error).to.equal(null);
      expect(fixture.jobs.orders).to.deep.equal([order(['TPL002L9', 'TPL003L9'], [])]);
    });

    it('takes neither nothing nor everything and some, and never everything that is not blank', async () => {
      for (const args of [
        ['media', 'label', '--pool', 'p'],
        ['media', 'label', 'TPL001L9', '--all', '--pool', 'p'],
        ['media', 'label', '--all', '--overwrite', '--yes', '--pool', 'p'],
      ])
        expect((await run(args)).error, args.join(' ')).to.be.instanceOf(UsageError);
      expect(fixture.jobs.calls).to.deep.equal([]);
    });

    it('relabel leaves each volume in its pool', async () => {
      destroysFirst();
      expect((await run(['media', 'relabel', 'TPL001L9', '--yes'])).error).to.equal(null);
      await run(['media', 'relabel', 'TPL001L9', '--pool', 'scratch', '--yes']);
      expect(fixture.jobs.orders).to.deep.equal([
        order(['TPL001L9'], ['TPL001L9'], null),
        order(['TPL001L9'], ['TPL001L9'], 'scratch'),
      ]);
    });
  });

  describe('each verb', () => {
    const cases: readonly (readonly [command: string, order: object])[] = [
      [
        'media erase TPL001L9 --long --scratch --overwrite --yes',
        { kind: 'erase', barcodes: ['TPL001L9'], extent: 'long', becomes: 'scratch', overwrite: ['TPL001L9'] },
      ],
      [
        'media erase TPL001L9',
        { kind: 'erase', barcodes: ['TPL001L9'], extent: 'short', becomes: 'blank', overwrite: [] },
      ],
      [
        'media set-state TPL001L9 retired --reason dropped',
        { kind: 'set-state', barcodes: ['TPL001L9'], state: 'retired', reason: 'dropped' },
      ],
      [
        'media eject --pool default --state append --vault bank',
        { kind: 'eject', barcodes: ['TPL001L9'], vault: 'bank', dueMs: null },
      ],
      ['media import', { kind: 'import', changer: null, slots: null, vault: null, readLabels: false }],
      [
        'media import 25 26 --changer lib0 --vault bank --read-labels',
        { kind: 'import', changer: 'lib0', slots: [25, 26], vault: 'bank', readLabels: true },
      ],
      ['media read-label TPL001L9', { kind: 'read-label', cartridges: ['TPL001L9'] }],
      ['media read-label --drive tape1', { kind: 'read-label', cartridges: { drive: 'tape1' } }],
      ['changer inventory', { kind: 'inventory', changer: null, readLabels: false }],
      ['changer inventory lib0 --read-labels', { kind: 'inventory', changer: 'lib0', readLabels: true }],
      ['changer transfer 3 25', { kind: 'transfer', changer: null, from: 3, to: 25 }],
      ['changer load 3', { kind: 'load', cartridge: { changer: null, slot: 3 }, drive: null }],
      ['changer load 3 1 --changer lib0', { kind: 'load', cartridge: { changer: 'lib0', slot: 3 }, drive: '1' }],
      ['changer unload', { kind: 'unload', drive: 'tape0', slot: null, ejectOnly: false }],
      ['changer unload 7 tape1', { kind: 'unload', drive: 'tape1', slot: 7, ejectOnly: false }],
      ['drive eject tape1', { kind: 'unload', drive: 'tape1', slot: null, ejectOnly: true }],
      ['drive clean', { kind: 'clean', drive: 'tape0', cartridge: null }],
      ['drive clean tape1 --cartridge CLN001CU', { kind: 'clean', drive: 'tape1', cartridge: 'CLN001CU' }],
    ];
    for (const [command, order] of cases)
      it(`${command} orders just that`, async () => {
        expect((await run(command.split(' '))).error).to.equal(null);
        expect(fixture.jobs.orders).to.deep.equal([order]);
      });

    it('takes no command line that makes no sense, and orders nothing', async () => {
      for (const command of [
        'media erase TPL1',
        'media set-state TPL001L9 lost --reason x',
        'media eject',
        'media eject TPL001L9 --pool default',
        'media eject TPL001L9 --state full',
        'media eject TPL001L9 --due 30d',
        'media eject TPL001L9 --vault bank --due yesterday',
        'media eject --pool nobody',
        'media import 0',
        'media import x',
        'media read-label',
        'media read-label TPL001L9 --drive 0',
        'changer transfer 1 x',
        'changer load 0',
        'changer unload -1',
        'drive clean --cartridge CLN1',
      ])
        expect((await run(command.split(' '))).error, command).to.be.instanceOf(Error);
      expect(fixture.jobs.orders).to.deep.equal([]);
    });

    it('asks before it erases a volume', async () => {
      fixture.jobs.destroys.set('TPL001L9', { volumeId: volumeIdOf(1), pool: 'daily', bytes: 1, isNamed: false });
      expect((await run(['media', 'erase', 'TPL001L9'])).error).to.be.instanceOf(UsageError);
      expect((await run(['media', 'erase', 'TPL001L9'], { terminal: 'n\n' })).error).to.be.instanceOf(UsageError);
      expect(fixture.jobs.orders).to.deep.equal([]);
      expect((await run(['media', 'erase', 'TPL001L9', '--yes'])).error).to.equal(null);
      expect(fixture.jobs.orders).to.have.length(1);
    });
  });

  describe('drive load and unload', () => {
    it('go to the drive that is named', async () => {
      await run(['drive', 'load', '*tpl002l9*', 'tape7']);
      await run(['drive', 'unload', '3']);
      expect(fixture.jobs.orders).to.deep.equal([
        { kind: 'load', cartridge: { barcode: 'TPL002L9' }, drive: 'tape7' },
        { kind: 'unload', drive: '3', slot: null, ejectOnly: false },
      ]);
    });

    it('without a name go to that of the environment, else to the only tape drive', async () => {
      await run(['drive', 'unload'], { environment: { TAPELOOM_DRIVE: 'tape5' } });
      await run(['drive', 'unload']);
      expect(fixture.jobs.orders).to.deep.equal([
        { kind: 'unload', drive: 'tape5', slot: null, ejectOnly: false },
        { kind: 'unload', drive: 'tape0', slot: null, ejectOnly: false },
      ]);
    });

    it('ask which when there are several, and touch none', async () => {
      const [tape] = fixture.service.driveViews;
      if (tape === undefined) throw new Error('no sample');
      fixture.service.driveViews = [tape, { ...tape, number: 1, name: 'tape1' }];
      for (const args of [['unload'], ['load', 'TPL001L9'], ['status']]) {
        const { error } = await run(['drive', ...args]);
        expect(error).to.be.instanceOf(UsageError).with.property('message').that.contains('tape0, tape1');
      }
      expect(fixture.jobs.calls).to.deep.equal([]);
    });
  });

  describe('job', () => {
    it('list shows how far each is, newest first as the daemon has them', async () => {
      const steps = [
        { ...step, state: 'done' as const },
        { ...step, state: 'failed' as const },
        { ...step, state: 'pending' as const },
      ];
      fixture.jobs.shown = [jobView({ ...running, steps })];
      const [head, row] = await linesOf('job', 'list', '--state', 'running', '--limit', '3');
      expect(head).to.match(/^JOB +STATE +DONE +BY +BEGUN +ENDED +WHAT$/);
      expect(row).to.match(/running +1\/3, 1 failed +olga +20\S+ \S+ +- +label 1 cartridge for pool default$/);
      expect(fixture.jobs.calls).to.deep.equal([['list', { state: 'running', limit: 3 }]]);
      expect(await documentsOf('job', 'list')).to.deep.equal([{ jobs: fixture.jobs.shown }]);
      for (const args of [
        ['--state', 'lost'],
        ['--limit', '0'],
        ['--limit', 'x'],
      ])
        expect((await run(['job', 'list', ...args])).error).to.be.instanceOf(UsageError);
    });

    it('show shows steps, what is waited for, the error and the result', async () => {
      fixture.jobs.shown = [
        jobView({
          state: 'waiting-for-operator',
          endedMs: null,
          waitingFor: 'Close the door.',
          error: { code: 'DRIVE_DOWN', message: 'no drive' },
          result: { found: 2 },
        }),
      ];
      const lines = await linesOf('job', 'show', jobIdOf(1));
      expect(lines).to.include('state:       waiting-for-operator').and.to.include('waiting for: Close the door.');
      expect(lines).to.include('error:       no drive [DRIVE_DOWN]').and.to.include('found: 2');
      expect(lines).to.include('TPL001L9  labelled for pool default');
      expect(await documentsOf('job', 'show', jobIdOf(1))).to.deep.equal(fixture.jobs.shown);
    });

    it('wait ends as the command that ordered it would have', async () => {
      const error = { code: 'DRIVE_DOWN', message: 'no drive' };
      fixture.jobs.shown = [running, jobView({ state: 'failed', error, steps: [] })];
      expect(isStorageError((await run(['job', 'wait', jobIdOf(1)])).error, 'DRIVE_DOWN')).to.equal(true);
      fixture.jobs.shown = [jobView()];
      expect(await linesOf('job', 'wait', jobIdOf(1))).to.deep.equal(['TPL001L9: labelled for pool default']);
    });

    it('wait does not cancel what it waits for when it is interrupted', async () => {
      const abort = new AbortController();
      fixture.jobs.show = async () => {
        abort.abort(new Error('interrupted'));
        return running;
      };
      await run(['job', 'wait', jobIdOf(1)], { signal: abort.signal });
      expect(fixture.jobs.calls.map(([name]) => name)).not.to.include('cancel');
    });

    it('cancel says whether the job still had to end', async () => {
      fixture.jobs.shown = [running];
      expect(await linesOf('job', 'cancel', jobIdOf(1))).to.deep.equal([`${jobIdOf(1)} ends before its next step`]);
      fixture.jobs.shown = [jobView()];
      expect(await linesOf('job', 'cancel', jobIdOf(1))).to.deep.equal([`${jobIdOf(1)} has ended: succeeded`]);
    });
  });
});
