import { assert } from '../base/assert.js';

const FIRST_CAPACITY = 1024;

/** A row of numbers that grows: 8 bytes each, no boxing. */
class NumberRow {
  #values = new Float64Array(FIRST_CAPACITY);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  at(i: number): number {
    assert(i >= 0 && i < this.length, 'an index within the row');
    return this.#values[i] ?? 0;
  }

  /** How many values are below `limit`; the row rises. */
  countBelow(limit: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#values[middle] ?? 0) < limit) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const LOST = -1;

/**
 * Where each object of a disk volume lies in its file, and which are filemarks. An object whose record is damaged is
 * `lost`: it has a number and no place.
 */
export class ObjectIndex {
  readonly #offsets = new NumberRow();
  readonly #filemarks = new NumberRow();
  readonly #lost = new NumberRow();

  get count(): number {
    return this.#offsets.length;
  }

  get lostCount(): number {
    return this.#lost.length;
  }

  add(offset: number, kind: 'block' | 'filemark'): void {
    if (kind === 'filemark') this.#filemarks.push(this.#offsets.length);
    this.#offsets.push(offset);
  }

  addLost(): void {
    this.#lost.push(this.#offsets.length);
    this.#offsets.push(LOST);
  }

  /** Of its record; null for a lost object. */
  offsetOf(object: number): number | null {
    const offset = this.#offsets.at(object);
    return offset === LOST ? null : offset;
  }

  /** Forgets all objects from number `count` on. */
  truncate(count: number): void {
    assert(count <= this.#offsets.length, 'a row is not cut behind its end');
    this.#filemarks.length = this.#filemarks.countBelow(count);
    this.#lost.length = this.#lost.countBelow(count);
    this.#offsets.length = count;
  }

  filemarksBefore(object: number): number {
    return this.#filemarks.countBelow(object);
  }

  /** Object number of the n-th filemark of the row, from 0. */
  filemark(n: number): number {
    return this.#filemarks.at(n);
  }

  get filemarkCount(): number {
    return this.#filemarks.length;
  }

  /** The first lost object at or behind `object`, or null. */
  lostFrom(object: number): number | null {
    const n = this.#lost.countBelow(object);
    return n < this.#lost.length ? this.#lost.at(n) : null;
  }

  /** The last lost object before `object`, or null. */
  lostBefore(object: number): number | null {
    const n = this.#lost.countBelow(object);
    return n > 0 ? this.#lost.at(n - 1) : null;
  }
}
