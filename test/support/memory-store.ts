import { MemoryLevel } from 'memory-level';
import type { InventoryStore, StoreOperation } from '../../src/inventory/inventory-store.js';

/** What happens to the next batches. */
export type WriteFault =
  /** Nothing of it is kept and the writer is told. */
  | { readonly kind: 'refuse'; readonly error: Error }
  /** All of it is kept, yet the writer is told that it failed. */
  | { readonly kind: 'keep-and-fail'; readonly error: Error };

/** A store in memory that can be damaged: `writeBatch` takes any bytes, and batches can fail. */
export class MemoryStore implements InventoryStore {
  readonly #database = new MemoryLevel<string, Uint8Array>({ keyEncoding: 'utf8', valueEncoding: 'view' });
  /** Asked for each batch; `null` for none. */
  fault: ((batch: number) => WriteFault | null) | null = null;
  /** Written so far, those that failed included. */
  batches = 0;

  async open(): Promise<void> {
    await this.#database.open();
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async get(key: string): Promise<Uint8Array | null> {
    return (await this.#database.get(key)) ?? null;
  }

  iterate(
    from: string,
    to: string,
    options: { readonly reverse?: boolean; readonly limit?: number } = {},
  ): AsyncIterable<readonly [string, Uint8Array]> {
    return this.#database.iterator({
      gte: from,
      lt: to,
      reverse: options.reverse ?? false,
      limit: options.limit ?? -1,
    });
  }

  async writeBatch(operations: readonly StoreOperation[]): Promise<void> {
    this.batches++;
    const fault = this.fault?.(this.batches) ?? null;
    if (fault?.kind === 'refuse') throw fault.error;
    await this.#database.batch(
      operations.map((one) =>
        one.kind === 'put'
          ? { type: 'put', key: one.key, value: Uint8Array.from(one.value) }
          : { type: 'del', key: one.key },
      ),
    );
    if (fault?.kind === 'keep-and-fail') throw fault.error;
  }

  /** Everything, as it is now; copies. `slice` of a Buffer would be none. */
  async entries(): Promise<ReadonlyMap<string, Uint8Array>> {
    await this.open();
    const all = new Map<string, Uint8Array>();
    for await (const [key, value] of this.iterate('', '\x7f')) all.set(key, Uint8Array.from(value));
    return all;
  }

  /** One record, as if the disk had changed it; null takes it away. */
  async overwrite(key: string, value: Uint8Array | null): Promise<void> {
    await this.open();
    if (value === null) await this.#database.del(key);
    else await this.#database.put(key, value);
  }
}

/** A store that holds these entries. */
export async function storeOf(entries: ReadonlyMap<string, Uint8Array>): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.writeBatch([...entries].map(([key, value]) => ({ kind: 'put', key, value })));
  return store;
}
