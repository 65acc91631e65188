import { expect } from 'chai';
import fc from 'fast-check';
import { BlockRing } from '../../../src/transfer/block-ring.js';
import type { RingHold } from '../../../src/transfer/ring-hold.js';
import type { RingShare } from '../../../src/transfer/ring-share.js';
import type { RingSlot } from '../../../src/transfer/save-stream.js';
import { RIG_BLOCK_BYTES, RIG_LIMITS } from '../../support/save-rig.js';

type Action = readonly [kind: 'open' | 'grow' | 'take' | 'hold' | 'give' | 'takeHeld' | 'letGo' | 'close', who: number];

/** A stream as far as the ring is concerned. What is written into a slot is its own number and that of the block. */
class Holder {
  readonly number: number;
  readonly share: RingShare;
  readonly hold: RingHold;
  readonly inHand: RingSlot[] = [];
  held: { readonly slot: RingSlot; readonly mark: number }[] = [];
  isClosed = false;

  constructor(ring: BlockRing, number: number, onBroken: () => void) {
    this.number = number;
    this.share = ring.openShare('stream', 1);
    this.hold = ring.openHold(() => {
      this.held = [];
      onBroken();
    });
  }
}

describe('the block ring', () => {
  it('keeps each claim, gives no slot to two, and either keeps all that a hold has, as it was, or says so', () => {
    const action = fc.tuple(
      fc.constantFrom<Action[0]>(
        'open',
        'grow',
        'grow',
        'take',
        'take',
        'hold',
        'hold',
        'give',
        'takeHeld',
        'letGo',
        'close',
      ),
      fc.nat(7),
    );
    let reclaimed = 0;
    let broken = 0;
    fc.assert(
      fc.property(fc.array(action, { minLength: 100, maxLength: 400, size: 'max' }), (actions) => {
        const ring = new BlockRing(RIG_BLOCK_BYTES, { ...RIG_LIMITS, sharedBlocks: 5, newcomers: 7 });
        const idle = ring.counts;
        const holders = new Map<number, Holder>();
        let marks = 0;
        const check = (): void => {
          const slots = [...holders.values()].flatMap(({ inHand, held }) => [
            ...inHand,
            ...held.map((one) => one.slot),
          ]);
          expect(new Set(slots).size, 'a slot is in one place').to.equal(slots.length);
          for (const { held, number } of holders.values())
            for (const { slot, mark } of held) expect([...slot.bytes.subarray(0, 2)]).to.deep.equal([number, mark]);
        };
        for (const [kind, who] of actions) {
          let holder = holders.get(who);
          if (holder === undefined && kind !== 'open') continue;
          holder ??= new Holder(ring, who, () => broken++);
          holders.set(who, holder);
          const { share, hold, inHand } = holder;
          const slot = inHand[0];
          if (kind === 'grow' && !holder.isClosed) {
            const isOwn = share.hasOwn;
            expect(share.grow() || !isOwn).to.equal(true);
          }
          if (kind === 'take' && !holder.isClosed && share.available > 0) {
            const taken = share.take();
            const mark = marks++ & 0xff;
            taken.bytes.set([who, mark]);
            inHand.push(taken);
          }
          if (kind === 'hold' && slot !== undefined) {
            inHand.shift();
            holder.held.push({ slot, mark: slot.bytes[1] ?? 0 });
            share.giveToHold(slot, hold);
          }
          if (kind === 'give' && slot !== undefined) {
            inHand.shift();
            share.give(slot);
          }
          if (kind === 'takeHeld') {
            const others = [...holders.values()].map(({ hold: one }) => one.size);
            share.takeHeld(hold);
            inHand.push(...holder.held.map((one) => one.slot));
            reclaimed += holder.held.length;
            holder.held = [];
            expect(
              [...holders.values()].map((one) => (one === holder ? 0 : one.hold.size)),
              'nobody loses by it',
            ).to.deep.equal(others.map((size, i) => ([...holders.values()][i] === holder ? 0 : size)));
          }
          if (kind === 'letGo') {
            hold.letGo();
            holder.held = [];
          }
          if (kind === 'close') {
            holder.isClosed = true;
            share.close();
          }
          check();
        }
        for (const { share, hold, inHand } of holders.values()) {
          for (const slot of inHand) share.give(slot);
          hold.close();
          share.close();
        }
        expect(ring.counts).to.deep.equal(idle);
      }),
      { numRuns: 200 },
    );
    expect(reclaimed, 'blocks were wanted again').to.be.greaterThan(100);
    expect(broken, 'holds were broken').to.be.greaterThan(10);
  });
});
