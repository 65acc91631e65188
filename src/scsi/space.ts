import { assert } from '../base/assert.js';
import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** Codes of SPACE (SSC-4). */
export const SPACE_CODES = { blocks: 0, filemarks: 1, sequentialFilemarks: 2, endOfData: 3 } as const;

/** SPACE(6) and SPACE(16) (SSC-4). */
export interface SpaceCommand {
  /** See SPACE_CODES. */
  readonly code: number;
  /** Negative: backward. Not looked at for `endOfData`. SPACE(6): 24 bits with sign. */
  readonly count: number;
}

const MIN_COUNT_6 = -0x80_0000;
const MAX_COUNT_6 = 0x7f_ffff;

export function encodeSpace6Cdb(command: SpaceCommand): Uint8Array {
  const { count } = command;
  assert(count >= MIN_COUNT_6 && count <= MAX_COUNT_6, `SPACE(6) cannot count ${String(count)}`);
  return encodeCdb(OPCODES.space6, (writer) => {
    writer.u8(command.code).u24(count & 0xff_ffff);
  });
}

export function decodeSpace6Cdb(cdb: Uint8Array): SpaceCommand {
  return decodeCdb('SPACE(6)', OPCODES.space6, cdb, (reader) => ({
    code: reader.u8() & 0x0f,
    // Shifting up and down again extends the sign of the 24 bits.
    count: (reader.u24() << 8) >> 8,
  }));
}

export function encodeSpace16Cdb(command: SpaceCommand): Uint8Array {
  return encodeCdb(OPCODES.space16, (writer) => {
    writer.u8(command.code).zeros(2).i64(command.count);
  });
}

/** A count outside the safe integers is SCSI_MALFORMED_REPLY. */
export function decodeSpace16Cdb(cdb: Uint8Array): SpaceCommand {
  return decodeCdb('SPACE(16)', OPCODES.space16, cdb, (reader) => ({
    code: reader.u8() & 0x0f,
    count: reader.skip(2).i64(),
  }));
}
