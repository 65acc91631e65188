import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { assert } from '../base/assert.js';
import { ByteRangeError, ByteReader, ByteWriter } from '../base/byte-cursor.js';
import { SerialQueue } from '../base/serial-queue.js';
import { StorageError } from '../base/storage-error.js';
import { AcknowledgedFile } from './acknowledged-file.js';
import { corrupt, openEnvelope, sealEnvelope } from './envelope.js';
import type { InventoryStore, StoreOperation } from './inventory-store.js';
import { levelFailure } from './level-failure.js';
import { checkLeveldb } from './leveldb-check.js';

/** Holds the number of the newest batch; before every key of ours. */
const BATCH_KEY = '!batch';
const FIRST_KEY = '"';

const NOTHING_CHANGED = 'Nothing was changed.';

/**
 * The store on disk: LevelDB in `DIRECTORY/leveldb`, one process at a time, and beside it the number of the newest
 * acknowledged batch, so that opening finds out when LevelDB lost one (acknowledged-file.ts). Its tables are not compressed,
 * so that they can be checked before LevelDB trusts them (leveldb-check.ts).
 */
export class LevelStore implements InventoryStore {
  readonly #directory: string;
  readonly #databaseDirectory: string;
  readonly #acknowledged: AcknowledgedFile;
  readonly #batches = new SerialQueue();
  #opened: Level<string, Uint8Array> | null = null;
  #lastBatch = 0;
  #inDoubt = false;

  /** The directory is made where it is missing. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#databaseDirectory = join(directory, 'leveldb');
    this.#acknowledged = new AcknowledgedFile(join(directory, 'acknowledged'));
  }

  async open(): Promise<void> {
    try {
      await mkdir(this.#databaseDirectory, { recursive: true, mode: 0o750 });
      await checkLeveldb(this.#databaseDirectory);
      // A database that vanished is not to be replaced by an empty one.
      const createIfMissing = ((await this.#acknowledged.read()) ?? 0) === 0;
      this.#opened = await openDatabase(this.#databaseDirectory, createIfMissing);
    } catch (error) {
      throw levelFailure(error, this.#directory, NOTHING_CHANGED);
    }
    try {
      this.#lastBatch = await this.#readLastBatch();
      await this.#refuseLoss();
      await this.#acknowledged.openForWriting();
      await this.#acknowledged.write(this.#lastBatch);
      this.#inDoubt = false;
    } catch (error) {
      await this.close();
      throw levelFailure(error, this.#directory, NOTHING_CHANGED);
    }
  }

  async close(): Promise<void> {
    await this.#batches.run(async () => {
      await this.#opened?.close();
      this.#opened = null;
      await this.#acknowledged.close();
    });
  }

  get #database(): Level<string, Uint8Array> {
    assert(this.#opened !== null, 'the store is open');
    return this.#opened;
  }

  async get(key: string): Promise<Uint8Array | null> {
    try {
      return (await readValue(this.#database, key)) ?? null;
    } catch (error) {
      throw levelFailure(error, this.#directory, NOTHING_CHANGED);
    }
  }

  /** Not itself a generator: LevelDB takes its snapshot when the iterator is made. */
  iterate(
    from: string,
    to: string,
    options: { readonly reverse?: boolean; readonly limit?: number } = {},
  ): AsyncIterable<readonly [string, Uint8Array]> {
    const entries = this.#database.iterator({
      gte: from < FIRST_KEY ? FIRST_KEY : from,
      lt: to,
      reverse: options.reverse ?? false,
      limit: options.limit ?? -1,
      highWaterMarkBytes: 256 * 1024,
    });
    return explainFailures(entries, this.#directory);
  }

  async writeBatch(operations: readonly StoreOperation[]): Promise<void> {
    await this.#batches.run(async () => this.#writeBatch(operations));
  }

  async #writeBatch(operations: readonly StoreOperation[]): Promise<void> {
    if (this.#inDoubt)
      throw new StorageError(
        'INVENTORY_IO',
        `The inventory in ${this.#directory} takes no more changes since one failed. What was acknowledged before is safe. Start the daemon again.`,
        { context: { directory: this.#directory } },
      );
    const number = this.#lastBatch + 1;
    const batch: ({ type: 'put'; key: string; value: Uint8Array } | { type: 'del'; key: string })[] = [
      { type: 'put', key: BATCH_KEY, value: encodeBatchNumber(number) },
    ];
    for (const operation of operations) {
      assert(isKey(operation.key), `"${operation.key}" is a key`);
      if (operation.kind === 'put') batch.push({ type: 'put', key: operation.key, value: operation.value });
      else batch.push({ type: 'del', key: operation.key });
    }
    try {
      // In this order: what is noted as acknowledged is in the database.
      await this.#database.batch(batch, { sync: true });
      await this.#acknowledged.write(number);
    } catch (error) {
      // LevelDB would append behind the broken end of its log, where the next start reads nothing.
      this.#inDoubt = true;
      throw levelFailure(error, this.#directory, 'The change was not acknowledged; what was before is safe.');
    }
    this.#lastBatch = number;
  }

  async #readLastBatch(): Promise<number> {
    const value = await readValue(this.#database, BATCH_KEY);
    return value === undefined ? 0 : decodeBatchNumber(value);
  }

  async #refuseLoss(): Promise<void> {
    const acknowledged = await this.#acknowledged.read();
    if (acknowledged !== null && acknowledged !== 'damaged' && this.#lastBatch >= acknowledged) return;
    // The file is made behind the database: a crash between the two leaves a database without a batch.
    if (typeof acknowledged !== 'number' && this.#lastBatch === 0) return;
    const problem =
      typeof acknowledged === 'number'
        ? `changes ${String(this.#lastBatch + 1)} to ${String(acknowledged)} were acknowledged and are not in it`
        : `the file "acknowledged" beside it is ${acknowledged ?? 'missing'}, so nobody knows whether it is complete`;
    throw corrupt(BATCH_KEY, problem);
  }
}

async function openDatabase(directory: string, createIfMissing: boolean): Promise<Level<string, Uint8Array>> {
  const database = new Level<string, Uint8Array>(directory, { keyEncoding: 'utf8', valueEncoding: 'view' });
  // At once: on the next tick it would open itself, and make what is missing.
  await database.open({ createIfMissing, compression: false });
  return database;
}

/** The types of `level` leave out that there may be no value. */
async function readValue(database: Level<string, Uint8Array>, key: string): Promise<Uint8Array | undefined> {
  return database.get(key);
}

/** Printable ASCII behind our own key. */
function isKey(text: string): boolean {
  return /^["-~][ -~]*$/.test(text);
}

const NUMBER_BYTES = 8;

function encodeBatchNumber(number: number): Uint8Array {
  const payload = new Uint8Array(NUMBER_BYTES);
  new ByteWriter(payload, 'little-endian').u64(number);
  return sealEnvelope(BATCH_KEY, payload);
}

function decodeBatchNumber(value: Uint8Array): number {
  try {
    return new ByteReader(openEnvelope(BATCH_KEY, value), 'little-endian').u64();
  } catch (error) {
    if (error instanceof ByteRangeError) throw corrupt(BATCH_KEY, 'it is not a number', error);
    throw error;
  }
}

async function* explainFailures(
  entries: AsyncIterable<[string, Uint8Array]>,
  directory: string,
): AsyncIterable<readonly [string, Uint8Array]> {
  try {
    yield* entries;
  } catch (error) {
    throw levelFailure(error, directory, NOTHING_CHANGED);
  }
}
