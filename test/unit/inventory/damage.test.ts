import { expect } from 'chai';
import { crc32c } from '../../../src/base/crc32c.js';
import { StorageError, isStorageError } from '../../../src/base/storage-error.js';
import { StoredInventory } from '../../../src/inventory/stored-inventory.js';
import { TRANSACTION } from '../../../src/inventory/stored-records.js';
import { barcodeOf, streamIdOf, volumeIdOf, volumeRecord } from '../../support/records.js';
import {
  SAMPLE_CHANGES,
  auditRecord,
  cartridgeRecord,
  collect,
  readContent,
  rejectionOf,
} from '../../support/inventory-samples.js';
import { MemoryStore, storeOf } from '../../support/memory-store.js';

/** What the tables hold after the sample commits; the inventory is closed. */
async function sampleEntries(): Promise<ReadonlyMap<string, Uint8Array>> {
  const store = new MemoryStore();
  const inventory = new StoredInventory(store);
  await inventory.open();
  for (const change of SAMPLE_CHANGES) await inventory.commit(change);
  await inventory.close();
  return store.entries();
}

/** What opening an inventory over these entries rejects with; null when it opens. */
async function openingOver(entries: ReadonlyMap<string, Uint8Array>): Promise<unknown> {
  const inventory = new StoredInventory(await storeOf(entries));
  const error = await rejectionOf(inventory.open());
  if (error === null) await inventory.close();
  return error;
}

function expectCorrupt(error: unknown, key: string, what: string): void {
  expect(isStorageError(error, 'INVENTORY_CORRUPT'), `${what}: ${String(error)}`).to.equal(true);
  expect((error as StorageError).context['key'], what).to.equal(key);
  expect((error as StorageError).message, what).to.contain(key);
}

/** A value in an envelope of this version, with the right checksum. */
function sealAs(key: string, version: number, payload: string): Uint8Array {
  const sealed = new TextEncoder().encode(payload);
  const value = new Uint8Array(5 + sealed.length);
  value[4] = version;
  value.set(sealed, 5);
  new DataView(value.buffer).setUint32(
    0,
    crc32c(value.subarray(4), crc32c(new TextEncoder().encode(`${key}\0`))),
    true,
  );
  return value;
}

describe('a damaged inventory', () => {
  let entries: ReadonlyMap<string, Uint8Array>;

  before(async () => {
    entries = await sampleEntries();
    const tables = new Set([...entries.keys()].map((key) => key.slice(0, 2)));
    expect([...tables]).to.deep.equal(['a/', 'c/', 'd/', 'e/', 'h/', 'j/', 'l/', 'm/', 'p/', 's/', 't/', 'v/']);
  });

  it('does not open with any bit of any value flipped, and names the key', async () => {
    for (const [key, value] of entries)
      for (let at = 0; at < value.length; at++) {
        const damaged = value.slice();
        damaged[at] = (value[at] as number) ^ (1 << (at % 8));
        const what = `byte ${String(at)} of ${key}`;
        expectCorrupt(await openingOver(new Map([...entries, [key, damaged]])), key, what);
      }
  });

  it('does not open with any value cut short, and names the key', async () => {
    for (const [key, value] of entries)
      for (const length of [0, 4, 5, value.length - 1])
        expectCorrupt(await openingOver(new Map([...entries, [key, value.slice(0, length)]])), key, `${key} cut`);
  });

  it('does not open with any record missing', async () => {
    for (const key of entries.keys()) {
      const left = new Map(entries);
      left.delete(key);
      const error = await openingOver(left);
      expect(isStorageError(error, 'INVENTORY_CORRUPT'), `without ${key}: ${String(error)}`).to.equal(true);
    }
  });

  it('does not open with a value under another key', async () => {
    for (const [key, value] of entries)
      for (let at = 0; at < key.length; at++) {
        const other = key.slice(0, at) + String.fromCharCode(key.charCodeAt(at) ^ 1) + key.slice(at + 1);
        const moved = new Map(entries);
        moved.delete(key);
        moved.set(other, value);
        const error = await openingOver(moved);
        // Where a transaction moved, its place is found empty first.
        const named = error instanceof StorageError && error.context['key'] === key ? key : other;
        expectCorrupt(error, named, `${key} moved`);
      }
  });

  it('does not open with a whole record that nobody put there, of our tables or of another', async () => {
    for (const key of [`v/${volumeIdOf(7)}/${streamIdOf(7)}`, 'z/1'])
      expect(
        isStorageError(await openingOver(new Map([...entries, [key, sealAs(key, 1, '{}')]])), 'INVENTORY_CORRUPT'),
      ).to.equal(true);
  });

  it('never reads a value that was damaged while it is open, and the scrub names it', async () => {
    const store = await storeOf(entries);
    const inventory = new StoredInventory(store);
    await inventory.open();
    const reads: Readonly<Record<string, () => Promise<unknown>>> = {
      a: () => inventory.audit(10),
      c: () => inventory.cartridge(barcodeOf(1)),
      e: () => collect(inventory.extents(streamIdOf(1))),
      l: () => inventory.volume(volumeIdOf(1)),
      s: () => inventory.stream(streamIdOf(1)),
      v: () => inventory.streamsOnVolume(volumeIdOf(1)),
    };
    for (const [table, read] of Object.entries(reads)) {
      const [key, value] = [...entries].find(([one]) => one.startsWith(`${table}/`)) ?? ['', new Uint8Array()];
      for (let at = 0; at < value.length; at++) {
        const damaged = value.slice();
        damaged[at] = (value[at] as number) ^ (0x80 >> (at % 8));
        await store.overwrite(key, damaged);
        expectCorrupt(await rejectionOf(read()), key, `byte ${String(at)} of ${key}`);
        const { problems } = await inventory.scrub();
        expect(problems[0]).to.deep.include({ key });
      }
      await store.overwrite(key, value);
      expect(await rejectionOf(read())).to.equal(null);
    }
    expect((await inventory.scrub()).problems).to.deep.equal([]);
    await inventory.close();
  });

  it('does not replace a damaged record, and goes on with others', async () => {
    const store = await storeOf(entries);
    const inventory = new StoredInventory(store);
    await inventory.open();
    const key = `l/${volumeIdOf(1)}`;
    await store.overwrite(key, new Uint8Array(20));
    expectCorrupt(await rejectionOf(inventory.commit({ volumes: [volumeRecord(1, { mounts: 7 })] })), key, 'commit');
    await inventory.commit({ volumes: [volumeRecord(2, { mounts: 7 })] });
    expect(await inventory.volume(volumeIdOf(2))).to.deep.include({ mounts: 7 });
    await inventory.close();
  });

  it('scrubs to the end and lists every problem, also those of the shape', async () => {
    const store = await storeOf(entries);
    const inventory = new StoredInventory(store);
    await inventory.open();
    const cartridge = `c/${barcodeOf(1)}`;
    const volume = `l/${volumeIdOf(2)}`;
    const lost = `s/${streamIdOf(3)}`;
    await store.overwrite(cartridge, sealAs(cartridge, 1, '{"barcode":"TPL001L9"}'));
    await store.overwrite(volume, sealAs(volume, 1, 'not JSON'));
    await store.overwrite(lost, null);
    const { records, problems } = await inventory.scrub();
    expect(records).to.equal(entries.size - 1);
    expect(problems.map(({ key }) => key).slice(0, 2)).to.deep.equal([cartridge, volume]);
    expect(problems[0]?.problem).to.contain('location');
    expect(problems.at(-1)?.problem).to.contain('do not add up');
    await inventory.close();
  });

  it('is told from one of another version, which is left alone', async () => {
    const key = [...entries.keys()].filter((one) => one.startsWith('t/')).at(-1) ?? '';
    const last = TRANSACTION.decode(key, entries.get(key) ?? new Uint8Array());
    const tables = await openingOver(new Map([...entries, [key, TRANSACTION.encode(key, { ...last, schema: 2 })]]));
    expect(isStorageError(tables, 'INVENTORY_VERSION'), String(tables)).to.equal(true);
    const envelope = await openingOver(new Map([...entries, [key, sealAs(key, 2, '{}')]]));
    expect(isStorageError(envelope, 'INVENTORY_VERSION'), String(envelope)).to.equal(true);
  });
});

describe('a batch that was acknowledged and is lost', () => {
  it('is noticed when the inventory is opened, whichever it was but the last, and its transaction is named', async () => {
    for (let lost = 1; lost < SAMPLE_CHANGES.length; lost++) {
      const store = new MemoryStore();
      const inventory = new StoredInventory(store);
      await inventory.open();
      for (const [i, change] of SAMPLE_CHANGES.entries()) {
        // The reader that goes on is not the one that wrote: what was lost only shows later.
        const before = await store.entries();
        await inventory.commit(change);
        if (i + 1 === lost) await restore(store, before, await store.entries());
      }
      await inventory.close();
      const error = await rejectionOf(new StoredInventory(store).open());
      expect(isStorageError(error, 'INVENTORY_CORRUPT'), `${String(lost)}: ${String(error)}`).to.equal(true);
      expect((error as StorageError).message).to.contain(`t/${String(lost).padStart(16, '0')}`);
    }
  });

  it('is noticed also when its transaction record is older than those kept', async () => {
    const store = new MemoryStore();
    const inventory = new StoredInventory(store);
    await inventory.open();
    await inventory.commit({ cartridges: [cartridgeRecord(1)] });
    const before = await store.entries();
    await inventory.commit({ cartridges: [cartridgeRecord(2)] });
    await restore(store, before, await store.entries());
    for (let i = 0; i < 1100; i++) await inventory.commit({ cartridges: [cartridgeRecord(3, { labelCount: i })] });
    await inventory.close();
    const error = await rejectionOf(new StoredInventory(store).open());
    expect(isStorageError(error, 'INVENTORY_CORRUPT'), String(error)).to.equal(true);
    expect((error as StorageError).message).to.contain('do not add up');
  });
});

/** Takes back what one batch did. */
async function restore(
  store: MemoryStore,
  before: ReadonlyMap<string, Uint8Array>,
  after: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  for (const key of after.keys()) if (!before.has(key)) await store.overwrite(key, null);
  for (const [key, value] of before) await store.overwrite(key, value);
}

describe('a commit that fails', () => {
  const full = new StorageError('DEVICE_DISK_FULL', 'The file system is full.');

  for (const kind of ['refuse', 'keep-and-fail'] as const)
    it(`takes no more commits, keeps reading, and after a restart has all or nothing of it (${kind})`, async () => {
      for (let failing = 1; failing <= SAMPLE_CHANGES.length; failing++) {
        const store = new MemoryStore();
        store.fault = (batch) => (batch === failing ? { kind, error: full } : null);
        const inventory = new StoredInventory(store);
        await inventory.open();
        for (const change of SAMPLE_CHANGES.slice(0, failing - 1)) await inventory.commit(change);
        const failed = await rejectionOf(inventory.commit(SAMPLE_CHANGES[failing - 1] ?? {}));
        expect(isStorageError(failed, 'DEVICE_DISK_FULL')).to.equal(true);
        const next = await rejectionOf(inventory.commit({ audit: [auditRecord(99)] }));
        expect(isStorageError(next, 'DEVICE_DISK_FULL'), String(next)).to.equal(true);
        expect((next as StorageError).disposition).to.equal('stop');
        await readContent(inventory);
        await inventory.close();

        const again = new StoredInventory(store);
        await again.open();
        const reference = await contentAfter(SAMPLE_CHANGES.slice(0, kind === 'refuse' ? failing - 1 : failing));
        expect(await readContent(again)).to.deep.equal(reference);
        await again.commit({ audit: [auditRecord(99)] });
        await again.close();
      }
    });

  it('in clearing a forgotten volume is told by the next commit, and the next start clears it', async () => {
    const store = new MemoryStore();
    const inventory = new StoredInventory(store);
    await inventory.open();
    for (const change of SAMPLE_CHANGES) await inventory.commit(change);
    store.fault = (batch) => (batch === SAMPLE_CHANGES.length + 2 ? { kind: 'refuse', error: full } : null);
    await inventory.commit({ forgetVolumes: [volumeIdOf(1)] });
    const forgotten = await readContent(inventory);
    expect(
      isStorageError(await rejectionOf(inventory.commit({ audit: [auditRecord(99)] })), 'DEVICE_DISK_FULL'),
    ).to.equal(true);
    await inventory.close();

    const again = new StoredInventory(store);
    await again.open();
    expect(await readContent(again)).to.deep.equal(forgotten);
    await again.commit({ audit: [auditRecord(100)] });
    await again.close();
    const left = [...(await store.entries()).keys()];
    expect(left.filter((key) => key.includes(volumeIdOf(1)))).to.deep.equal([]);
    expect(left).to.not.include(`s/${streamIdOf(1)}`);
  });
});

async function contentAfter(changes: typeof SAMPLE_CHANGES): Promise<unknown> {
  const inventory = new StoredInventory(new MemoryStore());
  await inventory.open();
  for (const change of changes) await inventory.commit(change);
  const content = await readContent(inventory);
  await inventory.close();
  return content;
}
