import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** READ(6) (SSC-4). */
export interface Read6Command {
  /** FIXED: `length` counts blocks of the block length set by MODE SELECT; else it is the bytes of one block. */
  readonly fixed: boolean;
  /** SILI: a block shorter than asked for is not an incorrect length. */
  readonly suppressIncorrectLength: boolean;
  /** 0 .. 2^24 - 1. */
  readonly length: number;
}

const FIXED = 0x01;
const SILI = 0x02;

export function encodeRead6Cdb(command: Read6Command): Uint8Array {
  return encodeCdb(OPCODES.read6, (writer) => {
    writer.u8((command.fixed ? FIXED : 0) | (command.suppressIncorrectLength ? SILI : 0)).u24(command.length);
  });
}

export function decodeRead6Cdb(cdb: Uint8Array): Read6Command {
  return decodeCdb('READ(6)', OPCODES.read6, cdb, (reader) => {
    const flags = reader.u8();
    return { fixed: (flags & FIXED) !== 0, suppressIncorrectLength: (flags & SILI) !== 0, length: reader.u24() };
  });
}
