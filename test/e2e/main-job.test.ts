import { expect } from 'chai';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OBJECT_ENTRY_BYTES } from '../../sim/object-entry.js';
import type { MediumView, StatusView, StreamView } from '../../src/protocol/control-api.js';
import { patternedBytes, patternedChunks } from '../support/patterned-bytes.js';
import type { CliResult } from '../support/daemon-process.js';
import { SimNode } from '../support/sim-node.js';

const TAPE = 'TPL001L9';

async function save(
  node: SimNode,
  name: string,
  input: Iterable<Uint8Array>,
  ...options: string[]
): Promise<CliResult> {
  return node.cliWith({ input }, 'save', '--pool', 'default', '--name', name, ...options, '-');
}

function idOf(result: CliResult): string {
  expect(result.stderr.includes('Error'), result.stderr).to.equal(false);
  expect(result.status, result.stderr).to.equal(0);
  return result.stdout.toString('utf8').trim();
}

async function expectRestores(node: SimNode, streamId: string, expected: Buffer): Promise<void> {
  const restored = await node.cli('restore', streamId, '-');
  expect(restored.status, restored.stderr).to.equal(0);
  expect(restored.stdout.equals(expected), 'restored bytes equal what was saved').to.equal(true);
}

describe('the main job through the CLI', () => {
  let node: SimNode;

  beforeEach(async () => {
    node = await new SimNode().start();
    expect((await node.cli('media', 'label', TAPE, '--pool', 'default')).status).to.equal(0);
  });
  afterEach(async () => {
    await node.remove();
  });

  it('saves streams at once, lists them, ejects, loads again and restores each bit for bit', async () => {
    const sizes = [0, 1, 5_000_000, 1_048_576 - 128, 12_345_678];
    const ids = (
      await Promise.all(sizes.map(async (size, i) => save(node, `s${String(i)}`, patternedChunks(i, size))))
    ).map(idOf);
    const { streams } = await node.json<{ streams: StreamView[] }>('stream', 'list');
    expect(streams.map((stream) => [stream.streamId, stream.state])).to.have.deep.members(
      ids.map((id) => [id, 'complete']),
    );
    expect((await node.cli('media', 'eject', TAPE)).status).to.equal(0);
    expect((await node.json<MediumView>('media', 'show', TAPE)).location).to.deep.equal({ kind: 'shelf' });
    expect((await node.cli('drive', 'load', TAPE, 'tape0')).status).to.equal(0);
    await Promise.all(ids.map(async (id, i) => expectRestores(node, id, patternedBytes(i, sizes[i] ?? 0))));
  });

  it('restores a byte range of a stream', async () => {
    const whole = patternedBytes(7, 4_000_000);
    const id = idOf(await save(node, 'range', [whole]));
    const part = await node.cli('restore', id, '-', '--offset', '1048000', '--length', '1500000');
    expect(part.stdout.equals(whole.subarray(1_048_000, 2_548_000))).to.equal(true);
  });

  it('keeps chains: an incremental names the full it is based on, and only one that is whole', async () => {
    const full = idOf(await save(node, 'home', [Buffer.from('full')], '--attribute', 'host=web01'));
    const incremental = idOf(
      await save(node, 'home', [Buffer.from('more')], '--level', 'incremental', '--based-on', full),
    );
    const shown = await node.json<StreamView>('stream', 'show', incremental);
    expect([shown.level, shown.basedOn]).to.deep.equal(['incremental', full]);
    expect((await node.json<StreamView>('stream', 'show', full)).attributes).to.deep.equal({ host: 'web01' });
    const orphan = await save(node, 'home', [Buffer.from('x')], '--level', 'incremental', '--based-on', TAPE);
    expect(orphan.status).to.not.equal(0);
    const unknown = await save(
      node,
      'home',
      [Buffer.from('x')],
      '--level',
      'incremental',
      '--based-on',
      full.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
    );
    expect([unknown.status, unknown.stderr]).to.satisfy(
      ([status, text]: [number, string]) => status === 65 && text.includes('JOB_BASE_UNKNOWN'),
    );
  });

  it('writes to a disk target by the same commands', async () => {
    expect((await node.cli('media', 'label', 'DSK001DK', '--pool', 'disk')).status).to.equal(0);
    const whole = patternedBytes(3, 3_000_000);
    const saved = await node.cliWith({ input: [whole] }, 'save', '--pool', 'disk', '--name', 'on-disk', '-');
    await expectRestores(node, idOf(saved), whole);
    const stream = await node.json<StreamView>('stream', 'show', idOf(saved));
    expect(stream.volumes.map((volume) => volume.barcode)).to.deep.equal(['DSK001DK']);
  });

  it('finishes on SIGTERM with status 0 and knows everything after the next start', async () => {
    const whole = patternedBytes(4, 2_500_000);
    const id = idOf(await save(node, 'kept', [whole]));
    expect(await node.stop()).to.equal(0);
    await node.start();
    await expectRestores(node, id, whole);
    const more = patternedBytes(5, 1_500_000);
    await expectRestores(node, idOf(await save(node, 'later', [more])), more);
  });

  it('goes on with the next volume of the pool when one is full, and the client does not notice', async () => {
    await node.remove();
    node = await new SimNode('--capacity', '24MiB').start();
    for (const barcode of [TAPE, 'TPL002L9', 'TPL003L9'])
      expect((await node.cli('media', 'label', barcode, '--pool', 'default')).status).to.equal(0);
    const whole = patternedBytes(6, 40_000_000);
    const id = idOf(await save(node, 'long', [whole]));
    const stream = await node.json<StreamView>('stream', 'show', id);
    expect(stream.volumes.length).to.be.greaterThan(1);
    await expectRestores(node, id, whole);
    const { media } = await node.json<{ media: MediumView[] }>('media', 'list');
    expect(media.filter((medium) => medium.state === 'full').length).to.be.greaterThan(0);
  });

  describe('with bad input', () => {
    /** The command fails with this code and exit status, and the daemon goes on. */
    const expectFailure = async (result: CliResult, code: string, status: number): Promise<void> => {
      expect(result.stderr).to.include(`[${code}]`);
      expect(result.status).to.equal(status);
      expect((await node.cli('status')).status).to.equal(0);
    };

    it('refuses an unknown pool and says which there are', async () => {
      const result = await node.cliWith({ input: [Buffer.from('x')] }, 'save', '--pool', 'nope', '--name', 'x', '-');
      await expectFailure(result, 'JOB_POOL_UNKNOWN', 66);
      expect(result.stderr).to.include('default');
    });

    it('refuses a wrong token', async () => {
      const result = await node.cliWith(
        { input: [], environment: { TAPELOOM_TOKEN_FILE: undefined, TAPELOOM_TOKEN: 'wrong' } },
        ...['save', '--pool', 'default', '--name', 'x', '-'],
      );
      await expectFailure(result, 'AUTH_DENIED', 77);
    });

    it('says what to label when no cartridge can be written, and keeps nothing as complete', async () => {
      const result = await node.cliWith({ input: [Buffer.from('x')] }, 'save', '--pool', 'disk', '--name', 'x', '-');
      await expectFailure(result, 'JOB_NO_VOLUME', 75);
      expect(result.stderr).to.include('tapeloom media label');
      const { streams } = await node.json<{ streams: StreamView[] }>('stream', 'list');
      expect(streams.map((stream) => stream.state)).to.deep.equal(['incomplete']);
    });

    it('does not write a write-protected cartridge, reads it, and tells why', async () => {
      const whole = Buffer.from('kept');
      const id = idOf(await save(node, 'before', [whole]));
      expect((await node.cli('media', 'eject', TAPE)).status).to.equal(0);
      expect(await node.stop()).to.equal(0);
      setCartridge(node, { writeProtected: true });
      await node.start();
      const refused = await save(node, 'after', [Buffer.from('x')]);
      await expectFailure(refused, 'JOB_NO_VOLUME', 75);
      expect(refused.stderr).to.include('write-protected');
      expect((await node.json<MediumView>('media', 'show', TAPE)).state).to.equal('read-only');
      await expectRestores(node, id, whole);
    });

    it('never labels over streams within their retention, nor over an unknown volume unless told to', async () => {
      idOf(await save(node, 'live', [Buffer.from('x')]));
      const live = await node.cli('media', 'label', TAPE, '--pool', 'default', '--overwrite', '--yes');
      await expectFailure(live, 'VOLUME_LIVE', 77);
      const other = await new SimNode().start();
      try {
        const foreign = await other.cli('media', 'label', 'nonsense', '--pool', 'default');
        expect(foreign.status).to.not.equal(0);
      } finally {
        await other.remove();
      }
    });

    it('refuses a disk volume in a tape pool, and a cartridge nobody has', async () => {
      await expectFailure(await node.cli('media', 'label', 'DSK001DK', '--pool', 'default'), 'MEDIUM_INCOMPATIBLE', 65);
      await expectFailure(
        await node.cli('media', 'label', 'ZZZ999L9', '--pool', 'default'),
        'CHANGER_NO_CARTRIDGE',
        66,
      );
      await expectFailure(await node.cli('drive', 'load', 'ZZZ999L9', 'tape0'), 'VOLUME_UNKNOWN', 66);
    });

    it('says which drives there are when one is not', async () => {
      const result = await node.cli('drive', 'status', 'nope');
      await expectFailure(result, 'DRIVE_UNKNOWN', 64);
      expect(result.stderr).to.include('tape0');
    });

    it('gives a wrong command line status 64 and a dead daemon 69', async () => {
      expect((await node.cli('media', 'frobnicate')).status).to.equal(64);
      expect((await node.cli('save', '-')).status).to.equal(64);
      const dead = await node.cliWith({ environment: { TAPELOOM_SOCKET: '/nonexistent/control.sock' } }, 'status');
      expect([dead.status, dead.stderr.includes('[PROTOCOL_UNREACHABLE]')]).to.deep.equal([69, true]);
    });

    it('prints the error as an object too when asked for JSON', async () => {
      const result = await node.cli('--json', 'stream', 'show', '00000000-0000-7000-8000-000000000000');
      const { error } = JSON.parse(result.stdout.toString('utf8')) as { error: { code: string } };
      expect([result.status, error.code]).to.deep.equal([66, 'JOB_STREAM_UNKNOWN']);
    });

    it('keeps a stream whose client broke off as incomplete, as far as it is durable', async () => {
      const child = node.spawnCli(['save', '--pool', 'default', '--name', 'broken', '-'], ['pipe', 'ignore', 'ignore']);
      child.stdin?.write(Buffer.alloc(3_000_000));
      for (;;) {
        const { sessions } = await node.json<StatusView>('status');
        if (sessions.some((session) => session.streams.some((one) => Number(one.writtenBytes) > 2_000_000))) break;
      }
      child.kill('SIGKILL');
      for (;;) {
        const { streams } = await node.json<{ streams: StreamView[] }>('stream', 'list');
        const [stream] = streams;
        if (stream?.state !== 'open') {
          expect([stream?.state, streams.length]).to.deep.equal(['incomplete', 1]);
          const restore = await node.cli('restore', stream?.streamId ?? '', '-');
          await expectFailure(restore, 'JOB_STREAM_INCOMPLETE', 65);
          const partly = await node.cli('restore', '--partial', stream?.streamId ?? '', '-');
          expect(partly.status, partly.stderr).to.equal(0);
          expect(partly.stderr).to.include('never completed');
          expect(partly.stdout.length).to.equal(Number(stream?.lengthBytes));
          expect(partly.stdout.equals(Buffer.alloc(partly.stdout.length)), 'what was sent').to.equal(true);
          return;
        }
      }
    });

    it('finds a flipped bit in a block, delivers every byte before it and names what is missing', async () => {
      const whole = patternedBytes(8, 5_000_000);
      const id = idOf(await save(node, 'flipped', [whole]));
      expect(await node.stop()).to.equal(0);
      flipByte(objectsFile(node), 0.7);
      await node.start();
      const result = await node.cli('restore', id, '-');
      await expectFailure(result, 'JOB_STREAM_DAMAGED', 65);
      expect(result.stdout.equals(whole.subarray(0, result.stdout.length))).to.equal(true);
      expect(result.stdout.length).to.be.greaterThan(0);
    });

    it('finds a flipped bit in the label and does not write', async () => {
      idOf(await save(node, 'labelled', [Buffer.from('x')]));
      expect(await node.stop()).to.equal(0);
      const file = objectsFile(node);
      const bytes = readFileSync(file);
      const at = bytes.indexOf('"volumeId"') + 20;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      await node.start();
      const result = await save(node, 'refused', [Buffer.from('y')]);
      await expectFailure(result, 'JOB_NO_VOLUME', 75);
      expect(result.stderr).to.include('label');
      expect(readFileSync(file).equals(bytes), 'nothing was written').to.equal(true);
    });

    describe('and a medium that is not the one the books name', () => {
      /** The daemon is stopped, the cartridge's content exchanged, and started again. */
      const exchange = async (change: () => Promise<void> | void): Promise<Buffer> => {
        idOf(await save(node, 'before', [Buffer.from('kept')]));
        expect(await node.stop()).to.equal(0);
        await change();
        await node.start();
        return readFileSync(objectsFile(node));
      };
      const expectNotWritten = async (before: Buffer, words: string): Promise<void> => {
        const result = await save(node, 'refused', [Buffer.from('y')]);
        await expectFailure(result, 'JOB_NO_VOLUME', 75);
        expect(result.stderr, result.stderr).to.include(words);
        expect(readFileSync(objectsFile(node)).equals(before), 'nothing was written').to.equal(true);
        expect((await node.json<MediumView>('media', 'show', TAPE)).state).to.equal('suspect');
      };

      it('does not write a blank one', async () => {
        const before = await exchange(() => {
          for (const file of ['objects.dat', 'objects.idx']) writeFileSync(join(cartridgeDirectory(node), file), '');
        });
        await expectNotWritten(before, 'is blank');
      });

      it("does not write another program's", async () => {
        const before = await exchange(() => {
          const index = join(cartridgeDirectory(node), 'objects.idx');
          writeFileSync(index, readFileSync(index).subarray(0, OBJECT_ENTRY_BYTES));
          writeFileSync(objectsFile(node), 'VOL1OTHER1'.padEnd(24) + 'BACKUPS-R-US'.padEnd(56));
        });
        await expectNotWritten(before, 'BACKUPS-R-US');
      });

      it('does not write the volume of another node that has the same barcode', async () => {
        const before = await exchange(async () => {
          const other = await new SimNode().start();
          try {
            idOf(await other.cli('media', 'label', TAPE, '--pool', 'default'));
            expect(await other.stop()).to.equal(0);
            cpSync(cartridgeDirectory(other), cartridgeDirectory(node), { recursive: true });
          } finally {
            await other.remove();
          }
        });
        await expectNotWritten(before, 'its label says');
      });
    });
  });
});

/** The simulated cartridge's files. */
function cartridgeDirectory(node: SimNode): string {
  return join(node.directory, 'rack', 'cartridges', TAPE);
}

function objectsFile(node: SimNode): string {
  return join(cartridgeDirectory(node), 'objects.dat');
}

function setCartridge(node: SimNode, changes: Record<string, unknown>): void {
  const file = join(cartridgeDirectory(node), 'cartridge.json');
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...changes }));
}

function flipByte(file: string, where: number): void {
  const bytes = readFileSync(file);
  const at = Math.floor(bytes.length * where);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  writeFileSync(file, bytes);
}
