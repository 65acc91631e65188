import { describeError, StorageError } from '../base/storage-error.js';
import { checkEnvelope } from './envelope.js';
import { ContentSum } from './content-sum.js';
import { INVENTORY_LIMITS } from './inventory-limits.js';
import type { InventoryStore, StoreOperation } from './inventory-store.js';
import { TRANSACTION, type TransactionRecord } from './stored-records.js';
import { keysOfTable, transactionKey } from './tables.js';
import { readTransaction, SCHEMA } from './transaction-row.js';

/** What a commit does to the tables: new values by key; null deletes. */
export type TableChanges = ReadonlyMap<string, Uint8Array | null>;

/**
 * Numbers the transactions and keeps the sum of the tables' content. One transaction is one batch: its changes and the
 * transaction record `t/NUMBER` that says what the tables add up to now. LevelDB can lose a batch in the middle of its log
 * without a word: then a number is missing, or the sum of a later record is not that of the content.
 *
 * Before: `resume` was called once. One `write` at a time. After a failed `write` the store is in doubt and every later
 * one fails, until the inventory is opened anew.
 */
export class Ledger {
  readonly #store: InventoryStore;
  #last: TransactionRecord | null = null;
  #lastCrc = 0;
  #content = new ContentSum();
  #failure: StorageError | null = null;

  constructor(store: InventoryStore) {
    this.#store = store;
  }

  get lastTransaction(): number {
    return this.#last?.number ?? 0;
  }

  /** Takes up where the newest transaction record of the store ends. */
  async resume(): Promise<void> {
    this.#last = null;
    this.#lastCrc = 0;
    this.#failure = null;
    const { from, to } = keysOfTable('t');
    for await (const [key, value] of this.#store.iterate(from, to, { reverse: true, limit: 1 })) {
      this.#last = readTransaction(key, value);
      this.#lastCrc = checkEnvelope(key, value);
    }
    this.#content = new ContentSum(this.#last ?? undefined);
  }

  /** Nothing is written any more after what happened elsewhere. */
  fail(error: unknown): void {
    this.#failure ??= afterFailure(error);
  }

  /** @throws StorageError INVENTORY_CORRUPT when a record to be replaced is damaged: then nothing was written; and those of the store. */
  async write(changes: TableChanges): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    const content = new ContentSum(this.#content);
    const operations = await this.#replace(changes, content);
    if (operations.length === 0) return;

    const number = this.lastTransaction + 1;
    const key = transactionKey(number);
    const { records, sum } = content;
    const record: TransactionRecord = { schema: SCHEMA, number, records, sum, previous: this.#lastCrc };
    const value = TRANSACTION.encode(key, record);
    operations.push({ kind: 'put', key, value });
    const expired = number - INVENTORY_LIMITS.transactionsKept;
    if (expired > 0) operations.push({ kind: 'delete', key: transactionKey(expired) });
    try {
      await this.#store.writeBatch(operations);
    } catch (error) {
      this.fail(error);
      throw error;
    }
    this.#last = record;
    this.#lastCrc = checkEnvelope(key, value);
    this.#content = content;
  }

  /** The operations that change something, and the content after them. */
  async #replace(changes: TableChanges, content: ContentSum): Promise<StoreOperation[]> {
    const operations: StoreOperation[] = [];
    const entries = [...changes];
    for (let at = 0; at < entries.length; at += INVENTORY_LIMITS.readsAtOnce) {
      const some = entries.slice(at, at + INVENTORY_LIMITS.readsAtOnce);
      const olds = await Promise.all(some.map(async ([key]) => this.#store.get(key)));
      for (const [i, [key, value]] of some.entries()) {
        const old = olds[i] ?? null;
        if (old !== null && value !== null && Buffer.compare(old, value) === 0) continue;
        if (old !== null) content.remove(checkEnvelope(key, old));
        if (value !== null) content.add(checkEnvelope(key, value));
        if (value !== null) operations.push({ kind: 'put', key, value });
        else if (old !== null) operations.push({ kind: 'delete', key });
      }
    }
    return operations;
  }
}

function afterFailure(error: unknown): StorageError {
  const code = error instanceof StorageError ? error.code : 'INVENTORY_IO';
  return new StorageError(
    code,
    `The inventory takes no more changes since one failed: ${describeError(error)} What was acknowledged before is safe. ` +
      'Remove the cause and start the daemon again; it then finds out what became of the change that failed.',
    { cause: error, disposition: 'stop' },
  );
}
