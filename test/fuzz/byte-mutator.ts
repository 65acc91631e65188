import type { SeededRandom } from '../../src/base/random.js';

/** No input grows beyond this, so that a run measures decoders and not copying. */
const MAX_INPUT_BYTES = 256 * 1024;
const MOST_STEPS = 6;

/** Values on which length and sign checks break, by width in bytes. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255].concat(
  [8, 16, 24, 31, 32, 48, 53, 63].flatMap((bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]),
);

/** Pieces of text that parsers of JSON and TOML stumble over. */
const TOKENS = [
  ...['null', 'true', '-1', '-0', '1e999', '0.1', '1e-400', '9007199254740993', '18446744073709551616', '""', '"'],
  ...['[', ']', '{', '}', '[[', ']]', ',', ':', '=', '"__proto__":{"a":1}', '"constructor"', '\\u0000', '\\ud800'],
  ...[
    '\u0000',
    '\n',
    '\r',
    '\ufeff',
    '\u202e',
    'é',
    '😀',
    '#',
    "'",
    '"""',
    '0x',
    '1979-05-27',
    'inf',
    'nan',
    '..',
    '/',
  ],
  ...['TAPELOOM', 'TLRB', 'TLRM', 'TLFRAME1', 'VOL1'],
].map((text) => Buffer.from(text));

type Step = (bytes: Buffer, at: number) => Buffer;

/**
 * Makes bad inputs from good ones, the same ones from the same random numbers: bits, bytes and integers changed, ranges dropped,
 * doubled, moved and overwritten, pieces of other good inputs put in, ends cut off and drawn out; now and then nothing but noise.
 */
export class ByteMutator {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  mutate(seeds: readonly Uint8Array[]): Buffer {
    const kind = this.#random.below(32);
    if (kind === 0) return this.#noise(this.#random.below(512));
    let bytes: Buffer = Buffer.from(this.#pick(seeds));
    if (kind === 1) return bytes;
    const steps = 1 + this.#random.below(MOST_STEPS);
    for (let i = 0; i < steps; i++) {
      const step = this.#step(seeds);
      bytes = step(bytes, this.#random.below(bytes.length + 1));
      if (bytes.length > MAX_INPUT_BYTES) bytes = bytes.subarray(0, MAX_INPUT_BYTES);
    }
    return bytes;
  }

  #step(seeds: readonly Uint8Array[]): Step {
    const random = this.#random;
    switch (random.below(14)) {
      case 0:
      case 1:
        return (bytes, at) => overwrite(bytes, at, [(bytes[at] ?? 0) ^ (1 << random.below(8))]);
      case 2:
      case 3:
        return (bytes, at) => overwrite(bytes, at, [random.below(256)]);
      case 4:
      case 5:
        return (bytes, at) => overwrite(bytes, at, this.#integer());
      case 6:
        return (bytes, at) => splice(bytes, at, this.#length(), []);
      case 7:
        return (bytes, at) => splice(bytes, at, 0, this.#noise(this.#length()));
      case 8:
        return (bytes, at) => splice(bytes, at, 0, bytes.subarray(at, at + this.#length()));
      case 9:
        return (bytes, at) => overwrite(bytes, random.below(bytes.length + 1), bytes.subarray(at, at + this.#length()));
      case 10: {
        const other = this.#pick(seeds);
        const from = random.below(other.length + 1);
        const piece = other.subarray(from, from + this.#length());
        return (bytes, at) => (random.below(2) === 0 ? overwrite(bytes, at, piece) : splice(bytes, at, 0, piece));
      }
      case 11:
        return (bytes, at) => overwrite(bytes, at, Buffer.alloc(this.#length(), random.below(2) * 255));
      case 12:
        return (bytes, at) => (random.below(2) === 0 ? bytes.subarray(0, at) : bytes.subarray(at));
      default:
        return (bytes, at) => splice(bytes, at, random.below(3) * this.#length(), this.#pick(TOKENS));
    }
  }

  /** Short ones are frequent. */
  #length(): number {
    return 1 + this.#random.below(1 << this.#random.below(10));
  }

  #integer(): Uint8Array {
    const random = this.#random;
    const width = [1, 2, 3, 4, 8][random.below(5)] ?? 4;
    const value = BigInt(EDGES[random.below(EDGES.length)] ?? 0);
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, random.below(8) === 0 ? -value : value));
    return random.below(2) === 0 ? bytes.subarray(0, width) : bytes.subarray(0, width).reverse();
  }

  #noise(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    this.#random.fill(bytes);
    return bytes;
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[this.#random.below(items.length)];
    if (item === undefined) throw new Error('there is something to pick from');
    return item;
  }
}

/** Over what is there; never longer than it. */
function overwrite(bytes: Buffer, at: number, piece: ArrayLike<number>): Buffer {
  for (let i = 0; i < piece.length && at + i < bytes.length; i++) bytes[at + i] = piece[i] ?? 0;
  return bytes;
}

function splice(bytes: Buffer, at: number, remove: number, insert: Uint8Array | readonly number[]): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Uint8Array.from(insert), bytes.subarray(at + remove)]);
}
