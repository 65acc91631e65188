/**
 * What the records of the tables add up to: how many there are, and the sum of the CRCs in their envelopes. It can be kept
 * up to date by each commit and computed anew from the store in one pass in any order; a record that is missing, left over or
 * of an older state makes the two differ.
 */
export class ContentSum {
  #records = 0;
  #sum = 0;

  constructor(start: { readonly records: number; readonly sum: number } = { records: 0, sum: 0 }) {
    this.#records = start.records;
    this.#sum = start.sum;
  }

  get records(): number {
    return this.#records;
  }

  get sum(): number {
    return this.#sum;
  }

  add(crc: number): void {
    this.#records++;
    this.#sum = (this.#sum + crc) % MODULUS;
  }

  remove(crc: number): void {
    this.#records--;
    this.#sum = (this.#sum - crc + MODULUS) % MODULUS;
  }
}

/** Sums of 32-bit numbers stay exact in a double. */
const MODULUS = 2 ** 48;
