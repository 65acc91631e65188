import { assert } from '../base/assert.js';
import type { RingHold } from './ring-hold.js';
import type { RingSlot } from './save-stream.js';

/** Where a share has its base from: blocks kept for each stream, or those kept for procedures. */
export type ShareKind = 'stream' | 'procedure';

/** Where a claim is from: the share's base, what all share, or, of what was held, what is kept for streams that have not come. */
type Origin = 'own' | 'shared' | 'fromStreams';

/** What a share needs of its ring. */
export interface SlotLender {
  lend(owner: RingShare): RingSlot;
  putBack(slot: RingSlot, owner: RingShare): void;
  claimShared(): boolean;
  /** From what is kept for streams that have not come yet. */
  claimFromStreams(): void;
  unclaim(kind: 'shared' | ShareKind, count: number): void;
  hold(slot: RingSlot, from: RingShare, hold: RingHold): void;
  /** The books are settled: what is held beyond its place goes. */
  settleHolds(): void;
  reclaim(slot: RingSlot, hold: RingHold, by: RingShare): void;
}

/**
 * A claim on slots of the ring: `size` slots are this share's, `taken` of them in its hands. It begins with none; as many as
 * its base it always gets, and they stay kept for it until it is closed.
 */
export class RingShare {
  readonly #ring: SlotLender;
  readonly #kind: ShareKind;
  /** What it has of the ring, by where it is from; `own`, the base, also while it is not used. */
  readonly #claims: Record<Origin, number>;
  #size = 0;
  #taken = 0;
  #closed = false;

  constructor(ring: SlotLender, kind: ShareKind, base: number) {
    this.#ring = ring;
    this.#kind = kind;
    this.#claims = { own: base, shared: 0, fromStreams: 0 };
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

  /** The next slot is of its own: `grow` will not fail. */
  get hasOwn(): boolean {
    return this.#size < this.#claims.own;
  }

  /** One slot more; false when what is shared is used up. Up to the base it never is. */
  grow(): boolean {
    assert(!this.#closed, 'a closed share does not grow');
    if (this.#size >= this.#claims.own) {
      if (!this.#ring.claimShared()) return false;
      this.#claims.shared++;
    }
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
    this.#dropTaken();
  }

  /** As `give`, but its bytes stay as long as the place is not needed. May break any hold, this one too. */
  giveToHold(slot: RingSlot, hold: RingHold): void {
    this.#ring.hold(slot, this, hold);
    hold.add(slot);
    this.#dropTaken();
    this.#ring.settleHolds();
  }

  /** All slots of the hold are in its hands again, also when it is closed. Never fails, and never breaks another hold. */
  takeHeld(hold: RingHold): void {
    for (const slot of hold.takeAll()) {
      this.#ring.reclaim(slot, hold, this);
      this.#size++;
      this.#taken++;
      if (this.#size <= this.#claimed) continue;
      if (this.#ring.claimShared()) this.#claims.shared++;
      else {
        this.#ring.claimFromStreams();
        this.#claims.fromStreams++;
      }
    }
  }

  /** Ends the claim. What is in its hands stays claimed until it comes back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#shrinkTo(this.#taken);
  }

  #dropTaken(): void {
    this.#taken--;
    this.#shrinkTo(this.#closed ? this.#taken : this.#size - 1);
  }

  get #claimed(): number {
    const { own, shared, fromStreams } = this.#claims;
    return own + shared + fromStreams;
  }

  /** Claims beyond the base go back to all; those within it only once the share is closed. */
  #shrinkTo(size: number): void {
    this.#size = size;
    this.#unclaim('fromStreams', 'stream');
    this.#unclaim('shared', 'shared');
    if (this.#closed) this.#unclaim('own', this.#kind);
  }

  /** What is claimed and not used any more, of one origin. */
  #unclaim(origin: Origin, kind: 'shared' | ShareKind): void {
    const count = Math.min(this.#claims[origin], this.#claimed - this.#size);
    if (count <= 0) return;
    this.#claims[origin] -= count;
    this.#ring.unclaim(kind, count);
  }
}
