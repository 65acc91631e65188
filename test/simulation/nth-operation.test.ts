import { expect } from 'chai';
import type { PoolRecord } from '../../src/inventory/records.js';
import { scratchPool } from '../../src/media/pool-book.js';
import type { Barcode } from '../../src/terms/barcode.js';
import { SeededRandom } from '../../src/base/random.js';
import { poolRecord } from '../support/inventory-samples.js';
import { RIG_LIMITS } from '../support/save-rig.js';
import { restoreAndCompare } from './checkers.js';
import { Life } from './life.js';
import { Stage, STAGE_SLOT_BYTES } from './stage.js';
import { WorldClient } from './world-client.js';
import { WORLD_POOL, type WorldNode } from './world-node.js';

const LIMITS = { ...RIG_LIMITS, checkpointBytes: 12 * STAGE_SLOT_BYTES, procedureBlocks: 24 };

/** What the daemon does while something fails; what was there before was made in a life without failures. */
interface Scenario {
  readonly name: string;
  /** Native bytes of each cartridge, in blocks. */
  readonly cartridges: readonly number[];
  readonly before: ((stage: Stage, node: WorldNode) => Promise<void>) | null;
  readonly work: (stage: Stage, node: WorldNode) => Promise<void>;
  readonly pool?: PoolRecord;
}

async function save(stage: Stage, node: WorldNode, ...blocks: readonly number[]): Promise<void> {
  await saveKept(stage, node, null, ...blocks);
}

async function saveKept(
  stage: Stage,
  node: WorldNode,
  retentionDays: number | null,
  ...blocks: readonly number[]
): Promise<void> {
  await Promise.all(
    blocks.map(async (count, n) => {
      const told = stage.newStream(count * STAGE_SLOT_BYTES + n, retentionDays);
      const random = new SeededRandom(n + 1);
      const client = new WorldClient(told, {
        clock: stage.clock,
        random,
        slotBytes: STAGE_SLOT_BYTES,
        leavesAt: Infinity,
      });
      await client.open(node.saves);
      await client.done;
    }),
  );
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'labels cartridges',
    cartridges: [100, 100],
    before: null,
    work: async (stage, node) => stage.labelAll(node),
  },
  {
    name: 'saves two streams at once',
    cartridges: [200],
    before: async (stage, node) => stage.labelAll(node),
    work: async (stage, node) => save(stage, node, 20, 9),
  },
  {
    name: 'saves a stream over three volumes',
    cartridges: [30, 30, 30, 30],
    before: async (stage, node) => stage.labelAll(node),
    work: async (stage, node) => save(stage, node, 50),
  },
  {
    name: 'saves behind what it saved before',
    cartridges: [200],
    before: async (stage, node) => {
      await stage.labelAll(node);
      await save(stage, node, 10, 10);
    },
    work: async (stage, node) => save(stage, node, 10),
  },
  {
    name: 'draws a scratch volume and labels a blank one',
    cartridges: [30, 30, 30],
    pool: poolRecord('default', { labelsBlank: true }),
    before: async (stage, node) => {
      await node.label('TPL001L8' as Barcode);
      await node.label('TPL002L8' as Barcode, scratchPool('tape'));
      await save(stage, node, 10);
    },
    work: async (stage, node) => save(stage, node, 45),
  },
  {
    name: 'uses an expired volume again beside one that must be kept',
    cartridges: [30, 30],
    before: async (stage, node) => {
      await stage.labelAll(node);
      await saveKept(stage, node, 0, 18);
      await save(stage, node, 16);
    },
    work: async (stage, node) => save(stage, node, 14),
  },
  {
    name: 'restores a stream that lies on two volumes',
    cartridges: [30, 30, 30],
    before: async (stage, node) => {
      await stage.labelAll(node);
      await save(stage, node, 35);
    },
    work: async (stage, node) => {
      for (const told of stage.streams) stage.note(await restoreAndCompare(node, told));
    },
  },
];

/** The scenario with the n-th access failing; returns whether there was an n-th. */
async function playFailing(
  { cartridges, before, work, pool = WORLD_POOL }: Scenario,
  failsAt: number,
  forGood: boolean,
): Promise<boolean> {
  const random = new SeededRandom(1);
  const capacities = cartridges.map((blocks) => blocks * STAGE_SLOT_BYTES);
  const stage = new Stage({ drives: 1, cartridges: capacities, limits: LIMITS, random, pool });
  const inPeace = async (action: NonNullable<Scenario['before']>): Promise<void> =>
    stage.play(new Life(random), async (node) => {
      await node.open();
      await action(stage, node);
      await node.close();
    });
  if (before !== null) await inPeace(before);
  const promised = stage.streams.filter(({ saved }) => saved !== null).length;
  expect(promised, 'all is well before').to.equal(stage.streams.length);

  const life = new Life(random, { failsAt, forGood });
  await stage.play(life, async (node) => {
    await node.open();
    await work(stage, node);
    await node.close();
  });
  // It goes on where it was left, as far as that can be.
  await inPeace(async (_, node) => stage.labelAll(node));
  await stage.judge();
  expect(stage.problems, `access ${String(failsAt)}${forGood ? ' and all behind it' : ''}`).to.deep.equal([]);
  return life.accesses >= failsAt;
}

describe('a daemon of which the n-th access to a drive or its inventory fails', () => {
  for (const scenario of SCENARIOS)
    for (const forGood of [false, true])
      it(`breaks no promise when it ${scenario.name}, whichever access fails ${forGood ? 'with all behind it' : 'once'}`, async () => {
        let n = 1;
        while (await playFailing(scenario, n, forGood)) n++;
        expect(n, 'there were accesses to fail').to.be.greaterThan(50);
      });
});
