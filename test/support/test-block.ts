import { patternedBytes } from './patterned-bytes.js';

/** Blocks are told apart by their bytes: block n of length n x 100 + 1, or as given. */
export function testBlock(n: number, lengthBytes = n * 100 + 1): Uint8Array {
  return patternedBytes(n, lengthBytes);
}
