import { expect } from 'chai';
import type { InventoryStore } from '../../src/inventory/inventory-store.js';
import { collect } from '../support/inventory-samples.js';

/** A store to try, and what remains of it. */
export interface InventoryStoreFixture {
  /** Not opened. */
  readonly store: InventoryStore;
  /** A store over the same content, as after a restart of the program; the old one was closed. */
  restarted(): InventoryStore;
  dispose(): Promise<void>;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

const put = (key: string, value: Uint8Array) => ({ kind: 'put', key, value }) as const;
const remove = (key: string) => ({ kind: 'delete', key }) as const;

/** What docs of InventoryStore promise, of any implementation. */
export function describeInventoryStore(name: string, makeFixture: () => InventoryStoreFixture): void {
  describe(`the inventory store ${name}`, () => {
    let fixture: InventoryStoreFixture;
    let store: InventoryStore;

    beforeEach(async () => {
      fixture = makeFixture();
      store = fixture.store;
      await store.open();
    });

    afterEach(async () => {
      await store.close();
      await fixture.dispose();
    });

    const read = async (
      from: string,
      to: string,
      options: { readonly reverse?: boolean; readonly limit?: number } = {},
    ): Promise<readonly (readonly [string, number[]])[]> =>
      (await collect(store.iterate(from, to, options))).map(([key, value]) => [key, [...value]]);

    it('gives back the bytes that were put, also none, and null for what was not', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      await store.writeBatch([put('a/all', all), put('a/none', bytes())]);
      expect([...((await store.get('a/all')) ?? [])]).to.deep.equal([...all]);
      expect([...((await store.get('a/none')) ?? [1])]).to.deep.equal([]);
      expect(await store.get('a/other')).to.equal(null);
    });

    it('replaces and deletes, and lets the last operation on a key win', async () => {
      await store.writeBatch([put('a', bytes(1)), put('b', bytes(2)), put('c', bytes(3))]);
      await store.writeBatch([put('a', bytes(9)), remove('b'), remove('never'), put('c', bytes(4)), remove('c')]);
      expect(await read('', '~')).to.deep.equal([['a', [9]]]);
    });

    it('takes a batch of nothing', async () => {
      await store.writeBatch([]);
      expect(await read('', '~')).to.deep.equal([]);
    });

    it('iterates in the order of the bytes, from inclusive, to exclusive', async () => {
      const keys = ['b/', 'b', 'a/0', 'B/1', 'a/0/1', 'a0', 'a/f', 'a/1'];
      await store.writeBatch(keys.map((key) => put(key, bytes())));
      expect((await read('', '~')).map(([key]) => key)).to.deep.equal([...keys].sort());
      expect((await read('a/0', 'a0')).map(([key]) => key)).to.deep.equal(['a/0', 'a/0/1', 'a/1', 'a/f']);
      expect(await read('c', 'd')).to.deep.equal([]);
    });

    it('iterates backwards and no further than its limit', async () => {
      await store.writeBatch(['a', 'b', 'c', 'd'].map((key) => put(key, bytes())));
      const keys = async (options: { reverse?: boolean; limit?: number }): Promise<readonly string[]> =>
        (await read('a', 'd', options)).map(([key]) => key);
      expect(await keys({ reverse: true })).to.deep.equal(['c', 'b', 'a']);
      expect(await keys({ limit: 2 })).to.deep.equal(['a', 'b']);
      expect(await keys({ reverse: true, limit: 1 })).to.deep.equal(['c']);
    });

    it('iterates over the state at the time of the call, however late it is asked', async () => {
      await store.writeBatch([put('a', bytes(1)), put('b', bytes(1))]);
      const entries = store.iterate('', '~');
      await store.writeBatch([put('a', bytes(2)), remove('b'), put('c', bytes(2))]);
      expect((await collect(entries)).map(([key, value]) => [key, ...value])).to.deep.equal([
        ['a', 1],
        ['b', 1],
      ]);
    });

    it('iterates over more than fits its buffers', async () => {
      const value = new Uint8Array(5000);
      for (let i = 0; i < 10; i++)
        await store.writeBatch(
          Array.from({ length: 50 }, (_, j) => put(`k/${String(i * 50 + j).padStart(3, '0')}`, value)),
        );
      expect(await read('k/', 'k0')).to.have.length(500);
    });

    it('lets an iteration be given up half-way', async () => {
      await store.writeBatch(['a', 'b', 'c'].map((key) => put(key, bytes())));
      for await (const [key] of store.iterate('', '~')) if (key === 'b') break;
      await store.writeBatch([remove('b')]);
      expect(await store.get('b')).to.equal(null);
    });

    it('keeps batches that were written at the same time whole and in order', async () => {
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) =>
          store.writeBatch([put('one', bytes(i)), put(`each/${String(i)}`, bytes(i))]),
        ),
      );
      expect([...((await store.get('one')) ?? [])]).to.deep.equal([19]);
      expect(await read('each/', 'each0')).to.have.length(20);
    });

    it('has everything after a restart', async () => {
      await store.writeBatch([put('a', bytes(1)), put('b', bytes(2))]);
      await store.writeBatch([remove('a')]);
      await store.close();
      store = fixture.restarted();
      await store.open();
      expect(await read('', '~')).to.deep.equal([['b', [2]]]);
      await store.writeBatch([put('c', bytes(3))]);
      expect(await read('', '~')).to.have.length(2);
    });
  });
}
