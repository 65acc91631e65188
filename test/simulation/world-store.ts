import type { InventoryStore, StoreOperation } from '../../src/inventory/inventory-store.js';

/** What is on the inventory's disk: it survives every life of the daemon. */
export type WorldRecords = Map<string, Uint8Array>;

/**
 * The inventory's store over `records`: a batch is there as a whole, and durable, when it was applied. Which batch is applied
 * when a life ends, the world's `Life` decides around it.
 */
export class WorldStore implements InventoryStore {
  readonly #records: WorldRecords;
  readonly #call: <T>(what: 'read' | 'write', action: () => T) => Promise<T>;

  /** `call` carries out each access: it may fail it, or end the life before or behind it. */
  constructor(records: WorldRecords, call: <T>(what: 'read' | 'write', action: () => T) => Promise<T>) {
    this.#records = records;
    this.#call = call;
  }

  async open(): Promise<void> {
    await this.#call('read', () => undefined);
  }

  async close(): Promise<void> {
    await this.#call('read', () => undefined);
  }

  async get(key: string): Promise<Uint8Array | null> {
    return this.#call('read', () => this.#records.get(key) ?? null);
  }

  iterate(
    from: string,
    to: string,
    { reverse = false, limit = Infinity }: { readonly reverse?: boolean; readonly limit?: number } = {},
  ): AsyncIterable<readonly [string, Uint8Array]> {
    const rows = [...this.#records].filter(([key]) => key >= from && key < to);
    rows.sort(([a], [b]) => (a < b ? -1 : 1));
    if (reverse) rows.reverse();
    const call = this.#call;
    return (async function* () {
      await call('read', () => undefined);
      yield* rows.slice(0, limit === Infinity ? rows.length : limit);
    })();
  }

  async writeBatch(operations: readonly StoreOperation[]): Promise<void> {
    await this.#call('write', () => {
      for (const one of operations)
        if (one.kind === 'put') this.#records.set(one.key, Uint8Array.from(one.value));
        else this.#records.delete(one.key);
    });
  }
}
