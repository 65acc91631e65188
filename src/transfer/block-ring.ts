import { assert } from '../base/assert.js';
import { StorageError } from '../base/storage-error.js';
import type { RingMemory } from '../drive/drive-thread.js';
import type { RingSlot } from './save-stream.js';
import { countRingBlocks, type TransferLimits } from './transfer-limits.js';

/** Where a share has its base from: blocks kept for each stream, or those kept for procedures. */
export type ShareKind = 'stream' | 'procedure';

export interface RingCounts {
  readonly slots: number;
  /** In nobody's hands. */
  readonly free: number;
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
 * one none. A slot has one owner at any time: the share that took it, until it is given back there.
 */
export class BlockRing {
  readonly memory: RingMemory;
  readonly #slots: readonly RingSlot[];
  /** Whose hands each slot is in: a share's, the ring's own for single slots, nobody's. */
  readonly #owners: (RingShare | BlockRing | null)[];
  readonly #free: RingSlot[];
  readonly #unclaimed: { shared: number; stream: number; procedure: number };

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
    const { streams, sharedBlocks, collectBlocks, procedureBlocks } = limits;
    this.#unclaimed = { shared: sharedBlocks + collectBlocks, stream: streams, procedure: procedureBlocks };
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
    this.#unclaimed[kind] -= count;
  }

  #lender(): SlotLender {
    return {
      lend: (owner) => this.#lend(owner),
      putBack: (slot, owner) => {
        this.#putBack(slot, owner);
      },
      claimShared: () => {
        if (this.#unclaimed.shared === 0) return false;
        this.#unclaimed.shared--;
        return true;
      },
      unclaim: (kind, count) => {
        this.#unclaimed[kind] += count;
      },
    };
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

/** What a share needs of its ring. */
interface SlotLender {
  lend(owner: RingShare): RingSlot;
  putBack(slot: RingSlot, owner: RingShare): void;
  claimShared(): boolean;
  unclaim(kind: 'shared' | ShareKind, count: number): void;
}

/**
 * A claim on slots of the ring: `size` slots are this share's, `taken` of them in its hands. It begins with none; as many as
 * its base it always gets, and they stay kept for it until it is closed.
 */
export class RingShare {
  readonly #ring: SlotLender;
  readonly #kind: ShareKind;
  readonly #base: number;
  #size = 0;
  #taken = 0;
  #closed = false;

  constructor(ring: SlotLender, kind: ShareKind, base: number) {
    this.#ring = ring;
    this.#kind = kind;
    this.#base = base;
  }

  get size(): number {
    return this.#size;
  }

  /** Slots in its hands. */
  get taken(): number {
    return this.#taken;
  }

  /** Slots that `take` will give. */
  get available(): number {
    return this.#size - this.#taken;
  }

  /** One slot more; false when what is shared is used up. Up to the base it never is. */
  grow(): boolean {
    assert(!this.#closed, 'a closed share does not grow');
    if (this.#size >= this.#base && !this.#ring.claimShared()) return false;
    this.#size++;
    return true;
  }

  /** A slot within the claim. */
  take(): RingSlot {
    assert(!this.#closed, 'a closed share takes nothing');
    assert(this.#taken < this.#size, 'a slot is taken within the claim');
    this.#taken++;
    return this.#ring.lend(this);
  }

  /** Gives a slot back and keeps the claim on it. */
  putBack(slot: RingSlot): void {
    this.#ring.putBack(slot, this);
    this.#taken--;
    if (this.#closed) this.#shrinkTo(this.#taken);
  }

  /** Gives a slot back, and the claim with it. */
  give(slot: RingSlot): void {
    this.#ring.putBack(slot, this);
    this.#taken--;
    this.#shrinkTo(this.#closed ? this.#taken : this.#size - 1);
  }

  /** Ends the claim. What is in its hands stays claimed until it comes back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // What was kept and not used; what is used is given up as it comes back.
    this.#ring.unclaim(this.#kind, Math.max(0, this.#base - this.#size));
    this.#shrinkTo(this.#taken);
  }

  /** Claims beyond the base go back to all; those within it only once the share is closed. */
  #shrinkTo(size: number): void {
    const shared = Math.max(0, this.#size - this.#base) - Math.max(0, size - this.#base);
    if (shared > 0) this.#ring.unclaim('shared', shared);
    if (this.#closed) this.#ring.unclaim(this.#kind, this.#size - size - shared);
    this.#size = size;
  }
}
