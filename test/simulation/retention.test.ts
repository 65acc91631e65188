import { expect } from 'chai';
import { SeededRandom } from '../../src/base/random.js';
import { isStorageError } from '../../src/base/storage-error.js';
import { DAY_MS, scratchPool } from '../../src/media/pool-book.js';
import type { Barcode } from '../../src/terms/barcode.js';
import type { StreamId } from '../../src/terms/ids.js';
import { VOLUME_STATES } from '../../src/terms/media-state.js';
import { poolRecord } from '../support/inventory-samples.js';
import { RIG_LIMITS } from '../support/save-rig.js';
import { Life, type LifePlan } from './life.js';
import { Stage, STAGE_SLOT_BYTES } from './stage.js';
import { WorldClient, type WorldStream } from './world-client.js';
import type { WorldNode } from './world-node.js';

const LIMITS = { ...RIG_LIMITS, checkpointBytes: 12 * STAGE_SLOT_BYTES, procedureBlocks: 24 };

/** Each session begins a volume of its own, so that each kind of protection is on one. The pool may do whatever a pool may. */
const POOL = poolRecord('default', { allocation: { kind: 'always' }, labelsBlank: true });
const OTHER_POOL = poolRecord('other', { declared: false });

const barcode = (n: number): Barcode => `TPL${String(n).padStart(3, '0')}L8` as Barcode;
const CARTRIDGES = 8;
/** What lies on them: see `fill`. */
const PROTECTED = [1, 2, 3, 4].map(barcode);

async function save(
  stage: Stage,
  node: WorldNode,
  blocks: number,
  retentionDays: number | null,
  basedOn: StreamId | null = null,
): Promise<WorldStream> {
  const told = stage.newStream(blocks * STAGE_SLOT_BYTES, retentionDays);
  const random = new SeededRandom(stage.streams.length);
  const client = new WorldClient(told, {
    clock: stage.clock,
    random,
    slotBytes: STAGE_SLOT_BYTES,
    leavesAt: Infinity,
    basedOn,
  });
  await client.open(node.saves);
  await client.done;
  while (node.saves.running.length > 0) await stage.clock.sleep(1000);
  return told;
}

/**
 * On cartridge 1 a stream within its retention; on 2 an expired one that is held; on 3 an expired full, which the incremental on 4
 * needs; on 5 one that has expired and may go; 6 is scratch; 7 and 8 are blank.
 */
async function fill(stage: Stage, node: WorldNode): Promise<void> {
  await save(stage, node, 4, 300);
  const held = await save(stage, node, 4, 0);
  await node.hold(held.streamId as StreamId);
  held.mustBeKept = true;
  const full = await save(stage, node, 4, 0);
  full.mustBeKept = true;
  await save(stage, node, 3, 300, full.streamId);
  await save(stage, node, 4, 0);
  await node.label(barcode(6), scratchPool('tape'));
}

interface Attack {
  readonly name: string;
  /** On one of the protected volumes. */
  readonly run: (stage: Stage, node: WorldNode, target: Barcode) => Promise<void>;
}

const ATTACKS: readonly Attack[] = [
  {
    name: 'a new label for its pool, overwriting whatever is there',
    run: async (_, node, target) => node.label(target, POOL, target),
  },
  {
    name: 'a new label for scratch',
    run: async (_, node, target) => node.label(target, scratchPool('tape'), target),
  },
  {
    name: 'a new label for another pool',
    run: async (_, node, target) => node.label(target, OTHER_POOL, target),
  },
  {
    name: 'any state, and then a new label',
    run: async (_, node, target) => {
      for (const state of VOLUME_STATES) {
        await tolerant(async () => {
          await node.states.set('world', target, state, 'an attack');
        });
        await tolerant(async () => node.label(target, POOL, target));
      }
      await tolerant(async () => {
        await node.states.set('world', target, 'full', 'as if it were');
      });
    },
  },
  { name: 'an erase', run: async (_, node, target) => node.erase(target, 'short') },
  { name: 'an erase of the whole medium', run: async (_, node, target) => node.erase(target, 'long') },
  {
    name: 'any state, and then an erase',
    run: async (_, node, target) => {
      for (const state of VOLUME_STATES) {
        await tolerant(async () => {
          await node.states.set('world', target, state, 'an attack');
        });
        await tolerant(async () => node.erase(target, 'short'));
      }
      await tolerant(async () => {
        await node.states.set('world', target, 'full', 'as if it were');
      });
    },
  },
  {
    name: 'a wall clock ten years ahead, and an erase',
    run: async (stage, node, target) => {
      stage.clock.wallOffsetMs = 3650 * DAY_MS;
      try {
        await node.erase(target, 'short');
      } finally {
        stage.clock.wallOffsetMs = 0;
      }
    },
  },
  {
    name: 'an erase while an incremental begins',
    run: async (stage, node, target) => {
      const full = stage.streams[2]?.streamId ?? null;
      await Promise.all([
        tolerant(async () => node.erase(target, 'short')),
        save(stage, node, 1, 300, full),
        tolerant(async () => node.erase(barcode(3), 'short')),
      ]);
    },
  },
  {
    name: 'its pool removed, and a new label',
    run: async (_, node, target) => {
      await tolerant(async () => node.pools.remove('world', 'default'));
      await node.label(target, OTHER_POOL, target);
    },
  },
  {
    name: 'a wall clock ten years ahead, and a new label',
    run: async (stage, node, target) => {
      stage.clock.wallOffsetMs = 3650 * DAY_MS;
      try {
        await node.label(target, POOL, target);
      } finally {
        stage.clock.wallOffsetMs = 0;
      }
    },
  },
  {
    name: 'a new label while an incremental begins',
    run: async (stage, node, target) => {
      const full = stage.streams[2]?.streamId ?? null;
      await Promise.all([
        tolerant(async () => node.label(target, POOL, target)),
        save(stage, node, 1, 300, full),
        tolerant(async () => node.label(barcode(3), POOL, barcode(3))),
      ]);
    },
  },
  {
    name: 'a stream that needs more volumes than there are free, twenty years from now by the wall clock',
    run: async (stage, node) => {
      stage.clock.wallOffsetMs = 7300 * DAY_MS;
      try {
        await save(stage, node, 30, 0);
      } finally {
        stage.clock.wallOffsetMs = 0;
      }
    },
  },
];

/** Refusals are what is hoped for. */
async function tolerant(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isStorageError(error)) throw error;
  }
}

/** These attacks on every target, in one life in which what `plan` says goes wrong; returns how many accesses it had. */
async function attack(
  attacks: readonly Attack[],
  plan: LifePlan,
): Promise<{ readonly accesses: number; readonly problems: readonly string[] }> {
  const random = new SeededRandom(11);
  const capacities = Array.from({ length: CARTRIDGES }, () => 30 * STAGE_SLOT_BYTES);
  const stage = new Stage({ drives: 1, cartridges: capacities, limits: LIMITS, random, pool: POOL });
  await stage.play(new Life(random), async (node) => {
    await node.open();
    await fill(stage, node);
    await node.close();
  });
  const life = new Life(random, plan);
  await stage.play(life, async (node) => {
    await node.open();
    for (const { run } of attacks) for (const target of PROTECTED) await tolerant(async () => run(stage, node, target));
    await node.close();
  });
  const { accesses } = life;
  stage.clock.wallOffsetMs = 0;
  // And once more, in peace, on whatever state that left.
  await stage.play(new Life(random), async (node) => {
    await node.open();
    for (const target of PROTECTED) await tolerant(async () => node.label(target, POOL, target));
    await tolerant(async () => {
      await save(stage, node, 20, 0);
    });
    await node.close();
  });
  await stage.judge();
  return { accesses, problems: stage.problems };
}

/** The accesses are many and alike: a stride that no loop has. */
const STRIDE = 41;

describe('what must be kept', () => {
  it('is what the test believes it is: nothing of it is overwritten, and what may be is', async () => {
    const random = new SeededRandom(11);
    const capacities = Array.from({ length: CARTRIDGES }, () => 30 * STAGE_SLOT_BYTES);
    const stage = new Stage({ drives: 1, cartridges: capacities, limits: LIMITS, random, pool: POOL });
    await stage.play(new Life(random), async (node) => {
      await node.open();
      await fill(stage, node);
      const before = new Map((await node.inventory.volumes()).map((volume) => [volume.barcode, volume.volumeId]));
      expect([...before.keys()]).to.have.members([1, 2, 3, 4, 5, 6].map(barcode));
      for (const target of PROTECTED) {
        const error: unknown = await node.label(target, POOL, target).then(
          () => null,
          (reason: unknown) => reason,
        );
        expect(isStorageError(error, 'VOLUME_LIVE'), target).to.equal(true);
      }
      await node.label(barcode(5), POOL, barcode(5));
      const after = new Map((await node.inventory.volumes()).map((volume) => [volume.barcode, volume.volumeId]));
      const changed = [...after].filter(([of, id]) => before.get(of) !== id).map(([of]) => of);
      expect(changed).to.deep.equal([barcode(5)]);
      await node.close();
    });
    await stage.judge();
    expect(stage.problems).to.deep.equal([]);
  });

  for (const one of ATTACKS)
    it(`is not lost by ${one.name}`, async () => {
      const { problems } = await attack([one], {});
      expect(problems).to.deep.equal([]);
    });

  for (const [what, planOf] of [
    ['whichever access fails once', (n: number): LifePlan => ({ failsAt: n })],
    ['whichever access fails with all behind it', (n: number): LifePlan => ({ failsAt: n, forGood: true })],
    ['whenever the daemon dies', (n: number): LifePlan => ({ diesAt: n })],
  ] as const)
    it(`is not lost by all of that together, ${what}`, async () => {
      const { accesses } = await attack(ATTACKS, {});
      expect(accesses).to.be.above(500);
      for (let n = 1; n <= accesses; n += STRIDE) {
        const { problems } = await attack(ATTACKS, planOf(n));
        expect(problems, `access ${String(n)}`).to.deep.equal([]);
      }
    });
});
