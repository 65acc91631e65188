import { expect } from 'chai';
import type { ExtentRecord, StreamRecord, VolumeRecord } from '../../../src/inventory/records.js';
import { StoredInventory } from '../../../src/inventory/stored-inventory.js';
import { adoptVolume, freeParts, type KnownStream, type VolumeReading } from '../../../src/jobs/volume-adoption.js';
import { missingRanges, rangesWithout } from '../../../src/jobs/stream-coverage.js';
import { newCartridge } from '../../../src/media/cartridge-register.js';
import type { StreamId } from '../../../src/terms/ids.js';
import { readLabel } from '../../../src/volume/label-io.js';
import type { CatalogExtent } from '../../../src/volume/volume-books.js';
import { catalogVolume } from '../../../src/volume/volume-catalog.js';
import { VolumeReader } from '../../../src/volume/volume-reader.js';
import { collect, sessionIdOf } from '../../support/inventory-samples.js';
import { MemoryStore } from '../../support/memory-store.js';
import { streamRecord } from '../../support/records.js';
import { randomBytes, RIG_PAYLOAD_BYTES, SaveRig, slotsOf } from '../../support/save-rig.js';
import { firstOf } from '../../support/volume-samples.js';

function extent(offset: number, bytes: number, blockAddress = offset): CatalogExtent {
  return { sessionId: sessionIdOf(1), blockAddress, sequence: blockAddress, blocks: bytes, offset, bytes };
}

const ranges = (parts: ReturnType<typeof freeParts>): readonly (readonly number[])[] =>
  parts.map(({ from, to }) => [from, to]);

describe('what of a volume the books lack', () => {
  it('is all of it when they know nothing of the stream, in the order of the stream', () => {
    const found = [extent(20, 10), extent(0, 10), extent(10, 10)];
    expect(freeParts(found, []).map((part) => part.extent.offset)).to.deep.equal([0, 10, 20]);
    expect(ranges(freeParts(found, []))).to.deep.equal([
      [0, 10],
      [10, 20],
      [20, 30],
    ]);
  });

  it('is nothing of what they have, and what lies before, between and behind it', () => {
    expect(freeParts([extent(0, 10)], [extent(0, 10)])).to.deep.equal([]);
    expect(freeParts([extent(2, 5)], [extent(0, 10)])).to.deep.equal([]);
    expect(ranges(freeParts([extent(0, 30)], [extent(10, 10)]))).to.deep.equal([
      [0, 10],
      [20, 30],
    ]);
    expect(ranges(freeParts([extent(5, 30)], [extent(0, 10), extent(20, 5), extent(25, 5)]))).to.deep.equal([
      [10, 20],
      [30, 35],
    ]);
    expect(
      ranges(freeParts([extent(0, 5), extent(5, 10), extent(15, 5)], [extent(0, 8), extent(18, 9)])),
    ).to.deep.equal([
      [8, 15],
      [15, 18],
    ]);
  });

  it('is each byte once when the volume itself has some twice', () => {
    expect(ranges(freeParts([extent(0, 10), extent(5, 10, 100)], []))).to.deep.equal([
      [0, 10],
      [10, 15],
    ]);
    expect(ranges(freeParts([extent(0, 10), extent(0, 10, 100), extent(2, 3, 200)], []))).to.deep.equal([[0, 10]]);
  });
});

describe('the coverage of a stream', () => {
  async function* each(extents: readonly CatalogExtent[]): AsyncGenerator<never> {
    for (const one of extents) yield one as never;
    await Promise.resolve();
  }

  it('tells the bytes that no extent holds, to the end of the stream', async () => {
    const stream = streamRecord(1, { lengthBytes: 40 });
    expect(await missingRanges(stream, each([extent(0, 10), extent(10, 30)]))).to.deep.equal([]);
    expect(await missingRanges(stream, each([extent(5, 10), extent(20, 10)]))).to.deep.equal([
      { from: 0, to: 5 },
      { from: 15, to: 20 },
      { from: 30, to: 40 },
    ]);
    expect(await missingRanges(stream, each([]))).to.deep.equal([{ from: 0, to: 40 }]);
  });

  it('tells what of some runs others do not hold', () => {
    expect(rangesWithout([extent(0, 10)], [extent(5, 10), extent(0, 5)])).to.deep.equal([]);
    expect(rangesWithout([extent(0, 10), extent(20, 10)], [extent(3, 2), extent(8, 14)])).to.deep.equal([
      { from: 0, to: 3 },
      { from: 5, to: 8 },
      { from: 22, to: 30 },
    ]);
    expect(rangesWithout([extent(0, 10)], [])).to.deep.equal([{ from: 0, to: 10 }]);
  });
});

describe('volumes that are entered into an inventory', () => {
  interface Entered {
    readonly streams: readonly StreamRecord[];
    readonly extents: readonly (readonly ExtentRecord[])[];
    readonly volumes: readonly VolumeRecord[];
  }

  async function spanned(): Promise<SaveRig> {
    const rig = new SaveRig({
      prepare: (medium) => {
        medium.earlyWarningAt = 60;
      },
    });
    [0, 70 * RIG_PAYLOAD_BYTES + 3, 40 * RIG_PAYLOAD_BYTES, 900].forEach((size, n) =>
      rig.open(n, randomBytes(n, size)),
    );
    await rig.runToEnd();
    return rig;
  }

  async function readAll(rig: SaveRig): Promise<readonly VolumeReading[]> {
    const slots = slotsOf(rig.ring.memory).slice(0, 4);
    const readings: VolumeReading[] = [];
    for (const { thread, volumeId } of rig.volumes) {
      const found = await readLabel(thread, firstOf(slots));
      if (found.kind !== 'tapeloom') throw new Error('the label is whole');
      const catalog = await catalogVolume(new VolumeReader(thread, volumeId), slots);
      readings.push({ label: found.label, catalog, mediumSerial: null });
    }
    return readings;
  }

  async function enter(readings: readonly VolumeReading[]): Promise<Entered> {
    const inventory = new StoredInventory(new MemoryStore());
    await inventory.open();
    for (const reading of readings) {
      const { label, catalog } = reading;
      const known = new Map<StreamId, KnownStream>();
      for (const { streamId } of catalog.streams) {
        const record = await inventory.stream(streamId);
        if (record !== null) known.set(streamId, { record, extents: await collect(inventory.extents(streamId)) });
      }
      const extents = new Map(
        catalog.streams.map(({ streamId, extents: found }) => [
          streamId,
          freeParts(found, known.get(streamId)?.extents ?? []).map((part) => part.extent),
        ]),
      );
      const cartridge = newCartridge(label.barcode);
      const pool = await inventory.pool(label.pool);
      await inventory.commit(
        adoptVolume({ reading, cartridge, known, before: null, extents, pool, who: 'olga', nowMs: 5 }),
      );
    }
    const streams = await collect(inventory.everyStream());
    const extents = await Promise.all(
      streams.map(async ({ descriptor }) => collect(inventory.extents(descriptor.streamId))),
    );
    expect((await inventory.scrub()).problems).to.deep.equal([]);
    const pools = await inventory.pools();
    expect(pools.map(({ name, recycles, drawsFromScratch }) => [name, recycles, drawsFromScratch])).to.deep.equal([
      ['default', false, false],
    ]);
    return { streams, extents, volumes: await inventory.volumes() };
  }

  it('bring the same records in whatever order, and those that the session had committed', async () => {
    const rig = await spanned();
    const readings = await readAll(rig);
    expect(readings.length).to.be.greaterThan(2);
    const inOrder = await enter(readings);
    for (const order of [[...readings].reverse(), [...readings.slice(1), ...readings.slice(0, 1)]])
      expect(await enter(order)).to.deep.equal(inOrder);

    for (const [
      i,
      { descriptor, state, lengthBytes, crc32c: crc, blocks, extents: count, volumes },
    ] of inOrder.streams.entries()) {
      const told = rig.checkpoints.flatMap(({ streams, volumeId, sessionId }) =>
        streams.flatMap((one) =>
          one.descriptor.streamId === descriptor.streamId ? [{ ...one, volumeId, sessionId }] : [],
        ),
      );
      const extents = told.flatMap(({ volumeId, sessionId, extents: some }) =>
        some.map((one) => ({ ...one, volumeId, sessionId })),
      );
      const last = told.at(-1);
      expect(inOrder.extents[i]).to.deep.equal(extents);
      expect({ state, lengthBytes, crc, blocks, count }).to.deep.equal({
        state: 'complete',
        lengthBytes: last?.durableBytes,
        crc: last?.crc32c,
        blocks: last?.durableBlocks,
        count: extents.length,
      });
      expect(volumes).to.deep.equal([...new Set(extents.map(({ volumeId }) => volumeId))]);
    }
    for (const [n, volume] of inOrder.volumes.entries()) {
      const told = rig.checkpoints.filter(({ volumeId }) => volumeId === rig.volumes[n]?.volumeId);
      expect(volume).to.deep.include({
        endOfData: told.at(-1)?.endOfData,
        blocks: told.reduce((sum, one) => sum + one.blocks, 0),
        bytes: told.reduce((sum, one) => sum + one.bytes, 0),
        state: n + 1 < inOrder.volumes.length ? 'full' : 'append',
      });
    }
  });

  it('leave a stream complete with a gap when one of its volumes is missing, until that is entered', async () => {
    const readings = await readAll(await spanned());
    const without = await enter(readings.filter((_, n) => n !== 1));
    const i = without.streams.findIndex(({ lengthBytes }) => lengthBytes === 70 * RIG_PAYLOAD_BYTES + 3);
    const stream = without.streams[i];
    if (stream === undefined) throw new Error('the stream is known');
    expect(stream.state).to.equal('complete');
    const missing = await missingRanges(stream, each(without.extents[i] ?? []));
    expect(missing).to.have.length(1);
  });

  it('keep a stream whose description is lost until somebody has looked at it', async () => {
    const rig = await spanned();
    const [reading] = await readAll(rig);
    if (reading === undefined) throw new Error('there is one');
    const { catalog } = reading;
    const streams = catalog.streams.map((one) => ({ ...one, descriptor: null, continuesAt: null }));
    const damage = [{ blockAddress: 3, damage: 'payload-damaged', reason: 'test' } as const];
    const entered = await enter([{ ...reading, catalog: { ...catalog, streams, damage } }]);
    for (const { hold, descriptor } of entered.streams) {
      expect(hold?.reason).to.equal('its description is lost on the medium');
      expect(descriptor.client).to.equal('unknown');
    }
    expect(entered.volumes[0]?.state).to.equal('suspect');
  });

  async function* each(extents: readonly ExtentRecord[]): AsyncGenerator<ExtentRecord> {
    yield* extents;
    await Promise.resolve();
  }
});
