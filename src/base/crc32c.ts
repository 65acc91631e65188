/**
 * CRC32C (Castagnoli, reflected polynomial 0x82F63B78, RFC 3720 appendix B.4; check value of "123456789" is 0xE3069283).
 *
 * This is the portable implementation, for headers, labels and records. Block payloads are checked by the native one
 * (native/), which has the same signature.
 */

/** CRC32C of `bytes`, continuing from `seed` (the CRC of the bytes before; 0 to begin). Result is unsigned 32-bit. */
export type Crc32c = (bytes: Uint8Array, seed?: number) => number;

const POLYNOMIAL = 0x82f63b78;

/** Eight tables of 256 entries: slicing-by-8. */
const TABLES = makeTables();

function makeTables(): Uint32Array {
  const tables = new Uint32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ POLYNOMIAL : c >>> 1;
    tables[n] = c >>> 0;
  }
  for (let n = 0; n < 256; n++) {
    let c = tables[n] ?? 0;
    for (let t = 1; t < 8; t++) {
      c = (tables[c & 0xff] ?? 0) ^ (c >>> 8);
      tables[t * 256 + n] = c >>> 0;
    }
  }
  return tables;
}

export const crc32c: Crc32c = (bytes, seed = 0) => {
  const t = TABLES;
  let crc = ~seed;
  let i = 0;
  const end8 = bytes.length - 7;
  for (; i < end8; i += 8) {
    const low =
      crc ^
      ((bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24));
    crc =
      (t[1792 + (low & 0xff)] as number) ^
      (t[1536 + ((low >>> 8) & 0xff)] as number) ^
      (t[1280 + ((low >>> 16) & 0xff)] as number) ^
      (t[1024 + (low >>> 24)] as number) ^
      (t[768 + (bytes[i + 4] as number)] as number) ^
      (t[512 + (bytes[i + 5] as number)] as number) ^
      (t[256 + (bytes[i + 6] as number)] as number) ^
      (t[bytes[i + 7] as number] as number);
  }
  for (; i < bytes.length; i++) crc = (t[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
};

/** Applies a 32x32 matrix over GF(2) to a vector. */
function timesVector(matrix: Uint32Array, vector: number): number {
  let sum = 0;
  for (let i = 0; vector !== 0; i++, vector >>>= 1) if (vector & 1) sum ^= matrix[i] as number;
  return sum >>> 0;
}

function squareMatrix(matrix: Uint32Array): Uint32Array {
  return matrix.map((column) => timesVector(matrix, column));
}

/** zeroMatrices[k] advances a CRC over 2^k zero bytes. */
const ZERO_MATRICES = makeZeroMatrices();

function makeZeroMatrices(): readonly Uint32Array[] {
  const oneBit = new Uint32Array(32);
  oneBit[0] = POLYNOMIAL;
  for (let n = 1; n < 32; n++) oneBit[n] = 2 ** (n - 1);
  let matrix = squareMatrix(squareMatrix(squareMatrix(oneBit)));
  const matrices: Uint32Array[] = [];
  for (let k = 0; k < 53; k++) {
    matrices.push(matrix);
    matrix = squareMatrix(matrix);
  }
  return matrices;
}

/** CRC32C of A followed by B, from crc(A), crc(B) and the length of B in bytes: no pass over the bytes. */
export function combineCrc32c(crcA: number, crcB: number, lengthB: number): number {
  if (lengthB !== lastAdvance.length) lastAdvance = { length: lengthB, matrix: matrixOf(lengthB) };
  return (timesVector(lastAdvance.matrix, crcA) ^ crcB) >>> 0;
}

/** Of the length asked for last: nearly all blocks of a node are of one length. */
let lastAdvance: { readonly length: number; readonly matrix: Uint32Array } = { length: 0, matrix: matrixOf(0) };

/** Advances a CRC over so many zero bytes. */
function matrixOf(length: number): Uint32Array {
  const product = Uint32Array.from({ length: 32 }, (_, bit) => 2 ** bit);
  let rest = length;
  for (let k = 0; rest > 0; k++) {
    const factor = ZERO_MATRICES[k] as Uint32Array;
    if (rest % 2 === 1) for (let i = 0; i < 32; i++) product[i] = timesVector(factor, product[i] as number);
    rest = Math.floor(rest / 2);
  }
  return product;
}
