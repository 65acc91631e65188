import { LevelStore } from '../../src/inventory/level-store.js';
import { StoredInventory } from '../../src/inventory/stored-inventory.js';
import { auditRecord, extentRecord } from './inventory-samples.js';
import { streamIdOf, streamRecord, volumeIdOf } from './records.js';

/**
 * What a child process does until it is killed: commits one extent after another of stream 1, from number `first` on, and prints
 * each number when it was acknowledged. A failure is printed as `failed CODE` and ends it.
 */
export async function commitEndlessly(directory: string, first: number): Promise<void> {
  const inventory = new StoredInventory(new LevelStore(directory));
  await inventory.open();
  try {
    for (let i = first; ; i++) {
      await inventory.commit({
        streams: [streamRecord(1, { volumes: [volumeIdOf(1)], extents: i + 1 })],
        extents: [{ streamId: streamIdOf(1), extents: [extentRecord(1, i)] }],
        audit: [auditRecord(i)],
      });
      process.stdout.write(`${String(i)}\n`);
    }
  } catch (error) {
    process.stdout.write(`failed ${String((error as { code?: string }).code)}\n`);
  }
}
