import { expect } from 'chai';
import { ERROR_CODES, type ErrorCode } from '../../../src/base/error-codes.js';
import { StorageError } from '../../../src/base/storage-error.js';
import { ControlDoorFixture } from '../../support/control-door-fixture.js';
import { volumeIdOf } from '../../support/records.js';
import { runCli, runShell } from '../../support/cli-fixture.js';

/** The program as a process: what a script sees of it. */
describe('tapeloom', () => {
  let fixture: ControlDoorFixture;

  beforeEach(async () => {
    fixture = new ControlDoorFixture();
    await fixture.open();
  });
  afterEach(async () => {
    await fixture.close();
  });

  const run = async (...args: readonly string[]): ReturnType<typeof runCli> =>
    runCli(args, { TAPELOOM_SOCKET: fixture.socketPath });
  const shell = async (text: string): ReturnType<typeof runShell> =>
    runShell(text, { TAPELOOM_SOCKET: fixture.socketPath });

  it('exits with 0, its answer on stdout and nothing on stderr', async () => {
    const { status, stdout, stderr } = await run('drive', 'list');
    expect(status).to.equal(0);
    expect(stdout).to.contain('tape0');
    expect(stderr).to.equal('');
  });

  it('tells its version and its help without a daemon', async () => {
    await fixture.close();
    const version = await run('--version');
    expect(version.status).to.equal(0);
    expect(version.stdout).to.match(/^\d+\.\d+\.\d+\n$/);
    const help = await run('media', '--help');
    expect(help.status).to.equal(0);
    expect(help.stdout).to.contain('label').and.to.contain('eject');
  });

  it('exits with 64 for a command line that makes no sense, and asks nobody', async () => {
    for (const args of [
      [],
      ['media'],
      ['tapes'],
      ['media', 'list', '--sideways'],
      ['media', 'list', 'TPL001L9'],
      ['media', 'show'],
      ['media', 'show', 'TPL1'],
      ['media', 'label', 'TPL001L9'],
      ['stream', 'list', '--state', 'lost'],
      ['stream', 'list', '--limit', 'many'],
      ['save', '-', '--name', 'x', '--retention-days', '-1'],
      ['restore', '0192f000-0000-7000-8000-000000000101', '-', '--offset', '1k'],
      ['--socket'],
    ]) {
      const { status, stdout, stderr } = await run(...args);
      expect(status, args.join(' ')).to.equal(64);
      expect(stdout).to.equal('');
      expect(stderr).not.to.equal('');
    }
    expect(fixture.service.calls).to.deep.equal([]);
  });

  it('with --json ends a wrong command line with an error document, too', async () => {
    for (const args of [
      ['media', 'show'],
      ['media', 'show', 'TPL1'],
    ]) {
      const { status, stdout } = await run('--json', ...args);
      expect(status).to.equal(64);
      expect(JSON.parse(stdout)).to.have.nested.property('error.code', 'USAGE');
    }
  });

  it('exits with 69 when no daemon is there, whichever way the socket was named', async () => {
    const elsewhere = `${fixture.directory}/other.sock`;
    const outcomes = [
      await runCli(['status'], { TAPELOOM_SOCKET: elsewhere }),
      await run('--socket', elsewhere, 'status'),
      await run('status', '--socket', elsewhere),
    ];
    for (const { status, stderr } of outcomes) {
      expect(status).to.equal(69);
      expect(stderr).to.match(/^tapeloom: The daemon does not answer on .*other\.sock.*\[PROTOCOL_UNREACHABLE\]\n$/);
    }
  });

  it('exits with the status of the error the daemon had, its words on stderr and its record with --json', async () => {
    const codes = new Map<number, ErrorCode>();
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) codes.set(ERROR_CODES[code].exitCode, code);
    for (const [exitCode, code] of codes) {
      fixture.service.failure = new StorageError(code, 'What happened. What to do.', { context: { block: 7 } });
      const { status, stdout, stderr } = await run('--json', 'media', 'list');
      expect(status, code).to.equal(exitCode);
      expect(stderr).to.equal(`tapeloom: What happened. What to do. [${code}]\n`);
      expect(JSON.parse(stdout)).to.deep.equal({
        message_type: 'error',
        error: {
          code,
          message: 'What happened. What to do.',
          disposition: ERROR_CODES[code].disposition,
          context: { block: 7 },
        },
      });
    }
  });

  it('lets the words of a failure not steer the terminal', async () => {
    fixture.service.failure = new StorageError('VOLUME_FOREIGN', 'of pool \u001b[31mred');
    const { stdout, stderr } = await run('media', 'list');
    expect(stdout).to.equal('');
    expect(stderr).to.equal('tapeloom: of pool \\x1b[31mred [VOLUME_FOREIGN]\n');
  });

  it('is quiet and content when nobody reads its answer to the end', async () => {
    const [medium] = fixture.service.mediaViews;
    if (medium === undefined) throw new Error('no sample');
    fixture.service.mediaViews = Array.from({ length: 20_000 }, () => medium);
    const { status, stdout, stderr } = await shell('$TAPELOOM media list | head -n 1; exit ${PIPESTATUS[0]}');
    expect(stderr).to.equal('');
    expect(stdout).to.match(/^BARCODE[^\n]*\n$/);
    expect(status).to.equal(0);
  });

  it('does not pretend to have answered when its output could not be written', async () => {
    const { status, stderr } = await shell('$TAPELOOM media list > /dev/full');
    expect(stderr).to.contain('ENOSPC');
    expect(status).to.equal(74);
  });

  it('refuses to destroy where nobody can be asked', async () => {
    fixture.jobs.destroys.set('TPL001L9', { volumeId: volumeIdOf(1), pool: 'p', bytes: 1, isNamed: false });
    const { status, stderr } = await run('media', 'label', 'TPL001L9', '--pool', 'default');
    expect(status).to.equal(64);
    expect(stderr).to.contain('--yes');
    expect(fixture.jobs.orders).to.deep.equal([]);
  });

  it('exits with 130 when it is interrupted while the daemon works', async () => {
    fixture.jobs.start = async () => new Promise<never>(() => undefined);
    const { status, stderr } = await shell(
      '$TAPELOOM media eject TPL001L9 & pid=$!; trap - INT; sleep 1; kill -INT $pid; wait $pid',
    );
    expect(status).to.equal(130);
    expect(stderr).to.contain('interrupted');
  });

  it('names the one who typed it to the audit', async () => {
    await run('media', 'eject', 'TPL001L9');
    const who = fixture.jobs.calls[0]?.[1];
    expect(who)
      .to.be.a('string')
      .and.to.match(/^[\w.@-]+$/);
    expect(who).not.to.equal('control-door');
  });

  it('says what is missing before it saves or restores', async () => {
    const id = '0192f000-0000-7000-8000-000000000101';
    const credentials = { TAPELOOM_CLIENT: 'web01', TAPELOOM_TOKEN: 'secret' };
    const cases: readonly (readonly [readonly string[], Record<string, string>, string])[] = [
      [['save', '-', '--name', 'x', '--pool', 'p'], {}, 'TAPELOOM_CLIENT'],
      [['save', '-', '--name', 'x', '--pool', 'p'], { TAPELOOM_CLIENT: 'web01' }, 'token'],
      [['save', '-', '--name', 'x'], credentials, 'TAPELOOM_POOL'],
      [['save', '-', '--name', 'x', '--pool', 'p', '--based-on', '7'], credentials, 'not a stream id'],
      [['save', '/none', '--name', 'x', '--pool', 'p'], credentials, '/none'],
      [['save', '-', '--name', 'x', '--pool', 'p', '--attribute', 'x'], credentials, 'key=value'],
      [['save', '-', '--name', 'x', '--pool', 'p', '--address', 'nowhere'], credentials, 'host:port'],
      [['save', '-', '--name', 'x', '--pool', 'p', '--token-file', '/none'], credentials, '/none'],
      [['restore', '7', '-'], credentials, 'not a stream id'],
      [['restore', id, '-'], {}, 'TAPELOOM_CLIENT'],
      [['restore', id, '/'], credentials, '/'],
      [['restore', id, '-', '--ca', '/none'], credentials, '/none'],
    ];
    for (const [args, environment, words] of cases) {
      const { status, stderr } = await runCli(args, { TAPELOOM_SOCKET: fixture.socketPath, ...environment });
      expect(status, `${args.join(' ')}: ${stderr}`).to.equal(64);
      expect(stderr).to.contain(words);
    }
  });
});
