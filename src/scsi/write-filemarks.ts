import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/**
 * WRITE FILEMARKS(6) (SSC-4). Without `immediate` everything accepted before is on the medium when status comes; a
 * count of 0 does only that.
 */
export interface WriteFilemarksCommand {
  /** 0 .. 2^24 - 1. */
  readonly count: number;
  readonly immediate: boolean;
}

export function encodeWriteFilemarksCdb(command: WriteFilemarksCommand): Uint8Array {
  return encodeCdb(OPCODES.writeFilemarks6, (writer) => {
    writer.u8(command.immediate ? 0x01 : 0).u24(command.count);
  });
}

export function decodeWriteFilemarksCdb(cdb: Uint8Array): WriteFilemarksCommand {
  return decodeCdb('WRITE FILEMARKS(6)', OPCODES.writeFilemarks6, cdb, (reader) => ({
    immediate: (reader.u8() & 0x01) !== 0,
    count: reader.u24(),
  }));
}
