import { SeededRandom } from '../../src/base/random.js';

/** Repeatable bytes without a pattern that a misplaced block could hide in, in chunks of uneven length. */
export function* patternedChunks(seed: number, totalBytes: number): Generator<Uint8Array> {
  const random = new SeededRandom(seed);
  let left = totalBytes;
  while (left > 0) {
    const chunk = new Uint8Array(Math.min(left, 1 + random.below(200_000)));
    random.fill(chunk);
    left -= chunk.length;
    yield chunk;
  }
}

export function patternedBytes(seed: number, totalBytes: number): Buffer {
  return Buffer.concat([...patternedChunks(seed, totalBytes)]);
}
