import { expect } from 'chai';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { MediumView, StatusView, StreamView } from '../../src/protocol/control-api.js';
import type { JobView } from '../../src/protocol/job-api.js';
import { isAtWork } from '../../src/terms/job-words.js';
import { patternedBytes } from '../support/patterned-bytes.js';
import { PtyPair } from '../support/pty-pair.js';
import { barcodeOf } from '../support/records.js';
import type { CliResult } from '../support/daemon-process.js';
import { SimNode } from '../support/sim-node.js';

describe('a library of two drives and 24 slots through the CLI', () => {
  let node: SimNode;

  const start = async (...args: readonly string[]): Promise<void> => {
    node = await new SimNode('--library', 'library', ...args).start();
  };
  afterEach(async () => {
    await node.remove();
  });

  const operate = async (...args: [string, ...string[]]): Promise<void> => {
    const { status, stderr } = await node.operate(...args);
    expect(status, `${args.join(' ')}: ${stderr}`).to.equal(0);
  };
  const done = async (...args: readonly string[]): Promise<CliResult> => {
    const result = await node.cli(...args);
    expect(result.status, `${args.join(' ')}: ${result.stderr}`).to.equal(0);
    return result;
  };
  const media = async (): Promise<readonly MediumView[]> =>
    (await node.json<{ media: MediumView[] }>('media', 'list')).media;
  const locationOf = async (barcode: string): Promise<MediumView['location']> =>
    (await node.json<MediumView>('media', 'show', barcode)).location;
  const newestJob = async (): Promise<JobView | undefined> =>
    (await node.json<{ jobs: JobView[] }>('job', 'list')).jobs[0];
  /** Also one whose order is still on its way. */
  const jobWhen = async (isSo: (job: JobView) => boolean): Promise<JobView> => {
    for (;;) {
      const job = await newestJob();
      if (job !== undefined && isSo(job)) return job;
    }
  };
  const scanWith = (line: PtyPair, ...args: readonly string[]): ReturnType<SimNode['spawnCli']> =>
    node.spawnCli(['media', 'scan', '--device', line.path, ...args], ['pipe', 'pipe', 'pipe']);

  it('labels every blank cartridge in its slots with one command, and a second one finds none', async () => {
    await start('--cartridges', '20', '--capacity', '8MiB');
    const dry = await done('media', 'label', '--all', '--pool', 'default', '--dry-run');
    expect(dry.stdout.toString('utf8').trim().split('\n')).to.have.length(20);
    await done('media', 'label', '--all', '--pool', 'default');
    const states = (await media()).map(({ barcode, state }) => [barcode, state]);
    expect(states).to.have.deep.members([
      ...Array.from({ length: 20 }, (_, n) => [barcodeOf(n + 1), 'append']),
      ['CLN001L9', 'cleaning'],
      ['CLNU01CU', 'cleaning'],
    ]);
    const again = await node.cli('media', 'label', '--all', '--pool', 'default');
    expect([again.status, again.stderr.includes('[CHANGER_NO_CARTRIDGE]')]).to.deep.equal([66, true]);
  });

  it('brings a full set to a vault, takes it back into other slots, and restores from it', async () => {
    await start('--cartridges', '4', '--capacity', '24MiB');
    await done('media', 'label', '--all', '--pool', 'default');
    const whole = patternedBytes(1, 40_000_000);
    const saved = await node.cliWith({ input: [whole] }, 'save', '--pool', 'default', '--name', 'long', '-');
    const id = saved.stdout.toString('utf8').trim();
    expect(saved.status, saved.stderr).to.equal(0);
    const { volumes } = await node.json<StreamView>('stream', 'show', id);
    expect(volumes.length).to.be.greaterThan(1);
    const set = volumes.map(({ barcode }) => barcode);

    const ejected = await done('media', 'eject', ...set, '--vault', 'bank', '--due', '30d');
    for (const barcode of set) expect(ejected.stdout.toString('utf8')).to.contain(`  ${barcode}  import/export slot`);
    await operate('remove');
    for (const barcode of set) expect(await locationOf(barcode)).to.include({ kind: 'vault', vault: 'bank' });
    const listed = await done('media', 'list', '--location', 'vault', 'bank');
    expect(listed.stdout.toString('utf8').trim().split('\n')).to.have.length(set.length + 1);
    const missing = await node.cli('restore', id, '-');
    expect(missing.status, 'what is in a vault cannot be read').not.to.equal(0);

    // Nobody puts them back where they were.
    for (const [n, barcode] of [...set].reverse().entries())
      await operate('insert', barcode, '--mailslot', String(n + 1));
    await done('changer', 'transfer', '24', '20');
    await done('media', 'import', '--vault', 'bank');
    for (const barcode of set) expect(await locationOf(barcode)).to.include({ kind: 'slot' });
    const restored = await node.cli('restore', id, '-');
    expect(restored.status, restored.stderr).to.equal(0);
    expect(restored.stdout.equals(whole)).to.equal(true);
  });

  it('asks for the import/export slots to be emptied when a set is larger than they are, and goes on by itself', async () => {
    await start('--cartridges', '6', '--capacity', '8MiB');
    const barcodes = [1, 2, 3, 4, 5, 6].map(barcodeOf);
    const ejecting = node.cli('media', 'eject', ...barcodes, '--vault', 'bank');
    const waiting = await jobWhen(({ state }) => state === 'waiting-for-operator');
    const { operatorRequests } = await node.json<StatusView>('status');
    expect(operatorRequests.map(({ job, message }) => [job, message])).to.deep.equal([
      [waiting.jobId, waiting.waitingFor],
    ]);
    await operate('remove');
    const { status, stdout, stderr } = await ejecting;
    expect(status, stderr).to.equal(0);
    expect(stderr).to.contain('waiting: Take the cartridges out');
    expect(stdout.toString('utf8')).to.contain(`${barcodeOf(6)}  import/export slot`);
    expect(await locationOf(barcodeOf(1))).to.include({ kind: 'vault', vault: 'bank' });
  });

  it('cleans a drive that asks for it, and retires a cleaning cartridge that is used up', async () => {
    await start('--cartridges', '1', '--capacity', '8MiB');
    // One that is used up, of which only the drive knows; the library has a good one in its last slot.
    await operate('create', 'CLN000CU', '--uses', '0');
    await operate('put', 'CLN000CU', '10');
    await done('drive', 'load', barcodeOf(1), 'tape0');
    await operate('ask-cleaning', '0');
    const cleaned = await done('drive', 'clean', 'tape0');
    expect(cleaned.stdout.toString('utf8')).to.match(/^tape0: cleaned with CLN001L9, use 1 of 50$/m);
    expect((await node.json<MediumView>('media', 'show', 'CLN000CU')).state).to.equal('retired');
    expect(await locationOf('CLN001L9')).to.deep.equal({ kind: 'slot', changer: 'library', slot: 24 });
    await done('drive', 'load', barcodeOf(1), 'tape0');
    const { cleaningRequested } = await node.json<{ cleaningRequested: boolean }>('drive', 'status', 'tape0');
    expect(cleaningRequested).to.equal(false);
    const refused = await node.cli('drive', 'clean', 'tape0', '--cartridge', 'CLN000CU');
    expect([refused.status, refused.stderr.includes('[MEDIUM_CLEANING_EXPIRED]')]).to.deep.equal([65, true]);
  });

  it('cleans a drive that asks for it by itself, as soon as it is idle', async () => {
    await start('--cartridges', '1', '--capacity', '8MiB');
    await done('drive', 'load', barcodeOf(1), 'tape1');
    await operate('ask-cleaning', '1');
    // The drive tells when it is looked at.
    await done('drive', 'unload', 'tape1');
    const job = await jobWhen(({ kind, state }) => kind === 'clean' && !isAtWork(state));
    expect([job.state, job.who, job.steps[0]?.subject], JSON.stringify(job)).to.deep.equal([
      'succeeded',
      'tapeloomd',
      'tape1',
    ]);
    const cleaner = (await media()).find(({ barcode }) => barcode === 'CLN001L9' || barcode === 'CLNU01CU');
    expect(cleaner?.location.kind).to.equal('slot');
  });

  describe('with a scanner on a serial line', () => {
    let line: PtyPair;

    beforeEach(async () => {
      line = new PtyPair();
      await start('--cartridges', '4', '--capacity', '8MiB');
      await done('media', 'eject', ...[1, 2, 3].map(barcodeOf));
      await operate('remove');
    });
    afterEach(() => {
      line.close();
    });

    it('counts the shelf and reports what is missing and what is unexpected', async () => {
      const scan = scanWith(line, '--stock-take', 'shelf');
      const { stdin, stdout, stderr } = scan;
      if (stdin === null || stdout === null || stderr === null) throw new Error('pipes were asked for');
      const told = text(stdout);
      const lines: string[] = [];
      stderr.on('data', (chunk: Buffer) => lines.push(chunk.toString('utf8')));
      while (!lines.join('').includes('Scan now')) await once(stderr, 'data');
      // A prefix, asterisks, a bouncing trigger, something that is no cartridge, one that the library has.
      line.send(`]A0${barcodeOf(1)}\r\n*${barcodeOf(3)}*\r${barcodeOf(3)}\r4006381333931\r${barcodeOf(4)}\r`);
      while (!lines.join('').includes(`3: ${barcodeOf(4)}`)) await once(stderr, 'data');
      stdin.write('\n');
      const [status] = (await once(scan, 'close')) as [number | null];
      expect(status, lines.join('')).to.equal(0);
      const report = await told;
      expect(report).to.contain('the shelf: 2 there, 1 not found, 1 not expected');
      expect(report).to.contain(`missing:\n  ${barcodeOf(2)}\n`);
      expect(report).to.contain(`unexpected:\n  ${barcodeOf(4)}  booked: slot 4 of library\n`);
      expect(lines.join('')).to.contain('"4006381333931" is no barcode');
      expect(await locationOf(barcodeOf(2)), 'nothing is marked').to.deep.equal({ kind: 'shelf' });
    });

    it('books what was scanned when the scanner is unplugged, and fails', async () => {
      const scan = scanWith(line, '--check-out', '--vault', 'bank');
      const { stderr } = scan;
      if (stderr === null) throw new Error('pipes were asked for');
      const lines: string[] = [];
      stderr.on('data', (chunk: Buffer) => lines.push(chunk.toString('utf8')));
      while (!lines.join('').includes('Scan now')) await once(stderr, 'data');
      line.send(`${barcodeOf(1)}\r`);
      while (!lines.join('').includes(`1: ${barcodeOf(1)}`)) await once(stderr, 'data');
      line.close();
      const [status] = (await once(scan, 'close')) as [number | null];
      expect(status, lines.join('')).to.equal(71);
      expect(lines.join('')).to.contain('1 cartridge was scanned before').and.to.contain('[DEVICE_IO]');
      expect(await locationOf(barcodeOf(1))).to.include({ kind: 'vault', vault: 'bank' });
      expect(await locationOf(barcodeOf(2))).to.deep.equal({ kind: 'shelf' });
    });

    it('is refused when there is none', async () => {
      line.close();
      const { status, stderr } = await node.cli('media', 'scan', '--device', '/dev/nothing', '--check-in');
      expect([status, stderr.includes('[DEVICE_OPEN_FAILED]')]).to.deep.equal([71, true]);
    });
  });

  it('says after a kill what of a job was done, and does not begin it again', async () => {
    await start('--cartridges', '12', '--capacity', '8MiB');
    const id = (await done('media', 'label', '--all', '--pool', 'default', '--detach')).stdout.toString('utf8').trim();
    await jobWhen(({ steps }) => steps.some(({ state }) => state === 'done'));
    await node.kill();
    await node.start();
    const job = await node.json<JobView>('job', 'show', id);
    expect([job.state, job.error?.code]).to.deep.equal(['interrupted', 'JOB_INTERRUPTED']);
    expect(isAtWork(job.state)).to.equal(false);
    const labelled = (await media()).filter(({ volume }) => volume !== null).map(({ barcode }) => barcode);
    for (const { subject, state } of job.steps) if (state === 'done') expect(labelled).to.include(subject);
    // What the kill left in the drives is in no slot, from where blank ones are taken.
    for (const drive of ['tape0', 'tape1']) await node.cli('drive', 'unload', drive);
    await done('media', 'label', '--all', '--pool', 'default');
    const blank = (await media()).filter(({ state }) => state === 'blank');
    expect(blank).to.deep.equal([]);
  });
});
