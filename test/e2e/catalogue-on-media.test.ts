import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CatalogueRecord } from '../../src/inventory/catalogue.js';
import type { MediumView, StreamView } from '../../src/protocol/control-api.js';
import type { JobView } from '../../src/protocol/job-api.js';
import { CatalogueReader } from '../../src/protocol/catalogue-file.js';
import type { Barcode } from '../../src/terms/barcode.js';
import { patternedBytes, patternedChunks } from '../support/patterned-bytes.js';
import { runReader } from '../support/reader-process.js';
import { SimNode } from '../support/sim-node.js';
import { readCartridgeObjects, writeTapeFiles } from '../support/written-media.js';

const CARTRIDGES = 8;

interface Saved {
  readonly id: string;
  readonly pattern: number;
  readonly bytes: number;
}

interface NewestCatalogue {
  readonly streamId: string;
  readonly barcode: string;
}

describe('a catalogue on the newest volume of a pool', () => {
  let node: SimNode;
  const saved: Saved[] = [];
  let dumps = 0;

  async function save(pattern: number, bytes: number): Promise<void> {
    const args = ['save', '--pool', 'default', '--name', `stream-${String(pattern)}`, '-'];
    const result = await node.cliWith({ input: patternedChunks(pattern, bytes) }, ...args);
    expect(result.status, result.stderr).to.equal(0);
    saved.push({ id: result.stdout.toString('utf8').trim(), pattern, bytes });
  }

  async function rebuildFrom(barcode: string): Promise<JobView> {
    const { status, stdout, stderr } = await node.cli('--json', 'catalog', 'rebuild', '--from', barcode);
    expect(status, stderr).to.equal(0);
    const lines = stdout.toString('utf8').trim().split('\n');
    const ended = lines.map((line) => JSON.parse(line) as { message_type: string; job: JobView }).at(-1);
    if (ended?.message_type !== 'job-ended') throw new Error(stderr);
    return ended.job;
  }

  async function media(): Promise<readonly MediumView[]> {
    return (await node.json<{ media: MediumView[] }>('media', 'list')).media;
  }

  async function catalogues(): Promise<readonly StreamView[]> {
    return node.control.streams({ client: 'tapeloom', state: 'complete', limit: 100 });
  }

  /**
   * The newest that is whole, and the volume it lies on. Which that is, and what was full by then, depends on how soon the sessions were
   * over: a catalogue that its session does not outlast is given up.
   */
  async function newestCatalogue(): Promise<NewestCatalogue> {
    const newest = (await catalogues()).find(({ volumes }) => volumes.length === 1);
    if (newest === undefined) throw new Error('there is no catalogue on one volume');
    return { streamId: newest.streamId, barcode: newest.volumes[0]?.barcode ?? '' };
  }

  /** What it says, taken from its volume by the stand-alone reader. */
  function contentsOf({ streamId, barcode }: NewestCatalogue): {
    readonly pool: string | null;
    readonly full: readonly string[];
    readonly streams: readonly string[];
  } {
    const objects = readCartridgeObjects(join(node.directory, 'rack'), barcode as Barcode);
    const directory = writeTapeFiles(join(node.directory, `dumped-${String(++dumps)}`), objects);
    const listed = runReader(['list', directory]);
    expect(listed.stdout.toString('utf8')).to.contain('a catalogue of pool default, by the node itself');
    const file = join(node.directory, `extracted-${String(dumps)}.jsonl`);
    const taken = runReader(['extract', streamId, file, directory]);
    expect(taken.status, taken.stderr).to.equal(0);
    const reader = new CatalogueReader();
    const lines = reader.push(readFileSync(file)) as readonly CatalogueRecord[];
    return {
      pool: reader.finish().header.pool,
      full: lines.flatMap((line) =>
        line.kind === 'volume' && line.record.state === 'full' ? [line.record.barcode] : [],
      ),
      streams: lines.flatMap((line) =>
        line.kind === 'stream' && line.record.descriptor.client !== 'tapeloom' ? [line.record.descriptor.streamId] : [],
      ),
    };
  }

  async function expectAllRestored(): Promise<void> {
    for (const { id, pattern, bytes } of saved) {
      const { status, stdout, stderr } = await node.cli('restore', id, '-');
      expect(status, stderr).to.equal(0);
      expect(stdout.equals(patternedBytes(pattern, bytes)), id).to.equal(true);
    }
  }

  async function loseInventory(): Promise<void> {
    expect(await node.stop()).to.equal(0);
    rmSync(join(node.directory, 'inventory'), { recursive: true });
    await node.start();
  }

  before(async () => {
    const options = ['--library', 'library', '--cartridges', String(CARTRIDGES), '--capacity', '6MiB'];
    node = new SimNode(...options).configure('20-small.toml', '[buffer]\nblock_size = "256KiB"\n');
    await node.start();
    const labelled = await node.cli('media', 'label', '--all', '--pool', 'default');
    expect(labelled.status, labelled.stderr).to.equal(0);
    for (let n = 1; n <= 4; n++) await save(n, 4_500_000 + n);
    await Promise.all([5, 6].map(async (n) => save(n, 1_000_000 + n)));
  });
  after(async () => {
    await node.remove();
  });

  it('is written beside what clients save, and shown only to who asks for it', async () => {
    const full = (await media()).filter(({ state }) => state === 'full');
    expect(full.length).to.be.greaterThan(1);
    expect((await catalogues()).length).to.be.greaterThan(1);
    const { streams } = await node.json<{ streams: StreamView[] }>('stream', 'list');
    expect(streams.map(({ client }) => client)).not.to.contain('tapeloom');
    expect(streams).to.have.length(saved.length);
    for (const { keeping } of await catalogues()) expect(keeping, 'it keeps no volume').to.equal('expired');
  });

  it('is listed by the stand-alone reader, which takes it out as a file', async () => {
    expect(contentsOf(await newestCatalogue()).pool).to.equal('default');
  });

  it('brings back the inventory of all of them, without reading the volumes that were full by then', async () => {
    const before = await media();
    const streams = await node.control.streams({ limit: 1000 });
    const catalogue = await newestCatalogue();
    const { barcode } = catalogue;
    const { full } = contentsOf(catalogue);
    await loseInventory();
    expect(await node.control.streams({ limit: 1000 })).to.have.length(0);

    const job = await rebuildFrom(barcode);
    expect(job.result['catalogueAsOf']).to.be.a('string');
    expect(job.result).to.deep.include({ volumesInCatalogue: CARTRIDGES, volumesToBeRead: [] });
    const read = job.steps.map(({ subject }) => subject);
    expect(full.length).to.be.greaterThan(0);
    const others = before.map((one) => one.barcode).filter((of) => of !== barcode && of.startsWith('TPL'));
    expect([...read].sort()).to.deep.equal([barcode, ...others.filter((of) => !full.includes(of))].sort());

    const told = (all: readonly MediumView[]): unknown =>
      all.map(({ barcode: of, state, volume }) => [of, state, volume?.volumeId, volume?.bytes]);
    expect(told(await media())).to.deep.equal(told(before));
    const standing = (all: readonly StreamView[]): unknown =>
      all.map(({ streamId, state, lengthBytes, crc32c, blocks, extents, volumes }) => [
        [streamId, state, lengthBytes, crc32c, blocks, extents],
        volumes.map((one) => one.barcode),
      ]);
    expect(standing(await node.control.streams({ limit: 1000 }))).to.deep.equal(standing(streams));
    expect((await node.cli('catalog', 'scrub')).status).to.equal(0);
    await expectAllRestored();
  });

  it('lets what is written afterwards go on behind everything that was', async () => {
    await save(7, 2_000_000);
    await expectAllRestored();
  });

  it('is enough to know what is missing when the other volumes are elsewhere', async () => {
    const catalogue = await newestCatalogue();
    const { barcode } = catalogue;
    const lies = (await node.control.streams({ limit: 1000 })).filter(({ volumes }) =>
      volumes.some((one) => one.barcode === barcode),
    );
    const known = new Set([...contentsOf(catalogue).streams, ...lies.map(({ streamId }) => streamId)]);
    const others = (await media()).filter((one) => one.barcode !== barcode).map((one) => one.barcode);
    for (const drive of ['tape0', 'tape1']) await node.cli('drive', 'unload', drive);
    expect(await node.stop()).to.equal(0);
    rmSync(join(node.directory, 'inventory'), { recursive: true });
    for (const other of others) {
      const { status, stderr } = await node.operate('remove', other);
      expect(status, stderr).to.equal(0);
    }
    await node.start();
    const job = await rebuildFrom(barcode);
    expect(job.steps.map(({ subject }) => subject)).to.deep.equal([barcode]);
    expect(job.result['volumesInCatalogue']).to.equal(CARTRIDGES);
    const open = job.result['volumesToBeRead'] as readonly string[];
    const suspect = (await media()).filter(({ state }) => state === 'suspect').map((one) => one.barcode);
    expect([...open].sort())
      .to.deep.equal([...suspect].sort())
      .and.to.have.length.above(0);
    // Those of the catalogue and those that lie on its volume; the rest is on the volumes to be read.
    const streams = await node.control.streams({ limit: 1000 });
    expect(streams.map(({ streamId }) => streamId).sort()).to.deep.equal([...known].sort());
  });
});
