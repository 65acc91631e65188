import { expect } from 'chai';
import { AssertionError } from '../../src/base/assert.js';
import type { Inventory } from '../../src/inventory/inventory.js';
import type { ExtentRecord } from '../../src/inventory/records.js';
import {
  EXTENT_BYTES,
  SAMPLE_CHANGES,
  auditRecord,
  cartridgeRecord,
  collect,
  extentRecord,
  extentRecords,
  healthRecord,
  jobIdOf,
  moveRecord,
  poolRecord,
  readContent,
  rejectionOf,
  streamOn,
} from '../support/inventory-samples.js';
import { barcodeOf, streamIdOf, streamRecord, volumeIdOf, volumeRecord } from '../support/records.js';

export interface InventoryFixture {
  /** Not opened. */
  readonly inventory: Inventory;
  /** An inventory over the same content, as after a restart of the program; the old one was closed. */
  restarted(): Inventory;
  dispose(): Promise<void>;
}

/** What docs of Inventory promise, over any store. */
export function describeInventory(name: string, makeFixture: () => InventoryFixture): void {
  describe(`the inventory over a store ${name}`, () => {
    let fixture: InventoryFixture;
    let inventory: Inventory;

    beforeEach(async () => {
      fixture = makeFixture();
      inventory = fixture.inventory;
      await inventory.open();
    });

    afterEach(async () => {
      await inventory.close();
      await fixture.dispose();
    });

    const restart = async (): Promise<void> => {
      await inventory.close();
      inventory = fixture.restarted();
      await inventory.open();
    };

    const fill = async (): Promise<void> => {
      for (const change of SAMPLE_CHANGES) await inventory.commit(change);
    };

    it('knows nothing at first', async () => {
      expect(await inventory.cartridge(barcodeOf(1))).to.equal(null);
      expect(await inventory.volume(volumeIdOf(1))).to.equal(null);
      expect(await inventory.stream(streamIdOf(1))).to.equal(null);
      expect(await collect(inventory.extents(streamIdOf(1)))).to.deep.equal([]);
      expect(await inventory.streamsOnVolume(volumeIdOf(1))).to.deep.equal([]);
      expect(await inventory.audit(10)).to.deep.equal([]);
      expect(await inventory.scrub()).to.deep.equal({ records: 0, lastTransaction: 0, problems: [] });
    });

    it('gives back every record as it was put last', async () => {
      await fill();
      const { cartridges, volumes, streams, audit } = await readContent(inventory);
      expect(cartridges).to.deep.equal([
        cartridgeRecord(1),
        cartridgeRecord(2, { location: { kind: 'drive', drive: 'tape0' } }),
      ]);
      expect(volumes).to.deep.equal([volumeRecord(1), volumeRecord(2, { blocks: 8, errors: 1 })]);
      expect(streams.map(({ descriptor }) => descriptor.streamId)).to.deep.equal([3, 2, 1].map(streamIdOf));
      expect(await inventory.stream(streamIdOf(1))).to.deep.include({ reason: 'changed', lengthBytes: 2 ** 40 });
      expect(await inventory.cartridge(barcodeOf(1))).to.deep.equal(cartridgeRecord(1));
      expect(audit).to.deep.equal([auditRecord(3), auditRecord(2), auditRecord(1)].sort((a, b) => b.timeMs - a.timeMs));
    });

    it('keeps what happened to cartridges and drives, newest first, and finds what belongs to one of them', async () => {
      await fill();
      expect(await inventory.moves(barcodeOf(1), 10)).to.deep.equal([moveRecord(1), moveRecord(0)]);
      expect(await inventory.moves(barcodeOf(1), 1)).to.deep.equal([moveRecord(1)]);
      expect(await inventory.moves(barcodeOf(2), 10)).to.deep.equal([moveRecord(2, 2)]);
      const other = healthRecord(3, { drive: 'tape1', barcode: barcodeOf(2) });
      await inventory.commit({ health: [other] });
      expect(await inventory.health({ limit: 2 })).to.deep.equal([other, healthRecord(2)]);
      expect(await inventory.health({ drive: 'tape1', limit: 10 })).to.deep.equal([other]);
      expect(await inventory.health({ barcode: barcodeOf(1), limit: 1 })).to.deep.equal([healthRecord(2)]);
    });

    it('keeps drives, pools and jobs as they were put last', async () => {
      await fill();
      expect(await inventory.drive('tape1')).to.include({ downReason: 'loose cable', downBy: 'olga' });
      expect(await inventory.drive('tape9')).to.equal(null);
      expect((await inventory.drives()).map(({ name }) => name)).to.deep.equal(['tape0', 'tape1']);
      expect(await inventory.pools()).to.deep.equal([poolRecord('default')]);
      expect(await inventory.pool('vault')).to.equal(null);
      expect(await inventory.job(jobIdOf(1))).to.include({ state: 'succeeded', endedMs: 9 });
      expect((await inventory.jobs({ limit: 10 })).map(({ jobId }) => jobId)).to.deep.equal([2, 1].map(jobIdOf));
      expect(await inventory.jobs({ state: 'failed', limit: 10 })).to.have.length(1);
    });

    it('tells the same after a restart', async () => {
      await fill();
      const before = await readContent(inventory);
      await restart();
      expect(await readContent(inventory)).to.deep.equal(before);
      expect((await inventory.scrub()).problems).to.deep.equal([]);
    });

    it('gives each commit that changes something the next transaction number, also when they come at once', async () => {
      await Promise.all(Array.from({ length: 50 }, async (_, i) => inventory.commit({ audit: [auditRecord(i)] })));
      expect((await inventory.scrub()).lastTransaction).to.equal(50);
      const times = (await inventory.audit(100)).map(({ timeMs }) => timeMs);
      expect(times).to.deep.equal(Array.from({ length: 50 }, (_, i) => 49 - i));
    });

    it('opens again after more commits than it keeps transactions of', async () => {
      for (let i = 0; i < 1100; i++) await inventory.commit({ cartridges: [cartridgeRecord(1, { labelCount: i })] });
      await restart();
      expect(await inventory.cartridge(barcodeOf(1))).to.deep.include({ labelCount: 1099 });
      expect(await inventory.scrub()).to.deep.equal({ records: 1025, lastTransaction: 1100, problems: [] });
    });

    it('finishes commits that were called before it is closed', async () => {
      const commits = Array.from({ length: 5 }, async (_, i) => inventory.commit({ audit: [auditRecord(i)] }));
      await inventory.close();
      await Promise.all(commits);
      inventory = fixture.restarted();
      await inventory.open();
      expect(await inventory.audit(10)).to.have.length(5);
    });

    describe('streams', () => {
      it('come newest first, filtered, and no more than asked for', async () => {
        for (let n = 1; n <= 6; n++)
          await inventory.commit({
            streams: [
              streamRecord(n, { state: n % 2 === 0 ? 'complete' : 'open' }, { client: n < 4 ? 'a' : 'b', name: 'x' }),
            ],
          });
        const ids = async (filter: Parameters<Inventory['streams']>[0]): Promise<readonly unknown[]> =>
          (await inventory.streams(filter)).map(({ descriptor }) => descriptor.streamId);
        expect(await ids({ limit: 10 })).to.deep.equal([6, 5, 4, 3, 2, 1].map(streamIdOf));
        expect(await ids({ limit: 2 })).to.deep.equal([6, 5].map(streamIdOf));
        expect(await ids({ limit: 0 })).to.deep.equal([]);
        expect(await ids({ client: 'a', limit: 10 })).to.deep.equal([3, 2, 1].map(streamIdOf));
        expect(await ids({ client: 'a', state: 'open', limit: 1 })).to.deep.equal([streamIdOf(3)]);
        expect(await ids({ name: 'y', limit: 10 })).to.deep.equal([]);
      });

      it('are all given by everyStream, as they were at the call', async () => {
        await fill();
        const streams = inventory.everyStream();
        await inventory.commit({ streams: [streamRecord(9)] });
        const ids = (await collect(streams)).map(({ descriptor }) => descriptor.streamId);
        expect(ids).to.have.members([1, 2, 3].map(streamIdOf));
      });
    });

    describe('extents', () => {
      it('come in the order of the stream, whatever the number in one change', async () => {
        await inventory.commit(streamOn(1, [1], 300));
        expect(await collect(inventory.extents(streamIdOf(1)))).to.deep.equal(extentRecords(1, 0, 300));
      });

      it('begin with the one that holds the byte asked for', async () => {
        for (const [from, to] of [
          [0, 3],
          [3, 200],
          [200, 201],
        ] as const)
          await inventory.commit({
            streams: [streamRecord(1, { volumes: [volumeIdOf(1)] })],
            extents: [{ streamId: streamIdOf(1), extents: extentRecords(1, from, to) }],
          });
        await inventory.commit(streamOn(2, [1], 5));
        for (const first of [0, 1, 2, 3, 127, 128, 129, 199, 200])
          for (const offset of [first * EXTENT_BYTES, (first + 1) * EXTENT_BYTES - 1])
            expect(await collect(inventory.extents(streamIdOf(1), offset)), String(offset)).to.deep.equal(
              extentRecords(1, first, 201),
            );
        expect(await collect(inventory.extents(streamIdOf(1), 201 * EXTENT_BYTES))).to.deep.equal([]);
      });

      it('keep volume and session of each', async () => {
        await inventory.commit(streamOn(1, [1, 2, 1], 2));
        const volumes = (await collect(inventory.extents(streamIdOf(1)))).map(({ volumeId }) => volumeId);
        expect(volumes).to.deep.equal([1, 1, 2, 2, 1, 1].map(volumeIdOf));
        expect(await inventory.streamsOnVolume(volumeIdOf(1))).to.deep.equal([streamIdOf(1)]);
        expect(await inventory.streamsOnVolume(volumeIdOf(2))).to.deep.equal([streamIdOf(1)]);
      });

      const add = async (extents: readonly ExtentRecord[]): Promise<unknown> =>
        rejectionOf(inventory.commit({ extents: [{ streamId: streamIdOf(1), extents }] }));

      it('are refused where they would replace or overlap others, or their stream does not name their volume', async () => {
        await inventory.commit(streamOn(1, [1], 2));
        const before = await readContent(inventory);
        expect(await add([extentRecord(1, 0)]), 'again').to.be.instanceOf(AssertionError);
        expect(await add([extentRecord(1, 3), extentRecord(1, 2)]), 'backwards').to.be.instanceOf(AssertionError);
        expect(await add([extentRecord(2, 2)]), 'another volume').to.be.instanceOf(AssertionError);
        expect(await add([{ ...extentRecord(1, 2), bytes: 0 }]), 'empty').to.be.instanceOf(AssertionError);
        const unknown = { extents: [{ streamId: streamIdOf(7), extents: [extentRecord(1, 0)] }] };
        expect(await rejectionOf(inventory.commit(unknown)), 'no stream').to.be.instanceOf(AssertionError);
        expect(await readContent(inventory)).to.deep.equal(before);
        expect(await add([extentRecord(1, 2)]), 'the next one').to.equal(null);
      });
    });

    describe('a record that could not be read back', () => {
      for (const [what, change] of [
        ['a number that is none', { volumes: [volumeRecord(1, { blocks: Number.NaN })] }],
        ['a fraction of a block', { volumes: [volumeRecord(1, { blocks: 1.5 })] }],
        ['a count beyond 2^53', { streams: [streamRecord(1, { lengthBytes: 2 ** 54 })] }],
        ['an id of another kind', { volumes: [volumeRecord(1, { volumeId: 'x' as never })] }],
        ['a key more', { cartridges: [{ ...cartridgeRecord(1), more: 1 } as never] }],
        ['a detail that is an object', { audit: [{ ...auditRecord(1), details: { a: {} as never } }] }],
      ] as const)
        it(`is refused: ${what}`, async () => {
          expect(await rejectionOf(inventory.commit(change))).to.be.instanceOf(AssertionError);
          await restart();
          expect((await inventory.scrub()).records).to.equal(0);
        });
    });

    describe('a volume that is forgotten', () => {
      /** Stream 1 on volume 1, 2 on both, 3 on volume 2, 4 nowhere yet. */
      beforeEach(async () => {
        await fill();
        await inventory.commit({ streams: [streamRecord(4, { state: 'open' })] });
      });

      const relabel = async (): Promise<void> => {
        await inventory.commit({
          cartridges: [cartridgeRecord(1, { volumeId: volumeIdOf(5), labelCount: 2 })],
          volumes: [volumeRecord(5, { barcode: barcodeOf(1) })],
          forgetVolumes: [volumeIdOf(1)],
        });
      };

      const expectForgotten = async (): Promise<void> => {
        expect(await inventory.volume(volumeIdOf(1))).to.equal(null);
        expect((await inventory.volumes()).map(({ volumeId }) => volumeId)).to.deep.equal([2, 5].map(volumeIdOf));
        expect(await inventory.streamsOnVolume(volumeIdOf(1))).to.deep.equal([]);
        expect(await inventory.stream(streamIdOf(1))).to.equal(null);
        expect(await collect(inventory.extents(streamIdOf(1)))).to.deep.equal([]);
        expect(await inventory.stream(streamIdOf(2))).to.deep.include({ volumes: [volumeIdOf(2)] });
        expect(await collect(inventory.extents(streamIdOf(2)))).to.deep.equal(extentRecords(2, 2, 4));
        const ids = (await inventory.streams({ limit: 10 })).map(({ descriptor }) => descriptor.streamId);
        expect(ids).to.deep.equal([4, 3, 2].map(streamIdOf));
        expect((await collect(inventory.everyStream())).map(({ descriptor }) => descriptor.streamId)).to.have.members(
          ids,
        );
      };

      it('is gone at once with its extents and the streams that lay on no other, and others are untouched', async () => {
        await relabel();
        await expectForgotten();
      });

      it('stays gone over restarts, and leaves nothing behind', async () => {
        await relabel();
        for (let i = 0; i < 3; i++) {
          await restart();
          await expectForgotten();
        }
        await inventory.commit({ forgetVolumes: [volumeIdOf(2), volumeIdOf(5)] });
        await restart();
        // The clearing goes on batch by batch behind the commits: three cartridges, stream 4, three audit
        // records, and ten of moves, health, drives, pools and jobs are left.
        for (let i = 0; ; i++) {
          await inventory.commit({ cartridges: [cartridgeRecord(3, { labelCount: i })] });
          const { records, lastTransaction } = await inventory.scrub();
          if (records - lastTransaction === 3 + 1 + 3 + 10) break;
        }
        expect((await inventory.scrub()).problems).to.deep.equal([]);
        expect((await readContent(inventory)).streams.map(({ descriptor }) => descriptor.streamId)).to.deep.equal([
          streamIdOf(4),
        ]);
      });

      it('does not come back', async () => {
        await relabel();
        expect(
          await rejectionOf(inventory.commit({ volumes: [volumeRecord(1)], forgetVolumes: [volumeIdOf(1)] })),
        ).to.be.instanceOf(AssertionError);
      });
    });

    it('forgets a volume with more extents than one batch clears, while commits go on', async () => {
      for (let i = 0; i < 30; i++)
        await inventory.commit({
          streams: [streamRecord(1, { volumes: [volumeIdOf(1), volumeIdOf(2)] })],
          extents: [
            {
              streamId: streamIdOf(1),
              extents: Array.from({ length: 100 }, (_, j) => extentRecord(j % 2 === 0 ? 1 : 2, i * 100 + j)),
            },
          ],
        });
      await inventory.commit({ forgetVolumes: [volumeIdOf(1)] });
      const expected = Array.from({ length: 1500 }, (_, j) => extentRecord(2, 2 * j + 1));
      for (let i = 0; i < 5; i++) {
        await inventory.commit({ audit: [auditRecord(i)] });
        expect(await collect(inventory.extents(streamIdOf(1)))).to.deep.equal(expected);
      }
      await restart();
      expect(await collect(inventory.extents(streamIdOf(1)))).to.deep.equal(expected);
      expect((await inventory.scrub()).problems).to.deep.equal([]);
    });
  });
}
