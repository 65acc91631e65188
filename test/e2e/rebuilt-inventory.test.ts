import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LevelStore } from '../../src/inventory/level-store.js';
import type { CartridgeRecord, ExtentRecord, StreamRecord, VolumeRecord } from '../../src/inventory/records.js';
import { StoredInventory } from '../../src/inventory/stored-inventory.js';
import type { JobView } from '../../src/protocol/job-api.js';
import type { Barcode } from '../../src/terms/barcode.js';
import { collect } from '../support/inventory-samples.js';
import { patternedBytes, patternedChunks } from '../support/patterned-bytes.js';
import { runReader } from '../support/reader-process.js';
import { SimNode } from '../support/sim-node.js';
import { readCartridgeObjects, writeTapeFiles } from '../support/written-media.js';

const CARTRIDGES = 20;
const barcodeOf = (n: number): Barcode => `TPL${String(n + 1).padStart(3, '0')}L9` as Barcode;

interface Books {
  readonly cartridges: readonly CartridgeRecord[];
  readonly volumes: readonly VolumeRecord[];
  readonly streams: readonly StreamRecord[];
  readonly extents: ReadonlyMap<string, readonly ExtentRecord[]>;
}

/** What the inventory of a node that does not run tells of media. */
async function readBooks(node: SimNode): Promise<Books> {
  const inventory = new StoredInventory(new LevelStore(join(node.directory, 'inventory')));
  await inventory.open();
  const streams = await collect(inventory.everyStream());
  const extents = new Map<string, readonly ExtentRecord[]>();
  for (const { descriptor } of streams)
    extents.set(descriptor.streamId, await collect(inventory.extents(descriptor.streamId)));
  const books = {
    cartridges: await inventory.cartridges(),
    volumes: await inventory.volumes(),
    streams,
    extents,
  };
  await inventory.close();
  return books;
}

/** Without what no medium tells (docs/ARCHITECTURE.md, rebuilding). */
function tellable({ cartridges, volumes, streams, extents }: Books): unknown {
  return {
    cartridges: cartridges.map(({ barcode, volumeId, labelCount, mediumSerial }) => ({
      barcode,
      volumeId,
      labelCount,
      mediumSerial,
    })),
    volumes: volumes.map((volume) => ({
      ...volume,
      mounts: 0,
      errors: 0,
      firstWrittenMs: volume.firstWrittenMs === null ? null : 0,
      lastWrittenMs: volume.lastWrittenMs === null ? null : 0,
      tails: volume.tails.map(({ from, to }) => ({ from, to })),
    })),
    streams: streams.map((stream) => ({ ...stream, startedMs: 0, endedMs: 0, reason: '' })),
    extents,
  };
}

/** Times that were taken down a moment apart. */
function expectNear(found: number | null, expected: number | null): void {
  expect(found === null).to.equal(expected === null);
  expect(Math.abs((found ?? 0) - (expected ?? 0))).to.be.lessThan(120_000);
}

describe('an inventory that is lost', () => {
  let node: SimNode;
  const saved: { readonly id: string; readonly pattern: number; readonly bytes: number }[] = [];

  async function save(pattern: number, bytes: number, ...options: string[]): Promise<string> {
    const input = patternedChunks(pattern, bytes);
    const args = ['save', '--pool', 'default', '--name', `stream-${String(pattern)}`, ...options, '-'];
    const result = await node.cliWith({ input }, ...args);
    expect(result.status, result.stderr).to.equal(0);
    const id = result.stdout.toString('utf8').trim();
    saved.push({ id, pattern, bytes });
    return id;
  }

  async function job(
    ...args: string[]
  ): Promise<{ readonly status: number | null; readonly job: JobView; readonly stderr: string }> {
    const { status, stdout, stderr } = await node.cli('--json', ...args);
    const lines = stdout.toString('utf8').trim().split('\n');
    const ended = lines.map((line) => JSON.parse(line) as { message_type: string; job: JobView });
    const last = ended.findLast(({ message_type }) => message_type === 'job-ended');
    if (last === undefined) throw new Error(`no job ended: ${stderr}`);
    return { status, job: last.job, stderr };
  }

  before(async () => {
    const options = ['--library', 'library', '--cartridges', String(CARTRIDGES), '--capacity', '6MiB'];
    node = new SimNode(...options).configure('20-small.toml', '[buffer]\nblock_size = "256KiB"\n');
    await node.start();
    const labelled = await node.cli('media', 'label', '--all', '--pool', 'default');
    expect(labelled.status, labelled.stderr).to.equal(0);
    // Alone and at once, empty, small, and over two and more volumes, until nearly every cartridge is full.
    const full = await save(0, 700_000, '--attribute', 'host=web01');
    await save(1, 0);
    for (let round = 0; round < 6; round++) {
      const first = 10 * (round + 1);
      await Promise.all([0, 1, 2].map((n) => save(first + n, 1_500_000 * (n + 1) + n)));
      await save(first + 3, 3_000_000, '--level', 'incremental', '--based-on', full);
    }
    await save(2, 12_000_000);
  });
  after(async () => {
    await node.remove();
  });

  it('comes back from the cartridges alone, record by record, and the stand-alone reader gives the same bytes', async () => {
    expect(await node.stop()).to.equal(0);
    const before = await readBooks(node);
    expect(before.volumes.filter(({ bytes }) => bytes > 0).length).to.be.greaterThan(12);
    expect(before.streams.filter(({ volumes }) => volumes.length > 2).length).to.be.greaterThan(0);
    rmSync(join(node.directory, 'inventory'), { recursive: true });

    await node.start();
    const rebuilt = await job('catalog', 'rebuild');
    expect(rebuilt.status, rebuilt.stderr).to.equal(0);
    expect(rebuilt.job.result).to.deep.equal({
      volumes: CARTRIDGES,
      streams: before.streams.length,
      streamsWithMissingBytes: [],
    });
    const scrubbed = await job('catalog', 'scrub');
    expect([scrubbed.status, scrubbed.job.result]).to.deep.equal([0, { problems: [] }]);

    // What came back is used: restored, appended to, based upon.
    for (const { id, pattern, bytes } of [saved[0], saved.at(-1)].flatMap((one) => one ?? [])) {
      const restored = await node.cli('restore', id, '-');
      expect(restored.stdout.equals(patternedBytes(pattern, bytes)), restored.stderr).to.equal(true);
    }
    expect(await node.stop()).to.equal(0);
    const after = await readBooks(node);
    expect(tellable(after)).to.deep.equal(tellable(before));
    for (const [i, volume] of after.volumes.entries()) {
      expectNear(volume.firstWrittenMs, before.volumes[i]?.firstWrittenMs ?? null);
      expectNear(volume.lastWrittenMs, before.volumes[i]?.lastWrittenMs ?? null);
    }
    for (const [i, stream] of after.streams.entries()) expectNear(stream.endedMs, before.streams[i]?.endedMs ?? null);

    const dumps = Array.from({ length: CARTRIDGES }, (_, n) =>
      writeTapeFiles(
        join(node.directory, `dump-${String(n)}`),
        readCartridgeObjects(join(node.directory, 'rack'), barcodeOf(n)),
      ),
    );
    expect(runReader(['verify', ...dumps]).status).to.equal(0);
    for (const { id, pattern, bytes } of saved) {
      const { status, stdout, stderr } = runReader(['extract', id, '-', ...dumps]);
      expect([status, stdout.equals(patternedBytes(pattern, bytes))], stderr).to.deep.equal([0, true]);
    }
    await node.start();
  });

  it('comes back from the blocks alone as well, in parts and in any order, and is never entered twice', async () => {
    await node.stop();
    const before = await readBooks(node);
    rmSync(join(node.directory, 'inventory'), { recursive: true });
    await node.start();
    const [some, rest] = [[13, 2, 7].map(barcodeOf), [0, 19, 5].map(barcodeOf)];
    for (const barcodes of [some, rest]) {
      const { status, stderr } = await job('catalog', 'rebuild', '--blocks', ...barcodes);
      expect(status, stderr).to.equal(0);
    }
    const again = await job('catalog', 'rebuild', ...some);
    expect(again.job.result).to.include({ volumes: 0 });
    const last = await job('catalog', 'rebuild', '--blocks');
    expect(last.job.result).to.deep.include({ volumes: CARTRIDGES - 6, streamsWithMissingBytes: [] });
    await node.stop();
    expect(tellable(await readBooks(node))).to.deep.equal(tellable(before));
    await node.start();
  });

  it('is compared with the media by media verify and stream verify', async () => {
    const { job: verified, status } = await job('media', 'verify', barcodeOf(0), barcodeOf(1));
    expect([status, verified.result]).to.deep.equal([0, { missing: [] }]);
    expect(verified.steps.map(({ message }) => message)).to.satisfy((all: string[]) =>
      all.every((message) => message.endsWith('all good')),
    );
    const ids = saved.slice(-3).map(({ id }) => id);
    const streams = await job('stream', 'verify', ...ids);
    expect([streams.status, streams.job.result]).to.deep.equal([0, { missing: [] }]);
  });
});
