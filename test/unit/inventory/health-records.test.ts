import { expect } from 'chai';
import { INVENTORY_LIMITS } from '../../../src/inventory/inventory-limits.js';
import type { HealthRecord } from '../../../src/inventory/records.js';
import { StoredInventory } from '../../../src/inventory/stored-inventory.js';
import { MemoryStore } from '../../support/memory-store.js';

const { healthKept, clearedPerBatch } = INVENTORY_LIMITS;

function records(from: number, count: number): readonly HealthRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    timeMs: from + i,
    drive: 'tape0',
    driveSerial: 'SN',
    barcode: null,
    kind: 'mount',
    code: '',
    message: '',
    figures: {},
  }));
}

describe('the health records of the inventory', () => {
  it('go, the oldest first, when there are too many, also after a restart, and the rest stays whole', async () => {
    const store = new MemoryStore();
    let inventory = new StoredInventory(store);
    await inventory.open();
    await inventory.commit({ health: records(0, healthKept) });
    await inventory.commit({ health: records(healthKept, clearedPerBatch) });
    const newest = async (): Promise<number | undefined> => (await inventory.health({ limit: 1 }))[0]?.timeMs;
    expect(await newest()).to.equal(healthKept + clearedPerBatch - 1);
    await inventory.close();

    inventory = new StoredInventory(store);
    await inventory.open();
    await inventory.commit({ health: records(healthKept + clearedPerBatch, 1) });
    const { problems, records: all, lastTransaction } = await inventory.scrub();
    expect(problems).to.deep.equal([]);
    expect(all - lastTransaction, 'beside the records of the transactions').to.equal(healthKept);
    expect(await newest()).to.equal(healthKept + clearedPerBatch);
    await inventory.close();
  });
});
