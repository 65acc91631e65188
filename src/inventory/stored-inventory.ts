import { assert } from '../base/assert.js';
import { SerialQueue } from '../base/serial-queue.js';
import { isStorageError } from '../base/storage-error.js';
import type { JobState } from '../terms/job-words.js';
import { parseVolumeId, type JobId, type StreamId, type VolumeId } from '../terms/ids.js';
import type { Barcode } from '../terms/barcode.js';
import type { CatalogueRecord } from './catalogue.js';
import { corrupt } from './envelope.js';
import { VolumeClearing, withoutVolumes } from './forgotten-volumes.js';
import type { HealthFilter, Inventory, InventoryChange, ScrubReport, StreamFilter } from './inventory.js';
import { INVENTORY_LIMITS } from './inventory-limits.js';
import type { InventoryStore } from './inventory-store.js';
import { Ledger } from './ledger.js';
import type { RecordCodec } from './record-codec.js';
import type {
  AuditRecord,
  CartridgeRecord,
  ClockMarkRecord,
  DriveRecord,
  ExtentRecord,
  HealthRecord,
  JobRecord,
  MoveRecord,
  PoolRecord,
  StreamRecord,
  VolumeRecord,
} from './records.js';
import { checkStore, scrubStore } from './store-check.js';
import { readCatalogue } from './stored-catalogue.js';
import {
  AUDIT,
  CARTRIDGE,
  CLOCK_MARK,
  DRIVE,
  EXTENTS,
  HEALTH,
  JOB,
  MARK,
  MOVE,
  POOL,
  STREAM,
  unpackExtents,
  VOLUME,
} from './stored-records.js';
import { tabulateChange } from './tabulate-change.js';
import {
  cartridgeKey,
  CLOCK_MARK_KEY,
  driveKey,
  extentsKey,
  extentsOfStream,
  jobKey,
  keysOfTable,
  movesOfCartridge,
  poolKey,
  streamIdOfKey,
  streamKey,
  streamsOfVolume,
  volumeKey,
  type KeyRange,
} from './tables.js';

/** The inventory over an ordered store. */
export class StoredInventory implements Inventory {
  readonly #store: InventoryStore;
  readonly #ledger: Ledger;
  /** Commits and the clearing of forgotten volumes, one after another. */
  readonly #writes = new SerialQueue();
  /** Replaced, never changed: who iterates keeps the set of his beginning. */
  #forgotten: ReadonlySet<VolumeId> = new Set();
  readonly #watchers = new Set<(change: InventoryChange) => void>();
  #healthRecords = 0;
  #isOpen = false;
  #isClosing = false;

  constructor(store: InventoryStore) {
    this.#store = store;
    this.#ledger = new Ledger(store);
  }

  /** Reads every record once; a few seconds for millions of extents. */
  async open(): Promise<void> {
    assert(!this.#isOpen, 'the inventory is opened once');
    await this.#store.open();
    try {
      // First, since it tells another schema from damage.
      await this.#ledger.resume();
      await checkStore(this.#store);
      this.#forgotten = new Set(await this.#readForgotten());
      this.#healthRecords = await this.#countHealth();
    } catch (error) {
      await this.#store.close();
      throw error;
    }
    this.#isOpen = true;
    this.#isClosing = false;
    for (const volumeId of this.#forgotten) this.#startClearing(volumeId);
  }

  /** Commits called before are finished first. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#writes.run(async () => {
      this.#isOpen = false;
      await this.#store.close();
    });
  }

  async commit(change: InventoryChange): Promise<void> {
    await this.#writes.run(async () => {
      assert(this.#isOpen, 'the inventory is open');
      const forget = change.forgetVolumes ?? [];
      const forgotten = new Set([...this.#forgotten, ...forget]);
      const transaction = this.#ledger.lastTransaction + 1;
      const changes = await tabulateChange(change, { store: this.#store, forgotten, transaction });
      const expired = await this.#expiredHealth(change.health?.length ?? 0);
      await this.#ledger.write(new Map([...changes, ...expired.map((key) => [key, null] as const)]));
      this.#healthRecords += (change.health?.length ?? 0) - expired.length;
      this.#forgotten = forgotten;
      for (const volumeId of forget) this.#startClearing(volumeId);
    });
    for (const listener of [...this.#watchers]) listener(change);
  }

  watch(listener: (change: InventoryChange) => void): () => void {
    this.#watchers.add(listener);
    return () => {
      this.#watchers.delete(listener);
    };
  }

  async cartridge(barcode: Barcode): Promise<CartridgeRecord | null> {
    return this.#get(cartridgeKey(barcode), CARTRIDGE);
  }

  async cartridges(): Promise<readonly CartridgeRecord[]> {
    return collect(this.#iterate(keysOfTable('c'), CARTRIDGE));
  }

  async volume(volumeId: VolumeId): Promise<VolumeRecord | null> {
    return this.#get(volumeKey(volumeId), VOLUME);
  }

  async volumes(): Promise<readonly VolumeRecord[]> {
    return collect(this.#iterate(keysOfTable('l'), VOLUME));
  }

  async stream(streamId: StreamId): Promise<StreamRecord | null> {
    const stream = await this.#get(streamKey(streamId), STREAM);
    return stream === null ? null : withoutVolumes(stream, this.#forgotten);
  }

  async streams({ client, exceptClient, name, state, limit }: StreamFilter): Promise<readonly StreamRecord[]> {
    assertRows(limit);
    const matches = (stream: StreamRecord): boolean =>
      (client === undefined || stream.descriptor.client === client) &&
      stream.descriptor.client !== exceptClient &&
      (name === undefined || stream.descriptor.name === name) &&
      (state === undefined || stream.state === state);
    return takeWhere(this.#visibleStreams({ reverse: true }), matches, limit);
  }

  everyStream(): AsyncIterable<StreamRecord> {
    return this.#visibleStreams({});
  }

  async *extents(streamId: StreamId, offset = 0): AsyncIterable<ExtentRecord> {
    const forgotten = this.#forgotten;
    const { from, to } = extentsOfStream(streamId);
    let start = from;
    // The last record that begins at or before `offset` holds it, if one does.
    const upTo = extentsKey(streamId, offset);
    for await (const [key] of this.#store.iterate(from, `${upTo}\0`, { reverse: true, limit: 1 })) start = key;
    for await (const record of this.#iterate({ from: start, to }, EXTENTS)) {
      if (forgotten.has(record.volumeId)) continue;
      for (const extent of unpackExtents(record)) if (extent.offset + extent.bytes > offset) yield extent;
    }
  }

  async streamsOnVolume(volumeId: VolumeId): Promise<readonly StreamId[]> {
    if (this.#forgotten.has(volumeId)) return [];
    const ids: StreamId[] = [];
    const { from, to } = streamsOfVolume(volumeId);
    for await (const [key, value] of this.#store.iterate(from, to)) {
      MARK.decode(key, value);
      const streamId = streamIdOfKey(key);
      if (streamId === null) throw corrupt(key, 'it names no stream');
      ids.push(streamId);
    }
    return ids;
  }

  async audit(limit: number): Promise<readonly AuditRecord[]> {
    assertRows(limit);
    if (limit === 0) return [];
    return collect(this.#iterate(keysOfTable('a'), AUDIT, { reverse: true, limit }));
  }

  async moves(barcode: Barcode, limit: number): Promise<readonly MoveRecord[]> {
    assertRows(limit);
    if (limit === 0) return [];
    return collect(this.#iterate(movesOfCartridge(barcode), MOVE, { reverse: true, limit }));
  }

  async drive(name: string): Promise<DriveRecord | null> {
    return this.#get(driveKey(name), DRIVE);
  }

  async drives(): Promise<readonly DriveRecord[]> {
    return collect(this.#iterate(keysOfTable('d'), DRIVE));
  }

  async health({ drive, barcode, limit }: HealthFilter): Promise<readonly HealthRecord[]> {
    assertRows(limit);
    const all = this.#iterate(keysOfTable('h'), HEALTH, { reverse: true });
    const matches = (one: HealthRecord): boolean =>
      (drive === undefined || one.drive === drive) && (barcode === undefined || one.barcode === barcode);
    return takeWhere(all, matches, limit);
  }

  async pool(name: string): Promise<PoolRecord | null> {
    return this.#get(poolKey(name), POOL);
  }

  async pools(): Promise<readonly PoolRecord[]> {
    return collect(this.#iterate(keysOfTable('p'), POOL));
  }

  async clockMark(): Promise<ClockMarkRecord | null> {
    return this.#get(CLOCK_MARK_KEY, CLOCK_MARK);
  }

  async job(jobId: JobId): Promise<JobRecord | null> {
    return this.#get(jobKey(jobId), JOB);
  }

  async jobs({ state, limit }: { readonly state?: JobState; readonly limit: number }): Promise<readonly JobRecord[]> {
    assertRows(limit);
    const all = this.#iterate(keysOfTable('j'), JOB, { reverse: true });
    return takeWhere(all, (one) => state === undefined || one.state === state, limit);
  }

  catalogue(): AsyncIterable<CatalogueRecord> {
    return readCatalogue(this.#store, this.#forgotten);
  }

  async scrub(): Promise<ScrubReport> {
    return scrubStore(this.#store);
  }

  async #get<T>(key: string, codec: RecordCodec<T>): Promise<T | null> {
    const value = await this.#store.get(key);
    return value === null ? null : codec.decode(key, value);
  }

  /** Not itself a generator: the store takes its snapshot at the call. */
  #iterate<T>(
    { from, to }: KeyRange,
    codec: RecordCodec<T>,
    options: { readonly reverse?: boolean; readonly limit?: number } = {},
  ): AsyncIterable<T> {
    return decodeAll(this.#store.iterate(from, to, options), codec);
  }

  #visibleStreams(options: { readonly reverse?: boolean }): AsyncIterable<StreamRecord> {
    return leaveOut(this.#iterate(keysOfTable('s'), STREAM, options), this.#forgotten);
  }

  async #readForgotten(): Promise<readonly VolumeId[]> {
    const { from, to } = keysOfTable('f');
    const volumeIds: VolumeId[] = [];
    for await (const [key] of this.#store.iterate(from, to)) {
      const volumeId = parseVolumeId(key.slice(from.length));
      if (volumeId === null) throw corrupt(key, 'it names no volume');
      volumeIds.push(volumeId);
    }
    return volumeIds;
  }

  /** The oldest health records, when with `more` of them there are too many. */
  async #expiredHealth(more: number): Promise<readonly string[]> {
    const { healthKept, clearedPerBatch } = INVENTORY_LIMITS;
    if (more === 0 || this.#healthRecords + more <= healthKept + clearedPerBatch) return [];
    const { from, to } = keysOfTable('h');
    const limit = Math.min(this.#healthRecords, this.#healthRecords + more - healthKept);
    const keys: string[] = [];
    for await (const [key] of this.#store.iterate(from, to, { limit })) keys.push(key);
    return keys;
  }

  async #countHealth(): Promise<number> {
    const { from, to } = keysOfTable('h');
    let records = 0;
    for await (const [key] of this.#store.iterate(from, to)) records += Number(key.startsWith(from));
    return records;
  }

  #startClearing(volumeId: VolumeId): void {
    this.#clear(new VolumeClearing(this.#store, volumeId)).catch((error: unknown) => {
      if (!isStorageError(error)) throw error;
      // Nothing is wrong for readers yet; the next commit tells what happened, the next start tries again.
      this.#ledger.fail(error);
    });
  }

  /** A batch at a time: commits come in between. */
  async #clear(clearing: VolumeClearing): Promise<void> {
    let last = false;
    while (!last) {
      last = await this.#writes.run(async () => {
        if (this.#isClosing) return true;
        const step = await clearing.step();
        await this.#ledger.write(step.changes);
        if (step.last) this.#forgotten = new Set([...this.#forgotten].filter((id) => id !== clearing.volumeId));
        return step.last;
      });
    }
  }
}

function assertRows(limit: number): void {
  assert(
    Number.isInteger(limit) && limit >= 0 && limit <= INVENTORY_LIMITS.rows,
    `a query asks for at most ${String(INVENTORY_LIMITS.rows)} rows`,
  );
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** The first `limit` that match. */
async function takeWhere<T>(
  items: AsyncIterable<T>,
  matches: (item: T) => boolean,
  limit: number,
): Promise<readonly T[]> {
  const found: T[] = [];
  if (limit === 0) return found;
  for await (const item of items) {
    if (!matches(item)) continue;
    found.push(item);
    if (found.length === limit) break;
  }
  return found;
}

async function* decodeAll<T>(
  entries: AsyncIterable<readonly [string, Uint8Array]>,
  codec: RecordCodec<T>,
): AsyncIterable<T> {
  for await (const [key, value] of entries) yield codec.decode(key, value);
}

async function* leaveOut(
  streams: AsyncIterable<StreamRecord>,
  forgotten: ReadonlySet<VolumeId>,
): AsyncIterable<StreamRecord> {
  for await (const stream of streams) {
    const visible = withoutVolumes(stream, forgotten);
    if (visible !== null) yield visible;
  }
}
