import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelStore } from '../../src/inventory/level-store.js';
import { StoredInventory } from '../../src/inventory/stored-inventory.js';
import { MemoryStore } from '../support/memory-store.js';
import { describeInventory } from './inventory.contract.js';

describeInventory('in memory', () => {
  const store = new MemoryStore();
  return {
    inventory: new StoredInventory(store),
    restarted: () => new StoredInventory(store),
    dispose: () => Promise.resolve(),
  };
});

describeInventory('on LevelDB', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tapeloom-inventory-'));
  return {
    inventory: new StoredInventory(new LevelStore(directory)),
    restarted: () => new StoredInventory(new LevelStore(directory)),
    dispose: async () => {
      rmSync(directory, { recursive: true });
    },
  };
});
