import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelStore } from '../../src/inventory/level-store.js';
import { MemoryStore } from '../support/memory-store.js';
import { describeInventoryStore } from './inventory-store.contract.js';

describeInventoryStore('in memory', () => {
  const store = new MemoryStore();
  return { store, restarted: () => store, dispose: () => Promise.resolve() };
});

describeInventoryStore('on LevelDB', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tapeloom-store-'));
  return {
    store: new LevelStore(directory),
    restarted: () => new LevelStore(directory),
    dispose: async () => {
      rmSync(directory, { recursive: true });
    },
  };
});
