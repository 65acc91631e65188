import type { VolumeId } from '../terms/ids.js';
import { corrupt } from './envelope.js';
import type { CatalogueRecord } from './catalogue.js';
import { withoutVolumes } from './forgotten-volumes.js';
import type { InventoryStore } from './inventory-store.js';
import type { RecordCodec } from './record-codec.js';
import type { VolumeRecord } from './records.js';
import {
  AUDIT,
  CARTRIDGE,
  DRIVE,
  EXTENTS,
  HEALTH,
  JOB,
  MOVE,
  POOL,
  STREAM,
  VOLUME,
  type ExtentsRecord,
} from './stored-records.js';
import { keysOfTable, streamIdOfExtentsKey, type Table } from './tables.js';

type Rows = AsyncIterable<readonly [string, Uint8Array]>;

/** The records of every table as they are at the time of the call, which is one moment for all of them. */
export function readCatalogue(store: InventoryStore, forgotten: ReadonlySet<VolumeId>): AsyncIterable<CatalogueRecord> {
  const tables = ['p', 'c', 'l', 's', 'e', 'd', 'h', 'm', 'a', 'j'] as const satisfies readonly Table[];
  // All iterators are made in the same turn: each sees the store as it is now.
  const rows = new Map<Table, Rows>();
  for (const table of tables) {
    const { from, to } = keysOfTable(table);
    rows.set(table, store.iterate(from, to));
  }
  return readTables(new OpenTables(rows), forgotten);
}

/** Iterators that hold a state of the store until each was read to its end or left. */
class OpenTables {
  readonly #rows: Map<Table, Rows>;

  constructor(rows: Map<Table, Rows>) {
    this.#rows = rows;
  }

  /** To be read to its end, or left. */
  take(table: Table): Rows {
    const rows = this.#rows.get(table);
    if (rows === undefined) throw new Error(`table ${table} was taken`);
    this.#rows.delete(table);
    return rows;
  }

  async *records<T>(table: Table, codec: RecordCodec<T>): AsyncGenerator<T> {
    for await (const [key, value] of this.take(table)) yield codec.decode(key, value);
  }

  /** Lets go of what was not taken. */
  async close(): Promise<void> {
    for (const rows of this.#rows.values()) {
      const iterator = rows[Symbol.asyncIterator]();
      // An iterator is closed only once it was begun.
      await iterator.next();
      await iterator.return?.();
    }
  }
}

async function* readTables(tables: OpenTables, forgotten: ReadonlySet<VolumeId>): AsyncGenerator<CatalogueRecord> {
  try {
    for await (const record of tables.records('p', POOL)) yield { kind: 'pool', record };
    const volumes = new Map<VolumeId, VolumeRecord>();
    for await (const volume of tables.records('l', VOLUME)) volumes.set(volume.volumeId, volume);
    for await (const record of tables.records('c', CARTRIDGE)) {
      yield { kind: 'cartridge', record };
      const volume = record.volumeId === null ? undefined : volumes.get(record.volumeId);
      if (volume !== undefined) yield { kind: 'volume', record: volume };
    }
    yield* readStreams(tables, forgotten);
    for await (const record of tables.records('d', DRIVE)) yield { kind: 'drive', record };
    for await (const record of tables.records('h', HEALTH)) yield { kind: 'health', record };
    for await (const record of tables.records('m', MOVE)) yield { kind: 'move', record };
    for await (const record of tables.records('a', AUDIT)) yield { kind: 'audit', record };
    for await (const record of tables.records('j', JOB)) yield { kind: 'job', record };
  } finally {
    await tables.close();
  }
}

/** Streams and extents are both sorted by stream: each stream's follow it. */
async function* readStreams(tables: OpenTables, forgotten: ReadonlySet<VolumeId>): AsyncGenerator<CatalogueRecord> {
  const extents = tables.take('e')[Symbol.asyncIterator]();
  try {
    let next = await extents.next();
    for await (const stored of tables.records('s', STREAM)) {
      const { streamId } = stored.descriptor;
      const record = withoutVolumes(stored, forgotten);
      if (record !== null) yield { kind: 'stream', record };
      for (; next.done !== true; next = await extents.next()) {
        const [key, value] = next.value;
        const owner = streamIdOfExtentsKey(key);
        if (owner === null || owner < streamId) throw corrupt(key, 'it belongs to no stream');
        if (owner > streamId) break;
        const decoded: ExtentsRecord = EXTENTS.decode(key, value);
        if (record !== null && !forgotten.has(decoded.volumeId))
          yield { kind: 'extents', record: { streamId, ...decoded } };
      }
    }
  } finally {
    await extents.return?.();
  }
}
