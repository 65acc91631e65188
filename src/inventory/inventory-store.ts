/**
 * An ordered key-value store behind a port. Implementations: `level-store` (LevelDB on disk) and `memory-store` (tests).
 *
 * Keys are ASCII text compared byte by byte, values bytes. `writeBatch` is atomic and, when it resolved, survives a power cut.
 * After a failed `writeBatch` either all or none of it is there after the next open. Failures are StorageErrors
 * INVENTORY_IO, INVENTORY_LOCKED, INVENTORY_CORRUPT, DEVICE_DISK_FULL.
 */
export interface InventoryStore {
  open(): Promise<void>;
  close(): Promise<void>;
  get(key: string): Promise<Uint8Array | null>;
  /** In key order, from `from` (inclusive) to `to` (exclusive). Sees the state at the time of the call. */
  iterate(
    from: string,
    to: string,
    options?: { readonly reverse?: boolean; readonly limit?: number },
  ): AsyncIterable<readonly [string, Uint8Array]>;
  writeBatch(operations: readonly StoreOperation[]): Promise<void>;
}

export type StoreOperation =
  | { readonly kind: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: string };
