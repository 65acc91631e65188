import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SerialPortMock } from 'serialport';
import { isStorageError } from '../../../src/base/storage-error.js';
import type { SerialPortLike } from '../../../src/cli/scanner.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import { runCommand } from '../../support/cli-fixture.js';
import { ControlDoorFixture } from '../../support/control-door-fixture.js';

const DEVICE = '/dev/scanner0';

/** A scanner that is no device, and the keyboard of the terminal beside it. */
class Scanner {
  readonly keyboard = new PassThrough();
  readonly opened: Promise<SerialPortMock>;
  baudRate = 0;
  #opening: (port: SerialPortMock) => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#opening = resolve;
    });
  }

  isPlugged = true;

  readonly isThere = (): boolean => this.isPlugged;

  readonly makePort = async (path: string, baudRate: number): Promise<SerialPortLike> => {
    this.baudRate = baudRate;
    SerialPortMock.binding.createPort(DEVICE, { echo: false, record: false });
    const port = new SerialPortMock({ path, baudRate, autoOpen: false });
    port.once('open', () => {
      this.#opening(port);
    });
    return port;
  };

  async send(text: string): Promise<void> {
    const port = await this.opened;
    const arrived = new Promise((resolve) => port.once('data', resolve));
    port.port?.emitData(Buffer.from(text, 'latin1'));
    await arrived;
    await nextTurn();
  }

  /** The package notices; or it does not, and only the device vanishes. */
  async unplug(how: 'told' | 'silent' = 'told'): Promise<void> {
    const port = await this.opened;
    if (how === 'silent') this.isPlugged = false;
    else port.emit('close', Object.assign(new Error('device not configured'), { disconnected: true }));
  }
}

describe('media scan', () => {
  let fixture: ControlDoorFixture;

  beforeEach(async () => {
    fixture = new ControlDoorFixture();
    await fixture.open();
  });
  afterEach(async () => {
    SerialPortMock.binding.reset();
    await fixture.close();
  });

  const run = async (
    args: readonly string[],
    changes: Parameters<typeof runCommand>[2] = {},
  ): ReturnType<typeof runCommand> => runCommand(fixture.socketPath, ['media', 'scan', ...args], changes);
  const typed = async (text: string, ...args: readonly string[]): ReturnType<typeof runCommand> => {
    const stdin = new PassThrough();
    stdin.end(text);
    return run(args, { stdin });
  };

  describe('from standard input', () => {
    it('books what was typed, in one job, each barcode once', async () => {
      const { error, stderr } = await typed(']A0tpl001l9\r\n*TPL002L9*\nTPL001L9\nnonsense\nTPL003L9', '--check-in');
      expect(error).to.equal(null);
      expect(fixture.jobs.orders).to.deep.equal([{ kind: 'check-in', barcodes: ['TPL001L9', 'TPL002L9', 'TPL003L9'] }]);
      expect(stderr).to.contain('1: TPL001L9 (append, drive tape0)').and.to.contain('"nonsense" is no barcode');
      expect(stderr).to.contain('3: TPL003L9 (not known here)');
    });

    it('checks out to a vault until the end of a day', async () => {
      await typed('TPL001L9\n', '--check-out', '--vault', 'bank', '--due', '2027-01-31');
      const [order] = fixture.jobs.orders as { dueMs: number }[];
      expect(order).to.deep.include({ kind: 'check-out', barcodes: ['TPL001L9'], vault: 'bank' });
      expect(new Date(order?.dueMs ?? 0)).to.deep.equal(new Date(2027, 0, 31, 23, 59, 59, 999));
    });

    it('counts a place, also an empty one', async () => {
      await typed('', '--stock-take', 'shelf');
      await typed('TPL001L9\n', '--stock-take', 'vault', 'bank', '--mark-missing');
      expect(fixture.jobs.orders).to.deep.equal([
        { kind: 'stock-take', place: { kind: 'shelf' }, barcodes: [], markMissing: false },
        { kind: 'stock-take', place: { kind: 'vault', vault: 'bank' }, barcodes: ['TPL001L9'], markMissing: true },
      ]);
    });

    it('books nothing when nothing was scanned', async () => {
      expect((await typed('\n\n', '--check-in')).error).to.be.instanceOf(UsageError);
      expect(fixture.jobs.orders).to.deep.equal([]);
    });

    it('books nothing when it is interrupted', async () => {
      const abort = new AbortController();
      const stdin = new PassThrough();
      const asked = run(['--check-in'], { stdin, signal: abort.signal });
      stdin.write('TPL001L9\n');
      while (stdin.readableLength > 0) await nextTurn();
      abort.abort(new Error('interrupted'));
      expect((await asked).error).to.be.instanceOf(Error);
      expect(fixture.jobs.orders).to.deep.equal([]);
    });
  });

  describe('from a serial scanner', () => {
    it('reads until Enter is pressed', async () => {
      const scanner = new Scanner();
      const asked = run(['--device', DEVICE, '--check-in'], { stdin: scanner.keyboard, serialLines: scanner });
      await scanner.send('TPL001L9\rTPL0');
      await scanner.send('02L9\r');
      scanner.keyboard.write('\n');
      const { error, stderr } = await asked;
      expect(error).to.equal(null);
      expect(stderr).to.contain('press Enter when it was the last one');
      expect(scanner.baudRate).to.equal(9600);
      expect(fixture.jobs.orders).to.deep.equal([{ kind: 'check-in', barcodes: ['TPL001L9', 'TPL002L9'] }]);
    });

    it('ignores a trigger that bounces', async () => {
      const scanner = new Scanner();
      const asked = run(['--device', DEVICE, '--baud', '115200', '--check-in'], {
        stdin: scanner.keyboard,
        serialLines: scanner,
      });
      await scanner.send('TPL001L9\rTPL001L9\r');
      scanner.keyboard.end();
      expect((await asked).stderr).not.to.contain('scanned before');
      expect(scanner.baudRate).to.equal(115_200);
    });

    for (const how of ['told', 'silent'] as const)
      it(`books what was scanned before it was unplugged (${how}), and fails with its error`, async () => {
        const scanner = new Scanner();
        const asked = run(['--device', DEVICE, '--check-in'], { stdin: scanner.keyboard, serialLines: scanner });
        await scanner.send('TPL001L9\r');
        await scanner.unplug(how);
        const { error, stderr } = await asked;
        expect(isStorageError(error, 'DEVICE_IO')).to.equal(true);
        expect(stderr).to.contain('1 cartridge was scanned before. They are booked now');
        expect(fixture.jobs.orders).to.deep.equal([{ kind: 'check-in', barcodes: ['TPL001L9'] }]);
      });

    it('does not compare half a shelf with the books when it is unplugged, and lists what was scanned', async () => {
      const scanner = new Scanner();
      const asked = run(['--device', DEVICE, '--stock-take', 'shelf', '--mark-missing'], {
        stdin: scanner.keyboard,
        serialLines: scanner,
      });
      await scanner.send('TPL001L9\r');
      await scanner.unplug();
      const { error, stdout } = await asked;
      expect(isStorageError(error, 'DEVICE_IO')).to.equal(true);
      expect(stdout).to.equal('TPL001L9\n');
      expect(fixture.jobs.orders).to.deep.equal([]);
    });

    it('that is not there is said at once', async () => {
      const make = async (path: string): Promise<SerialPortLike> =>
        new SerialPortMock({ path, baudRate: 9600, autoOpen: false });
      const { error } = await run(['--device', '/dev/nothing', '--check-in'], {
        stdin: new PassThrough(),
        serialLines: { makePort: make, isThere: () => true },
      });
      expect(isStorageError(error, 'DEVICE_OPEN_FAILED')).to.equal(true);
      expect(fixture.jobs.orders).to.deep.equal([]);
    });
  });

  it('takes no command line that makes no sense, and asks nobody', async () => {
    for (const args of [
      [],
      ['--check-in', '--stock-take', 'shelf'],
      ['--check-out'],
      ['--check-in', '--vault', 'bank'],
      ['--check-in', '--due', '30d'],
      ['--check-in', '--mark-missing'],
      ['--check-out', '--vault', 'bank', '--due', '2027-02-30'],
      ['--check-out', '--vault', 'bank', '--due', 'soon'],
      ['--stock-take', 'slot'],
      ['--stock-take', 'vault'],
      ['--stock-take', 'shelf', 'bank'],
      ['--check-in', '--device', DEVICE, '--baud', 'fast'],
    ])
      expect((await typed('TPL001L9\n', ...args)).error, args.join(' ')).to.be.instanceOf(UsageError);
    expect(fixture.jobs.calls).to.deep.equal([]);
  });
});
