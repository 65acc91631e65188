import { ByteWriter } from '../base/byte-cursor.js';
import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';
import { decodeBytes } from './malformed-reply.js';

/** READ BLOCK LIMITS (SSC-4), without MLOI. */
export function encodeReadBlockLimitsCdb(): Uint8Array {
  return encodeCdb(OPCODES.readBlockLimits);
}

export function decodeReadBlockLimitsCdb(cdb: Uint8Array): void {
  decodeCdb('READ BLOCK LIMITS', OPCODES.readBlockLimits, cdb, () => undefined);
}

export interface BlockLimits {
  /** Block lengths are multiples of 2 to this power (bytes). */
  readonly granularity: number;
  readonly minBlockBytes: number;
  /** 0: no limit is stated. */
  readonly maxBlockBytes: number;
}

export function decodeBlockLimits(bytes: Uint8Array): BlockLimits {
  return decodeBytes('block limits', bytes, (reader) => {
    const granularity = reader.u8() & 0x1f;
    const maxBlockBytes = reader.u24();
    return { granularity, maxBlockBytes, minBlockBytes: reader.u16() };
  });
}

export function encodeBlockLimits(limits: BlockLimits): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(6), 'big-endian');
  return writer.u8(limits.granularity).u24(limits.maxBlockBytes).u16(limits.minBlockBytes).bytes;
}
