import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';
import type { DriveView, MediumView, StatusView, StreamView } from '../../src/protocol/control-api.js';
import { patternedBytes, patternedChunks } from '../support/patterned-bytes.js';
import type { CliResult } from '../support/daemon-process.js';
import { SimNode } from '../support/sim-node.js';

const STREAMS = 8;
const STREAM_BYTES = 11_000_000;
const CARTRIDGES = 14;

describe('spanning through the CLI, on the simulated two-drive library', () => {
  let node: SimNode;

  afterEach(async () => {
    await node.remove();
  });

  async function run(...args: readonly string[]): Promise<CliResult> {
    const result = await node.cli(...args);
    expect(result.status, `${args.join(' ')}: ${result.stderr}`).to.equal(0);
    return result;
  }
  async function operate(...args: [string, ...string[]]): Promise<void> {
    const { status, stderr } = await node.operate(...args);
    expect(status, `${args.join(' ')}: ${stderr}`).to.equal(0);
  }
  const save = async (n: number, bytes: number): Promise<CliResult> =>
    node.cliWith({ input: patternedChunks(n, bytes) }, 'save', '--pool', 'default', '--name', `s${String(n)}`, '-');
  const idOf = ({ status, stdout, stderr }: CliResult): string => {
    expect(status, stderr).to.equal(0);
    return stdout.toString('utf8').trim();
  };
  async function expectRestores(streamId: string, n: number, bytes: number): Promise<void> {
    const restored = await run('restore', streamId, '-');
    expect(restored.stdout.equals(patternedBytes(n, bytes)), `stream ${String(n)} comes back bit for bit`).to.equal(
      true,
    );
  }
  async function until(what: string, isSo: (status: StatusView) => boolean): Promise<StatusView> {
    for (;;) {
      const status = await node.json<StatusView>('status');
      if (isSo(status)) return status;
      if (node.process.exitCode !== null) throw new Error(`the daemon ended before ${what}: ${node.log}`);
      await delay(50);
    }
  }

  it('carries eight streams at once over at least three volumes each, and gives them back from cartridges in the wrong slots', async () => {
    node = new SimNode('--library', 'library', '--cartridges', String(CARTRIDGES), '--capacity', '16MiB');
    // Without collecting, which would write each of these short streams in one run, and so to fewer volumes.
    const buffer = '[buffer]\nblock_size = "256KiB"\nring_bytes = "16MiB"\ncollect_bytes = 0\n';
    node.configure('20-small.toml', buffer);
    await node.start();
    await run('media', 'label', '--all', '--pool', 'default', '--yes');
    const ids = (
      await Promise.all(Array.from({ length: STREAMS }, async (_, n) => save(n, STREAM_BYTES + n * 1000)))
    ).map(idOf);

    for (const id of ids) {
      const stream = await node.json<StreamView>('stream', 'show', id);
      expect(stream.volumes.length, `volumes of ${stream.name}`).to.be.at.least(3);
    }
    const { drives } = await node.json<{ drives: DriveView[] }>('drive', 'list');
    for (const { name, kind, mounts } of drives)
      if (kind === 'tape') expect(mounts, `mounts of ${name}`).to.be.at.least(2);
    expect(node.log, 'no client was told to wait for a person').to.not.contain('operator.requested');

    // Somebody has put them back wherever there was room.
    expect(await node.stop()).to.equal(0);
    const places = (
      JSON.parse((await node.operate('status', '--json')).stdout.toString('utf8')) as {
        cartridges: { barcode: string; place: string }[];
      }
    ).cartridges.filter(({ place }) => place.startsWith('slot '));
    for (const { place } of places) await operate('take', place.slice('slot '.length));
    for (const [i, { barcode }] of places.entries()) await operate('put', barcode, String(24 - i));
    await node.start();
    for (const [n, id] of ids.entries()) await expectRestores(id, n, STREAM_BYTES + n * 1000);
  });

  it('holds the stream when the pool has no volume left, says so, and goes on by itself when there is one', async () => {
    node = new SimNode('--library', 'library', '--cartridges', '3', '--capacity', '24MiB');
    node.configure('20-somebody.toml', '[spanning]\nwait_hours = 1\n');
    await node.start();
    await run('media', 'label', 'TPL001L9', '--pool', 'default');
    const saving = save(1, 60_000_000);
    const status = await until('a person is asked', ({ operatorRequests }) => operatorRequests.length > 0);
    expect(status.operatorRequests[0]?.message).to.contain('Pool default has no volume');
    expect(status.sessions[0]?.state).to.equal('waiting-for-operator');
    expect(status.drives.filter(({ state }) => state === 'busy')).to.deep.equal([]);
    await run('media', 'label', 'TPL002L9', '--pool', 'default');
    // Its session may be past the second before anybody looks.
    while ((await node.control.medium('TPL002L9')).state !== 'full') await delay(50);
    await until('the person is asked again', ({ operatorRequests }) => operatorRequests.length > 0);
    await run('media', 'label', 'TPL003L9', '--pool', 'default');
    const result = await saving;
    await expectRestores(idOf(result), 1, 60_000_000);
    expect((await node.json<StatusView>('status')).operatorRequests).to.deep.equal([]);
  });

  it('ends in good order while it waits for a person, and keeps what is durable', async () => {
    node = new SimNode('--library', 'library', '--cartridges', '1', '--capacity', '24MiB');
    node.configure('20-somebody.toml', '[spanning]\nwait_hours = 1\n');
    await node.start();
    await run('media', 'label', 'TPL001L9', '--pool', 'default');
    const saving = save(1, 60_000_000);
    await until('a person is asked', ({ operatorRequests }) => operatorRequests.length > 0);
    expect(await node.stop()).to.equal(0);
    const { status, stderr } = await saving;
    expect([status, stderr.includes('JOB_SHUTTING_DOWN')]).to.deep.equal([75, true]);
    await node.start();
    const { streams } = await node.json<{ streams: StreamView[] }>('stream', 'list');
    expect(streams.map(({ state }) => state)).to.deep.equal(['incomplete']);
    expect(Number(streams[0]?.lengthBytes)).to.be.greaterThan(10_000_000);
  });

  it('goes on with the other drive when one is taken down, which stays so over a restart', async () => {
    node = await new SimNode('--library', 'library', '--cartridges', '3').start();
    await run('media', 'label', '--all', '--pool', 'default', '--yes');
    await run('drive', 'down', 'tape0', '--reason', 'its fan is loud');
    const id = idOf(await save(1, 3_000_000));
    expect(await node.stop()).to.equal(0);
    await node.start();
    const { drives } = await node.json<{ drives: DriveView[] }>('drive', 'list');
    expect(drives.map(({ name, state, stateReason }) => [name, state, stateReason])).to.deep.equal([
      ['tape0', 'down', 'its fan is loud'],
      ['tape1', 'idle', ''],
      ['disk0', 'idle', ''],
    ]);
    await expectRestores(id, 1, 3_000_000);
    const refused = await node.cli('drive', 'rewind', 'tape0');
    expect([refused.status, refused.stderr.includes('[DRIVE_DOWN]')]).to.deep.equal([75, true]);
    await run('drive', 'up', 'tape0');
    await run('drive', 'load', 'TPL003L9', 'tape0');
    const { stdout } = await run('drive', 'fsf', 'tape0');
    expect(stdout.toString('utf8')).to.equal('tape0 stands at block 3, tape file 1\n');
    const memory = await run('drive', 'cartridge-memory', 'tape0');
    expect(memory.stdout.toString('utf8')).to.match(/^0806h +barcode +TPL003L9$/m);
    const history = await run('media', 'history', 'TPL003L9');
    expect(history.stdout.toString('utf8')).to.contain('mount');
    expect((await node.json<MediumView>('media', 'show', 'TPL003L9')).state).to.equal('append');
    // The tape was moved by hand: what is saved next is where it belongs all the same.
    await expectRestores(idOf(await save(2, 3_000_000)), 2, 3_000_000);
  });
});
