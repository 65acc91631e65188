import { expect } from 'chai';
import type { CatalogueRecord } from '../../../src/inventory/catalogue.js';
import type { InventoryChange } from '../../../src/inventory/inventory.js';
import type { StoredInventory } from '../../../src/inventory/stored-inventory.js';
import { exportCatalogue } from '../../../src/jobs/catalogue-export.js';
import { CatalogueImport, type ImportOutcome } from '../../../src/jobs/catalogue-import.js';
import { CatalogueReader, type CatalogueLine } from '../../../src/protocol/catalogue-file.js';
import {
  cartridgeRecord,
  collect,
  extentRecord,
  extentRecords,
  poolRecord,
  readContent,
  rejectionOf,
  SAMPLE_CHANGES,
  streamOn,
  type InventoryContent,
} from '../../support/inventory-samples.js';
import { makeMediaEnvironment, type MediaFixture } from '../../support/media-environment.js';
import { barcodeOf, streamIdOf, streamRecord, volumeIdOf, volumeRecord } from '../../support/records.js';

const CREATED_MS = Date.UTC(2026, 10, 27);

async function inventoryOf(...changes: readonly InventoryChange[]): Promise<MediaFixture> {
  const fixture = await makeMediaEnvironment();
  for (const change of changes) await fixture.inventory.commit(change);
  return fixture;
}

async function linesOf(inventory: StoredInventory, pool: string | null = null): Promise<readonly CatalogueLine[]> {
  const reader = new CatalogueReader();
  const lines: CatalogueLine[] = [];
  const header = { node: 'node-a', software: 'tapeloom test', createdMs: CREATED_MS, pool };
  for await (const line of exportCatalogue(inventory, header)) lines.push(...reader.push(Buffer.from(line)));
  expect(reader.finish().records).to.equal(lines.length);
  return lines;
}

async function importInto(
  { environment }: MediaFixture,
  lines: readonly CatalogueLine[],
  overwrite: readonly string[] = [],
): Promise<ImportOutcome> {
  return new CatalogueImport({ environment, catalogueMs: CREATED_MS, overwrite: new Set(overwrite) }).enter(lines);
}

/** What an import can bring back: not what happened. */
async function content({ inventory }: MediaFixture): Promise<Partial<InventoryContent>> {
  const { cartridges, volumes, streams, extents, streamsOnVolume, pools } = await readContent(inventory);
  return {
    cartridges,
    volumes,
    streams,
    extents,
    streamsOnVolume,
    pools: pools.map((pool) => ({ ...pool, declared: false })),
  };
}

/** Closed volumes with streams over them, as they lie on a shelf. */
const BOOKS: readonly InventoryChange[] = [
  {
    pools: [poolRecord('default'), poolRecord('other')],
    cartridges: [1, 2, 3].map((n) => cartridgeRecord(n)),
    volumes: [1, 2, 3].map((n) =>
      volumeRecord(n, {
        state: 'full',
        closed: true,
        pool: n === 3 ? 'other' : 'default',
        endOfData: { blockAddress: 900, sequence: 800, lastIndex: 899 },
      }),
    ),
  },
  whole(1, [1]),
  whole(2, [1, 2]),
  whole(3, [3]),
];

/** A stream with two extents on each of the volumes, counted as the inventory does. */
function whole(stream: number, volumes: readonly number[]): InventoryChange {
  const extents = 2 * volumes.length;
  const change = streamOn(stream, volumes, 2);
  return {
    ...change,
    streams: [
      streamRecord(
        stream,
        { volumes: volumes.map(volumeIdOf), extents, blocks: 2 * extents, lengthBytes: 1000 * extents, crc32c: stream },
        { retentionEndMs: 5 },
      ),
    ],
  };
}

const recordsOf = (lines: readonly CatalogueLine[], kind: CatalogueRecord['kind']): readonly unknown[] =>
  lines.filter((line) => line.kind === kind).map(({ record }) => record);

describe('a catalogue of the inventory', () => {
  it('has every record, each volume behind its cartridge and extents behind their stream', async () => {
    const { inventory } = await inventoryOf(...SAMPLE_CHANGES);
    const kinds = (await linesOf(inventory)).map(({ kind }) => kind).join(' ');
    expect(kinds).to.match(
      /^(pool )+(cartridge volume ){2}(stream (extents )*){3}(drive ){2}(health ){2}(move ){3}(audit ){3}job job$/,
    );
  });

  it('is of one moment, whatever is committed while it is read', async () => {
    const { inventory } = await inventoryOf(...BOOKS);
    const before = await linesOf(inventory);
    const records = inventory.catalogue()[Symbol.asyncIterator]();
    const found = [await records.next()];
    await inventory.commit({ ...whole(4, [1]), volumes: [volumeRecord(2, { state: 'suspect' })] });
    for (let next = await records.next(); next.done !== true; next = await records.next()) found.push(next);
    expect(found.map(({ value }) => value as unknown)).to.deep.equal(before);
  });

  it('can be left in the middle', async () => {
    const { inventory } = await inventoryOf(...BOOKS);
    for await (const { kind } of inventory.catalogue()) if (kind === 'stream') break;
    for await (const { kind } of inventory.catalogue()) if (kind === 'pool') break;
    await inventory.close();
  });

  it('tells nothing of a volume that was used again', async () => {
    const { inventory } = await inventoryOf(...BOOKS);
    await inventory.commit({
      forgetVolumes: [volumeIdOf(1)],
      cartridges: [cartridgeRecord(1, { volumeId: null, labelCount: 1 })],
    });
    const lines = await linesOf(inventory);
    expect(JSON.stringify(lines)).not.to.contain(volumeIdOf(1));
    expect(recordsOf(lines, 'stream')).to.have.length(2);
  });

  it('of a pool has its volumes, and of each stream what lies on them', async () => {
    const { inventory } = await inventoryOf(...BOOKS, ...SAMPLE_CHANGES.slice(7));
    const lines = await linesOf(inventory, 'other');
    expect(lines.map(({ kind }) => kind)).to.deep.equal(['pool', 'cartridge', 'volume', 'stream', 'extents']);
  });
});

describe('the import of a catalogue', () => {
  let source: MediaFixture;
  let lines: readonly CatalogueLine[];

  beforeEach(async () => {
    source = await inventoryOf(...BOOKS);
    lines = await linesOf(source.inventory);
  });

  it('refuses records it does not understand, and enters nothing of their part', async () => {
    const target = await inventoryOf();
    const bad: readonly CatalogueLine[] = [
      { kind: 'planet', record: {} },
      { kind: 'volume', record: { ...volumeRecord(9), moons: 2 } },
      { kind: 'stream', record: { ...streamRecord(9), lengthBytes: -1 } },
      { kind: 'extents', record: { volumeId: volumeIdOf(1) } },
      { kind: 'extents', record: null },
      { kind: 'extents', record: { streamId: streamIdOf(1).toUpperCase(), volumeId: volumeIdOf(1), rows: [] } },
    ];
    for (const line of bad)
      expect(await rejectionOf(importInto(target, [...lines, line])), JSON.stringify(line)).to.have.property(
        'code',
        'INVENTORY_FILE_DAMAGED',
      );
    expect(await target.inventory.streams({ limit: 10 })).to.deep.equal([]);
  });

  it('into an empty inventory makes it equal, record by record, and a second time changes nothing', async () => {
    const target = await inventoryOf();
    const first = await importInto(target, lines);
    expect(first).to.deep.include({ entered: lines.length, same: 0, newer: [], left: [] });
    expect(await content(target)).to.deep.equal(await content(source));
    const second = await importInto(target, lines);
    expect(second).to.deep.include({ entered: 0, same: lines.length, newer: [], left: [] });
    expect(await content(target)).to.deep.equal(await content(source));
    expect((await target.inventory.scrub()).problems).to.deep.equal([]);
  });

  it('may come in any parts', async () => {
    const target = await inventoryOf();
    for (let at = 0; at < lines.length;) {
      const end = lines[at + 1]?.kind === 'volume' ? at + 2 : at + 1;
      await importInto(target, lines.slice(at, end));
      at = end;
    }
    expect(await content(target)).to.deep.equal(await content(source));
  });

  it('leaves a volume that may have been written since to be read first', async () => {
    await source.inventory.commit({
      volumes: [volumeRecord(2), volumeRecord(3, { state: 'scratch', pool: 'scratch' })],
    });
    const target = await inventoryOf();
    await importInto(target, await linesOf(source.inventory));
    const [, open, scratch] = await target.inventory.volumes();
    expect(open?.state).to.equal('suspect');
    expect(open?.stateReason)
      .to.contain('2026-11-27')
      .and.to.contain(`catalog rebuild ${barcodeOf(2)}`);
    expect(scratch?.state).to.equal('scratch');
    expect(await importInto(target, await linesOf(source.inventory))).to.deep.include({ entered: 0, newer: [] });
  });

  it('keeps where the changers found the cartridges', async () => {
    const location = { kind: 'slot', changer: 'new', slot: 7 } as const;
    const target = await inventoryOf({
      cartridges: [cartridgeRecord(1, { location, volumeId: null, labelCount: 0 })],
    });
    await importInto(target, lines);
    expect(await target.inventory.cartridge(barcodeOf(1))).to.deep.equal(cartridgeRecord(1, { location }));
  });

  it('enters nothing of a volume whose cartridge was labelled or erased since', async () => {
    for (const since of [
      { volumeId: volumeIdOf(9), labelCount: 2 },
      { volumeId: null, labelCount: 1 },
    ]) {
      const cartridge = cartridgeRecord(1, since);
      const target = await inventoryOf({ cartridges: [cartridge] });
      const { left } = await importInto(target, lines);
      expect(left).to.have.length(3);
      expect(await target.inventory.volume(volumeIdOf(1))).to.equal(null);
      expect(await target.inventory.cartridge(barcodeOf(1))).to.deep.equal(cartridge);
      expect(await target.inventory.stream(streamIdOf(1)), 'it lay there alone').to.equal(null);
      const partly = await target.inventory.stream(streamIdOf(2));
      expect(partly).to.deep.include({ state: 'incomplete', volumes: [volumeIdOf(2)], extents: 2 });
      expect((await target.inventory.scrub()).problems).to.deep.equal([]);
    }
  });

  it('leaves a cartridge alone of which it tells a later label: the medium is to be read', async () => {
    const target = await inventoryOf({
      cartridges: [cartridgeRecord(1, { volumeId: volumeIdOf(9), labelCount: 1 })],
    });
    await source.inventory.commit({ cartridges: [cartridgeRecord(1, { labelCount: 2 })] });
    const { left } = await importInto(target, await linesOf(source.inventory));
    expect(left.join()).to.contain('`catalog rebuild`');
    expect((await target.inventory.cartridge(barcodeOf(1)))?.volumeId).to.equal(volumeIdOf(9));
  });

  it('replaces nothing newer unless it is named, and says what it kept', async () => {
    const newer: InventoryChange = {
      pools: [poolRecord('default', { declared: false, retentionDays: 99 })],
      volumes: [
        volumeRecord(1, {
          state: 'retired',
          closed: true,
          endOfData: { blockAddress: 900, sequence: 800, lastIndex: 899 },
        }),
      ],
      streams: [
        streamRecord(
          1,
          {
            volumes: [volumeIdOf(1)],
            extents: 2,
            blocks: 4,
            lengthBytes: 2000,
            crc32c: 1,
            hold: { reason: 'audit', who: 'olga', sinceMs: 1 },
          },
          { retentionEndMs: 9 },
        ),
      ],
    };
    await source.inventory.commit({ pools: [poolRecord('default', { declared: false })] });
    lines = await linesOf(source.inventory);
    const target = await inventoryOf();
    await importInto(target, lines);
    await target.inventory.commit(newer);
    const before = await content(target);

    const kept = await importInto(target, lines);
    expect(kept.newer.map(({ name }) => name)).to.deep.equal(['pool:default', barcodeOf(1), streamIdOf(1)]);
    expect(await content(target)).to.deep.equal(before);

    const named = await importInto(target, lines, [barcodeOf(1), 'pool:default', streamIdOf(1)]);
    expect(named.newer).to.deep.equal([]);
    expect((await target.inventory.volume(volumeIdOf(1)))?.state).to.equal('full');
    expect((await target.inventory.pool('default'))?.retentionDays).to.equal(30);
    const stream = await target.inventory.stream(streamIdOf(1));
    expect(stream?.hold, 'a hold stays').to.have.property('who', 'olga');
    expect(stream?.descriptor.retentionEndMs, 'no retention is shortened').to.equal(9);
  });

  it('never takes from a volume or a stream what came since', async () => {
    const target = await inventoryOf();
    await importInto(target, lines);
    const grown = {
      state: 'complete',
      volumes: [volumeIdOf(1), volumeIdOf(2)],
      lengthBytes: 5000,
      extents: 5,
      blocks: 10,
      crc32c: 8,
    } as const;
    const endOfData = { blockAddress: 990, sequence: 880, lastIndex: 980 };
    await target.inventory.commit({
      volumes: [volumeRecord(2, { state: 'full', closed: true, endOfData, blocks: 2 })],
      streams: [streamRecord(2, grown, { retentionEndMs: 5 })],
      extents: [{ streamId: streamIdOf(2), extents: [extentRecord(2, 4)] }],
    });
    const names = [barcodeOf(2), streamIdOf(2)];
    await importInto(target, lines, names);
    expect(await target.inventory.volume(volumeIdOf(2))).to.deep.include({ endOfData, blocks: 2 });
    expect(await target.inventory.stream(streamIdOf(2))).to.deep.include(grown);
    expect(await collect(target.inventory.extents(streamIdOf(2)))).to.have.length(5);
  });

  it('brings what the inventory has less of: more extents, a stream that was completed', async () => {
    const target = await inventoryOf(...BOOKS.slice(0, 1), {
      streams: [
        streamRecord(
          2,
          {
            state: 'incomplete',
            volumes: [volumeIdOf(1)],
            extents: 1,
            blocks: 2,
            lengthBytes: 1000,
            reason: 'it broke off',
          },
          { retentionEndMs: 5 },
        ),
      ],
      extents: [{ streamId: streamIdOf(2), extents: extentRecords(1, 0, 1) }],
    });
    await importInto(target, lines);
    expect(await content(target)).to.deep.equal(await content(source));
  });

  it('shows as incomplete what was being written when it was made', async () => {
    await source.inventory.commit({ streams: [streamRecord(4, { state: 'open', endedMs: null })] });
    const target = await inventoryOf();
    await importInto(target, await linesOf(source.inventory));
    const stream = await target.inventory.stream(streamIdOf(4));
    expect(stream?.state).to.equal('incomplete');
    expect(stream?.reason).to.contain('catalogue');
  });

  it('leaves pools to the configuration that declares them', async () => {
    const target = await inventoryOf({ pools: [poolRecord('default', { retentionDays: 99 })] });
    const { left } = await importInto(target, lines, ['pool:default']);
    expect(left).to.have.length(1);
    expect((await target.inventory.pool('default'))?.retentionDays).to.equal(99);
    expect((await target.inventory.pool('other'))?.declared).to.equal(false);
  });
});
