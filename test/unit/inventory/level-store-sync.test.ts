import { expect } from 'chai';
import { Level } from 'level';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelStore } from '../../../src/inventory/level-store.js';
import { StoredInventory } from '../../../src/inventory/stored-inventory.js';
import { SAMPLE_CHANGES } from '../../support/inventory-samples.js';

interface Batching {
  batch: (this: Batching, operations: unknown, options?: { readonly sync?: boolean }) => Promise<void>;
}

describe('the inventory on LevelDB', () => {
  // A kill does not show it, only a power cut would: the operating system keeps what LevelDB has written.
  it('has every batch synced to the disk before a commit resolves', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tapeloom-sync-'));
    const prototype = Level.prototype as unknown as Batching;
    const original = prototype.batch;
    const synced: (boolean | undefined)[] = [];
    prototype.batch = async function (this: Batching, operations, options): Promise<void> {
      synced.push(options?.sync);
      await original.call(this, operations, options);
    };
    const inventory = new StoredInventory(new LevelStore(join(directory, 'inventory')));
    try {
      await inventory.open();
      for (const change of SAMPLE_CHANGES) await inventory.commit(change);
    } finally {
      prototype.batch = original;
      await inventory.close();
      rmSync(directory, { recursive: true, force: true });
    }
    expect(synced).to.have.length.at.least(SAMPLE_CHANGES.length);
    expect(new Set(synced)).to.deep.equal(new Set([true]));
  });
});
