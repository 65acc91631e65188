import { expect } from 'chai';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Logger, silentLogger } from '../../../src/base/logger.js';
import { StorageError } from '../../../src/base/storage-error.js';
import { ERRNO } from '../../../src/device/errno.js';
import { loadNativeLibrary } from '../../../src/device/native-library.js';
import { SystemdNotifier } from '../../../src/device/systemd-notify.js';

const { notifySystemd } = loadNativeLibrary();

/** native/notify-receiver.c in place of systemd: Node.js has no Unix datagram sockets. */
class Receiver {
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  readonly #closed: Promise<unknown>;
  #text = '';

  constructor(address: string, count: number) {
    this.#child = spawn('native/build/notify-receiver', [address, String(count)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.#text += chunk;
    });
  }

  /** Until the socket is bound. */
  async ready(): Promise<void> {
    while (!this.#text.startsWith('ready\n') && this.#child.exitCode === null)
      await Promise.race([once(this.#child.stdout, 'data'), this.#closed]);
  }

  /** The datagrams, when all have come. */
  async messages(): Promise<readonly string[]> {
    await this.#closed;
    return this.#text.slice('ready\n'.length).split('\n--\n').slice(0, -1);
  }
}

describe('the notification of systemd', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tapeloom-notify-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  for (const kind of ['a path', 'an abstract name'] as const)
    it(`reaches a socket with ${kind}`, async () => {
      const socket = kind === 'a path' ? join(directory, 'notify') : `@${directory}/abstract`;
      const receiver = new Receiver(socket, 4);
      await receiver.ready();
      const notifier = new SystemdNotifier({ notifySocket: socket, pid: 7 }, notifySystemd, silentLogger);
      notifier.ready('2 drives');
      notifier.watchdog();
      notifier.status('writing VTL001');
      notifier.stopping('waiting for 1 checkpoint');
      expect(await receiver.messages()).to.deep.equal([
        'READY=1\nSTATUS=2 drives',
        'WATCHDOG=1',
        'STATUS=writing VTL001',
        'STOPPING=1\nSTATUS=waiting for 1 checkpoint',
      ]);
    });

  it('lets no status text become another assignment', () => {
    const sent: string[] = [];
    const send = (_: string, message: string): number => {
      sent.push(message);
      return 0;
    };
    const notifier = new SystemdNotifier({ notifySocket: '/run/x', pid: 7 }, send, silentLogger);
    notifier.status('one\nMAINPID=1\r\n\0two');
    expect(sent).to.deep.equal(['STATUS=one MAINPID=1 two']);
  });

  it('is not sent and not missed without a socket', () => {
    for (const notifySocket of [undefined, '']) {
      const send = (): number => {
        throw new Error('sent');
      };
      const notifier = new SystemdNotifier({ notifySocket, watchdogUsec: '10000000', pid: 7 }, send, silentLogger);
      notifier.ready('x');
      notifier.watchdog();
      expect(notifier.watchdogIntervalMs).to.equal(null);
    }
  });

  it('that fails is logged with its errno and stops nothing', () => {
    const events: unknown[] = [];
    const logger: Logger = {
      log: (level, event, message, fields) => {
        events.push({ level, event, message, fields });
      },
    };
    const socket = join(directory, 'nobody');
    new SystemdNotifier({ notifySocket: socket, pid: 7 }, notifySystemd, logger).watchdog();
    expect(events).to.deep.equal([
      {
        level: 'warn',
        event: 'systemd.notify-failed',
        message: 'systemd was not told WATCHDOG=1: ENOENT (2): no such file or directory',
        fields: { socket, errno: ERRNO.ENOENT },
      },
    ]);
  });

  it('refuses an address that is none, or too long for a socket', () => {
    expect(notifySystemd('', 'x')).to.equal(-ERRNO.EINVAL);
    expect(notifySystemd('@', 'x')).to.equal(-ERRNO.EINVAL);
    expect(notifySystemd('relative/path', 'x')).to.equal(-ERRNO.EINVAL);
    expect(notifySystemd(`/${'x'.repeat(107)}`, 'x')).to.equal(-ERRNO.ENAMETOOLONG);
    expect(notifySystemd(`/${'x'.repeat(106)}`, 'x')).to.equal(-ERRNO.ENOENT);
  });
});

describe('the watchdog interval', () => {
  const intervalOf = (watchdogUsec?: string, watchdogPid?: string): number | null =>
    new SystemdNotifier({ notifySocket: '/run/x', watchdogUsec, watchdogPid, pid: 7 }, () => 0, silentLogger)
      .watchdogIntervalMs;

  it('is half of what systemd allows', () => {
    expect(intervalOf('30000000')).to.equal(15_000);
    expect(intervalOf('1')).to.equal(1);
  });

  it('is null when systemd does not watch, or watches another process', () => {
    expect(intervalOf()).to.equal(null);
    expect(intervalOf('')).to.equal(null);
    expect(intervalOf('30000000', '8')).to.equal(null);
    expect(intervalOf('30000000', '7')).to.equal(15_000);
  });

  it('is refused when it is no number', () => {
    for (const text of ['soon', '0', '-5', '1e9', '99999999999999999999'])
      expect(() => intervalOf(text))
        .to.throw(StorageError)
        .with.property('code', 'CONFIG_KEY');
  });
});
