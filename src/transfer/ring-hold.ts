import type { RingSlot } from './save-stream.js';

/** What a hold needs of its ring. */
export interface HoldKeeper {
  free(slot: RingSlot, hold: RingHold): void;
  forget(hold: RingHold): void;
}

/**
 * Slots that belong to nobody and whose bytes stay as they are, as long as nobody else needs the place: then all of the hold go at once
 * and its owner is told. They get into it by `RingShare.giveToHold` and out of it by `RingShare.takeHeld`.
 */
export class RingHold {
  readonly #keeper: HoldKeeper;
  readonly #onBroken: () => void;
  #slots: RingSlot[] = [];

  constructor(keeper: HoldKeeper, onBroken: () => void) {
    this.#keeper = keeper;
    this.#onBroken = onBroken;
  }

  get size(): number {
    return this.#slots.length;
  }

  /** Of its share: the slot is the ring's to give to whoever needs it. */
  add(slot: RingSlot): void {
    this.#slots.push(slot);
  }

  /** For its share, which claims them. */
  takeAll(): readonly RingSlot[] {
    const slots = this.#slots;
    this.#slots = [];
    return slots;
  }

  /** Their bytes are not needed any more. The youngest is lent again first. */
  letGo(): void {
    for (const slot of this.takeAll()) this.#keeper.free(slot, this);
  }

  /** Of the ring: others need the place. */
  break(): void {
    this.letGo();
    this.#onBroken();
  }

  /** No more is held. */
  close(): void {
    this.letGo();
    this.#keeper.forget(this);
  }
}
