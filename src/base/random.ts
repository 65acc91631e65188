import { randomFillSync } from 'node:crypto';

/** Randomness behind a port. */
export interface Random {
  /** Fills with random bytes. */
  fill(bytes: Uint8Array): void;
}

export const systemRandom: Random = {
  fill: (bytes) => {
    randomFillSync(bytes);
  },
};

/** xoshiro128**, seeded by splitmix32: repeatable, never for secrets. */
export class SeededRandom implements Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    let z = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      z = (z + 0x9e3779b9) >>> 0;
      let t = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
      this.#state[i] = (t ^ (t >>> 15)) >>> 0;
    }
  }

  /** An unsigned 32-bit integer. */
  nextU32(): number {
    const s = this.#state;
    const s1 = s[1] as number;
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s1 << 9;
    const s2 = (s[2] as number) ^ (s[0] as number);
    const s3 = (s[3] as number) ^ s1;
    s[1] = s1 ^ s2;
    s[0] = (s[0] as number) ^ s3;
    s[2] = s2 ^ t;
    s[3] = (s3 << 11) | (s3 >>> 21);
    return result;
  }

  /** An integer from 0 to limit - 1. */
  below(limit: number): number {
    return Math.floor((this.nextU32() / 0x1_0000_0000) * limit);
  }

  fill(bytes: Uint8Array): void {
    let i = 0;
    for (; i + 4 <= bytes.length; i += 4) {
      const word = this.nextU32();
      bytes[i] = word;
      bytes[i + 1] = word >>> 8;
      bytes[i + 2] = word >>> 16;
      bytes[i + 3] = word >>> 24;
    }
    for (; i < bytes.length; i++) bytes[i] = this.nextU32();
  }
}
