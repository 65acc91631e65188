import { assert } from '../base/assert.js';
import { StorageError } from '../base/storage-error.js';
import type { RingMemory } from '../drive/drive-thread.js';
import { RingHold, type HoldKeeper } from './ring-hold.js';
import { RingShare, type ShareKind, type SlotLender } from './ring-share.js';
import type { RingSlot } from './save-stream.js';
import { countRingBlocks, type TransferLimits } from './transfer-limits.js';

export interface RingCounts {
  readonly slots: number;
  /** In nobody's hands. */
  readonly free: number;
  /** Lent to nobody, but with bytes that may be wanted again. */
  readonly held: number;
  /** Of the blocks that may be shared: not claimed. */
  readonly sharedFree: number;
  readonly streamFree: number;
  readonly procedureFree: number;
}

const PAGE_BYTES = 4096;

/** A large allocation begins this many bytes behind a page boundary: the allocator's header. */
const ALLOCATION_HEADER_BYTES = 16;

/**
 * The daemon's one ring of blocks, in shared memory. Who wants blocks opens a share: a claim on slots, some of which are
 * its own from the start (the base), others taken from what all share, as long as there are. A claim is a promise: a slot
 * for it is always free. Slots are lent last-in-first-out, so that a busy daemon keeps touching the same memory and an idle
 * one none. A slot has one owner at any time: the share that took it, until it is given back there; or a hold.
 *
 * Holds are made of slots that nobody has a claim on: what was written to a medium stays in them in case it must be written again.
 * Claims go first: when one leaves too little room, the largest hold is broken, as a whole, since a stream of which one block is
 * missing cannot be written again. So holding never keeps anybody from a slot, and as many streams as possible stay held.
 * What is held can always be claimed again: all holds together have no more than the shared slots nobody has claimed, and
 * those kept for streams that have not come, but for `newcomers` of these.
 */
export class BlockRing {
  readonly memory: RingMemory;
  readonly #slots: readonly RingSlot[];
  /** Whose hands each slot is in: a share's, the ring's own for single slots, nobody's. */
  readonly #owners: (RingShare | RingHold | BlockRing | null)[];
  readonly #free: RingSlot[];
  readonly #unclaimed: { shared: number; stream: number; procedure: number };
  readonly #newcomers: number;
  readonly #holds = new Set<RingHold>();
  #held = 0;

  /** `slotBytes`: the daemon's block size, header included; a multiple of the page. */
  constructor(slotBytes: number, limits: TransferLimits) {
    assert(slotBytes > 0 && slotBytes % PAGE_BYTES === 0, 'a slot is a row of whole pages');
    const slotCount = countRingBlocks(limits);
    const firstSlotOffset = PAGE_BYTES - ALLOCATION_HEADER_BYTES;
    const memory = new SharedArrayBuffer(firstSlotOffset + slotCount * slotBytes);
    this.memory = { memory, firstSlotOffset, slotBytes, slotCount };
    this.#slots = Array.from({ length: slotCount }, (_, index) => ({
      index,
      bytes: new Uint8Array(memory, firstSlotOffset + index * slotBytes, slotBytes),
    }));
    this.#owners = this.#slots.map(() => null);
    this.#free = [...this.#slots].reverse();
    const { streams, sharedBlocks, collectBlocks, procedureBlocks, newcomers } = limits;
    this.#unclaimed = { shared: sharedBlocks + collectBlocks, stream: streams, procedure: procedureBlocks };
    this.#newcomers = newcomers;
  }

  /** Bytes of a slot: the longest block. */
  get slotBytes(): number {
    return this.memory.slotBytes;
  }

  get counts(): RingCounts {
    const { shared, stream, procedure } = this.#unclaimed;
    return {
      slots: this.#slots.length,
      free: this.#free.length,
      held: this.#held,
      sharedFree: shared,
      streamFree: stream,
      procedureFree: procedure,
    };
  }

  /** A share that never gets less than `base` slots. JOB_LIMIT when those kept for its kind are all claimed. */
  openShare(kind: ShareKind, base: number): RingShare {
    this.#claimBase(kind, base);
    return new RingShare(this.#lender(), kind, base);
  }

  /** `onBroken`: its slots are others' now. Called from within whatever claimed them. */
  openHold(onBroken: () => void): RingHold {
    const hold = new RingHold(this.#keeper(), onBroken);
    this.#holds.add(hold);
    return hold;
  }

  /** One slot for the length of a procedure, such as reading a label. JOB_LIMIT when those kept for it are in use. */
  take(): RingSlot {
    this.#claimBase('procedure', 1);
    return this.#lend(this);
  }

  /** Gives a slot of `take` back. */
  give(slot: RingSlot): void {
    this.#putBack(slot, this);
    this.#unclaimed.procedure++;
  }

  #claimBase(kind: ShareKind, count: number): void {
    if (this.#unclaimed[kind] < count)
      throw new StorageError(
        'JOB_LIMIT',
        kind === 'stream'
          ? 'As many streams are being saved as this node allows. Nothing was saved of this one; try again when others have ended.'
          : 'All blocks kept for labels, indexes and restores are in use. Try again when another job has ended.',
        { context: { kind, wanted: count, free: this.#unclaimed[kind] } },
      );
    this.#claim(kind, count);
  }

  #claim(kind: 'shared' | ShareKind, count: number): void {
    this.#unclaimed[kind] -= count;
    this.#breakHolds();
  }

  #lender(): SlotLender {
    return {
      lend: (owner) => this.#lend(owner),
      putBack: (slot, owner) => {
        this.#putBack(slot, owner);
      },
      claimShared: () => {
        if (this.#unclaimed.shared === 0) return false;
        this.#claim('shared', 1);
        return true;
      },
      claimFromStreams: () => {
        assert(this.#unclaimed.stream > this.#newcomers, 'what is held can be claimed again');
        this.#claim('stream', 1);
      },
      unclaim: (kind, count) => {
        this.#unclaimed[kind] += count;
      },
      hold: (slot, from, hold) => {
        assert(this.#owners[slot.index] === from && this.#holds.has(hold), 'a slot is held once, for its owner');
        this.#owners[slot.index] = hold;
        this.#held++;
      },
      settleHolds: () => {
        this.#breakHolds();
      },
      reclaim: (slot, hold, by) => {
        assert(this.#owners[slot.index] === hold, 'a slot that is held is claimed again');
        this.#owners[slot.index] = by;
        this.#held--;
      },
    };
  }

  #keeper(): HoldKeeper {
    return {
      free: (slot, hold) => {
        assert(this.#owners[slot.index] === hold, 'a slot is let go of by its hold');
        this.#owners[slot.index] = null;
        this.#free.push(slot);
        this.#held--;
      },
      forget: (hold) => {
        this.#holds.delete(hold);
      },
    };
  }

  /** As many slots as claims on them may be made again. */
  get #roomForHolds(): number {
    const { shared, stream } = this.#unclaimed;
    return shared + Math.max(0, stream - this.#newcomers);
  }

  #breakHolds(): void {
    while (this.#held > this.#roomForHolds) {
      let largest: RingHold | null = null;
      for (const hold of this.#holds) if (hold.size > (largest?.size ?? 0)) largest = hold;
      assert(largest !== null, 'what is held is in a hold');
      largest.break();
    }
  }

  #lend(owner: RingShare | BlockRing): RingSlot {
    const slot = this.#free.pop();
    assert(slot !== undefined, 'a slot is free for every claim');
    this.#owners[slot.index] = owner;
    return slot;
  }

  #putBack(slot: RingSlot, owner: RingShare | BlockRing): void {
    assert(this.#slots[slot.index] === slot, 'a slot belongs to its ring');
    assert(this.#owners[slot.index] === owner, 'a slot is given back once, by its owner');
    this.#owners[slot.index] = null;
    this.#free.push(slot);
  }
}
