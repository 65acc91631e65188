import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** REWIND (SSC-4). */
export interface RewindCommand {
  /** IMMED: status comes before the medium has moved. */
  readonly immediate: boolean;
}

export function encodeRewindCdb(command: RewindCommand): Uint8Array {
  return encodeCdb(OPCODES.rewind, (writer) => {
    writer.u8(command.immediate ? 0x01 : 0);
  });
}

export function decodeRewindCdb(cdb: Uint8Array): RewindCommand {
  return decodeCdb('REWIND', OPCODES.rewind, cdb, (reader) => ({ immediate: (reader.u8() & 0x01) !== 0 }));
}
