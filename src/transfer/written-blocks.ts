import type { BlockRing } from './block-ring.js';
import type { RingHold } from './ring-hold.js';
import type { RingShare } from './ring-share.js';
import type { ReceivedBlock } from './saving-stream.js';
import type { ReplayRule } from './transfer-limits.js';

/**
 * The blocks of one stream that a drive accepted since the last checkpoint, in order, kept for the case that its volume fails before
 * the next. Either in slots of the stream's share, or in a hold of the ring, which may break: then none of them is here
 * any more, and none that comes, until a checkpoint.
 */
export class WrittenBlocks {
  readonly #share: RingShare;
  readonly #hold: RingHold | null;
  #blocks: ReceivedBlock[] = [];
  #isBroken = false;

  constructor(ring: BlockRing, share: RingShare, rule: ReplayRule) {
    this.#share = share;
    this.#hold =
      rule === 'always'
        ? null
        : ring.openHold(() => {
            this.#isBroken = true;
            this.#blocks = [];
          });
  }

  /** Slots of the share that these blocks keep. */
  get keptSlots(): number {
    return this.#hold === null ? this.#blocks.length : 0;
  }

  /** The drive accepted the block, whose slot is in the share's hands. */
  add(block: ReceivedBlock): void {
    if (this.#isBroken) {
      this.#share.give(block.slot);
      return;
    }
    // Before its slot is given: that may break the hold.
    this.#blocks.push(block);
    if (this.#hold !== null) this.#share.giveToHold(block.slot, this.#hold);
  }

  /** All are durable, or nobody wants them any more. */
  letGo(): void {
    if (this.#hold === null) for (const { slot } of this.#blocks) this.#share.give(slot);
    else this.#hold.letGo();
    this.#blocks = [];
    this.#isBroken = false;
  }

  /** All of them, in the hands of the share, to be written again; null when they are not all here. */
  takeBack(): readonly ReceivedBlock[] | null {
    if (this.#isBroken) {
      this.#isBroken = false;
      return null;
    }
    if (this.#hold !== null) this.#share.takeHeld(this.#hold);
    const blocks = this.#blocks;
    this.#blocks = [];
    return blocks;
  }

  /** No more comes. */
  close(): void {
    this.letGo();
    this.#hold?.close();
  }
}
