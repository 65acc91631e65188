import { expect } from 'chai';
import fc from 'fast-check';
import type { Inventory } from '../../../src/inventory/inventory.js';
import type { ExtentRecord, StreamRecord } from '../../../src/inventory/records.js';
import { StoredInventory } from '../../../src/inventory/stored-inventory.js';
import { collect, extentRecords } from '../../support/inventory-samples.js';
import { streamIdOf, streamRecord, volumeIdOf, volumeRecord } from '../../support/records.js';
import { MemoryStore } from '../../support/memory-store.js';

type Step =
  | { readonly kind: 'write'; readonly stream: number; readonly volume: number; readonly extents: number }
  | { readonly kind: 'forget'; readonly volume: number }
  | { readonly kind: 'restart' };

const STREAMS = 4;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      stream: fc.integer({ min: 1, max: STREAMS }),
      volume: fc.integer({ min: 0, max: 2 }),
      extents: fc.integer({ min: 1, max: 140 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), volume: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

/** The inventory as lists, with volumes that are labelled anew when they are forgotten. */
class Model {
  /** Number of the volume that cartridge 0, 1, 2 is now. */
  readonly current = [1, 2, 3];
  readonly streams = new Map<number, StreamRecord>();
  readonly extents = new Map<number, ExtentRecord[]>();
  /** Extents a stream ever had: where its next one begins. */
  readonly written = new Map<number, number>();

  forget(cartridge: number): { readonly old: number; readonly fresh: number } {
    const old = this.current[cartridge] ?? 0;
    const fresh = Math.max(...this.current) + 1;
    this.current[cartridge] = fresh;
    for (const [n, stream] of [...this.streams]) {
      if (!stream.volumes.includes(volumeIdOf(old))) continue;
      const left = (this.extents.get(n) ?? []).filter(({ volumeId }) => volumeId !== volumeIdOf(old));
      this.extents.set(n, left);
      if (left.length === 0) this.streams.delete(n);
      else
        this.streams.set(n, {
          ...stream,
          volumes: stream.volumes.filter((id) => id !== volumeIdOf(old)),
          state: 'incomplete',
          reason: 'part of it lay on a volume that was used again',
        });
    }
    return { old, fresh };
  }
}

async function take(step: Step, model: Model, inventory: Inventory): Promise<void> {
  if (step.kind === 'restart') {
    await inventory.close();
    await inventory.open();
    return;
  }
  if (step.kind === 'forget') {
    const { old, fresh } = model.forget(step.volume);
    await inventory.commit({ volumes: [volumeRecord(fresh)], forgetVolumes: [volumeIdOf(old)] });
    return;
  }
  const volume = model.current[step.volume] ?? 0;
  const from = model.written.get(step.stream) ?? 0;
  const extents = extentRecords(volume, from, from + step.extents);
  const before = model.streams.get(step.stream);
  const record = streamRecord(step.stream, { volumes: [...new Set([...(before?.volumes ?? []), volumeIdOf(volume)])] });
  model.written.set(step.stream, from + step.extents);
  model.streams.set(step.stream, record);
  model.extents.set(step.stream, [...(model.extents.get(step.stream) ?? []), ...extents]);
  await inventory.commit({ streams: [record], extents: [{ streamId: streamIdOf(step.stream), extents }] });
}

async function expectLike(model: Model, inventory: Inventory, offset: number): Promise<void> {
  for (let n = 1; n <= STREAMS; n++) {
    const streamId = streamIdOf(n);
    expect(await inventory.stream(streamId)).to.deep.equal(model.streams.get(n) ?? null);
    const expected = (model.extents.get(n) ?? []).filter((one) => one.offset + one.bytes > offset);
    expect(await collect(inventory.extents(streamId, offset))).to.deep.equal(expected);
  }
  const numbers = [...model.streams.keys()].sort((a, b) => b - a);
  expect(await inventory.streams({ limit: 100 })).to.deep.equal(numbers.map((n) => model.streams.get(n)));
  for (const volume of Array.from({ length: Math.max(...model.current) }, (_, i) => i + 1)) {
    const on = [...model.extents].filter(([, list]) => list.some(({ volumeId }) => volumeId === volumeIdOf(volume)));
    expect(await inventory.streamsOnVolume(volumeIdOf(volume))).to.have.members(on.map(([n]) => streamIdOf(n)));
  }
}

describe('a stored inventory', () => {
  it('tells what a list of everything would, after any row of writes, relabellings and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat({ max: 300_000 }), async (steps, offset) => {
        const inventory = new StoredInventory(new MemoryStore());
        await inventory.open();
        const model = new Model();
        for (const one of steps) {
          await take(one, model, inventory);
          await expectLike(model, inventory, offset);
        }
        expect((await inventory.scrub()).problems).to.deep.equal([]);
        await inventory.close();
      }),
      { numRuns: 60 },
    );
  });
});
