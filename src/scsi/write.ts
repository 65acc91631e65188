import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** WRITE(6) (SSC-4). */
export interface Write6Command {
  /** FIXED: `length` counts blocks of the block length set by MODE SELECT; else it is the bytes of one block. */
  readonly fixed: boolean;
  /** 0 .. 2^24 - 1. */
  readonly length: number;
}

const FIXED = 0x01;

export function encodeWrite6Cdb(command: Write6Command): Uint8Array {
  return encodeCdb(OPCODES.write6, (writer) => {
    writer.u8(command.fixed ? FIXED : 0).u24(command.length);
  });
}

export function decodeWrite6Cdb(cdb: Uint8Array): Write6Command {
  return decodeCdb('WRITE(6)', OPCODES.write6, cdb, (reader) => ({
    fixed: (reader.u8() & FIXED) !== 0,
    length: reader.u24(),
  }));
}
