import { StorageError } from '../base/storage-error.js';
import type { ContentSum } from './content-sum.js';
import { checkEnvelope, corrupt } from './envelope.js';
import { INVENTORY_LIMITS } from './inventory-limits.js';
import { TRANSACTION, type TransactionRecord } from './stored-records.js';
import { transactionKey } from './tables.js';

/** Version of the tables (tables.ts). */
export const SCHEMA = 1;

/** @throws StorageError INVENTORY_CORRUPT, INVENTORY_VERSION */
export function readTransaction(key: string, value: Uint8Array): TransactionRecord {
  const record = TRANSACTION.decode(key, value);
  if (record.schema !== SCHEMA)
    throw new StorageError(
      'INVENTORY_VERSION',
      `The inventory has tables of version ${String(record.schema)}; this program knows version ${String(SCHEMA)}. ` +
        'Nothing was changed. Start the program that wrote it.',
      { context: { key, schema: record.schema } },
    );
  if (transactionKey(record.number) !== key) throw corrupt(key, `it is of transaction ${String(record.number)}`);
  return record;
}

/**
 * Takes the transaction records of a store in the order of their keys and finds what is wrong with the row: a number missing,
 * a record that does not continue the one before, or content that is not what the newest one counted.
 */
export class TransactionRow {
  #first: number | null = null;
  #last: TransactionRecord | null = null;
  #lastCrc = 0;

  get lastNumber(): number {
    return this.#last?.number ?? 0;
  }

  /** @throws StorageError INVENTORY_CORRUPT, INVENTORY_VERSION */
  next(key: string, value: Uint8Array): void {
    const record = readTransaction(key, value);
    const last = this.#last;
    const lastCrc = this.#lastCrc;
    this.#first ??= record.number;
    this.#last = record;
    this.#lastCrc = checkEnvelope(key, value);
    if (last === null) return;
    if (record.number !== last.number + 1)
      throw corrupt(transactionKey(last.number + 1), 'this transaction is missing, and what it wrote is lost');
    if (record.previous !== lastCrc) throw corrupt(key, 'it does not continue the transaction before');
  }

  /**
   * Behind the last record. `content` is what the store holds besides transactions.
   * @throws StorageError INVENTORY_CORRUPT
   */
  finish(content: ContentSum): void {
    const oldest = Math.max(1, this.lastNumber - INVENTORY_LIMITS.transactionsKept + 1);
    if (this.#last !== null && this.#first !== oldest)
      throw corrupt(transactionKey(oldest), 'the transactions kept do not begin with it');
    const { records, sum } = this.#last ?? { records: 0, sum: 0 };
    if (records !== content.records || sum !== content.sum)
      throw corrupt(
        transactionKey(this.lastNumber),
        `the tables hold ${String(content.records)} records that do not add up to the ${String(records)} it counted; ` +
          'some are missing, left over or of an older state',
      );
  }
}
