/** What of the objects lost in front of a good block its number tells: those it does not account for were filemarks. */
export interface LostInFront {
  readonly blocks: number;
  readonly filemarks: number;
}

/**
 * Counts along a row of objects. Blocks have numbers and filemarks have none (docs/VOLUME-FORMAT.md), so what kind the objects were
 * that cannot be read follows from the number of the next good block.
 */
export class LostObjects {
  /** Number of the next block; null before the first good one. */
  #next: number | null = null;
  #lost = 0;

  /** Whether objects were lost since the last good block. */
  get any(): boolean {
    return this.#lost > 0;
  }

  /** An object that cannot be read: a block or a filemark. */
  takeLost(): void {
    this.#lost++;
  }

  /** A block whose number is not known or not to be trusted. */
  takeBadBlock(): void {
    if (this.#next !== null) this.#next++;
  }

  takeGoodBlock(sequence: number): LostInFront {
    const blocks = this.#next === null ? this.#lost : Math.min(this.#lost, Math.max(0, sequence - this.#next));
    const filemarks = this.#lost - blocks;
    this.#next = sequence + 1;
    this.#lost = 0;
    return { blocks, filemarks };
  }
}
