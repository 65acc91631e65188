import { expect } from 'chai';
import type { Fault, FaultCommand } from '../../sim/fault-plan.js';
import { SeededRandom } from '../../src/base/random.js';
import { RIG_LIMITS } from '../support/save-rig.js';
import { Life } from './life.js';
import { Stage, STAGE_SLOT_BYTES } from './stage.js';
import { WorldClient } from './world-client.js';

const LIMITS = {
  ...RIG_LIMITS,
  replay: 'always' as const,
  sharedBlocks: 24,
  checkpointBytes: 6 * STAGE_SLOT_BYTES,
  procedureBlocks: 24,
};
const MEDIUM = { key: 0x3, asc: 0x0c, ascq: 0x00 };
const HARDWARE = { key: 0x4, asc: 0x44, ascq: 0x00 };

type MakeFault = (command: FaultCommand, nth: number) => Fault;

const FAULTS: readonly { readonly name: string; readonly make: MakeFault }[] = [
  { name: 'a medium error', make: (command, nth) => ({ kind: 'sense', command, sense: MEDIUM, nth }) },
  {
    name: 'a medium error after all was done',
    make: (command, nth) => ({ kind: 'sense', command, sense: MEDIUM, nth, performed: true }),
  },
  {
    name: 'a deferred error that loses what was in the buffer',
    make: (command, nth) => ({ kind: 'sense', command, sense: { ...MEDIUM, deferred: true }, nth }),
  },
  { name: 'a hardware error', make: (command, nth) => ({ kind: 'sense', command, sense: HARDWARE, nth }) },
  { name: 'a reset by somebody else', make: (command, nth) => ({ kind: 'reset', command, nth }) },
];
const COMMANDS: readonly FaultCommand[] = ['write', 'filemark', 'position'];

/** Two streams, with volumes and a drive to spare; returns whether the n-th such command came while they were saved. */
async function saveWith(make: MakeFault, command: FaultCommand, nth: number): Promise<boolean> {
  const random = new SeededRandom(1);
  const stage = new Stage({
    drives: 2,
    cartridges: [60, 60, 60].map((blocks) => blocks * STAGE_SLOT_BYTES),
    limits: LIMITS,
    random,
  });
  await stage.play(new Life(random), async (node) => {
    await node.open();
    await stage.labelAll(node);
    await node.close();
  });
  let isMet = false;
  stage.powerOn([make(command, nth)], 0);
  await stage.play(new Life(random), async (node) => {
    await node.open();
    const clients = [13, 8].map((blocks, n) => {
      const told = stage.newStream(blocks * STAGE_SLOT_BYTES + n);
      return new WorldClient(told, {
        clock: stage.clock,
        random: new SeededRandom(n + 1),
        slotBytes: STAGE_SLOT_BYTES,
        leavesAt: Infinity,
      });
    });
    for (const client of clients) await client.open(node.saves);
    await Promise.all(clients.map(async ({ done }) => done));
    if ((await node.inventory.volumes()).some(({ errors }) => errors > 0)) isMet = true;
    await node.close();
  });
  for (const { name, saved, error } of stage.streams)
    expect(saved === null ? `${name}: ${error?.message ?? 'no answer'}` : null, `${command} ${String(nth)}`).to.equal(
      null,
    );
  await stage.judge();
  expect(stage.problems, `${command} ${String(nth)}`).to.deep.equal([]);
  return isMet;
}

describe('a medium or drive that fails while it is written, as long as the ring has what was not durable', () => {
  for (const { name, make } of FAULTS)
    it(`is never seen by a client: ${name}, at whichever write, filemark or look at the position`, async () => {
      let met = 0;
      for (const command of COMMANDS) {
        // A few beyond the last that is met: not each of them is one of the session's.
        // The first look at the position is the mount's.
        for (let nth = command === 'position' ? 2 : 1, missed = 0; missed < 3; nth++) {
          if (await saveWith(make, command, nth)) {
            met++;
            missed = 0;
          } else missed++;
        }
      }
      expect(met, 'volumes failed').to.be.greaterThan(20);
    });
});
