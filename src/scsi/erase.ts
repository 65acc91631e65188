import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** ERASE(6) (SSC-4): everything behind the position is gone. */
export interface EraseCommand {
  /** LONG: overwrite to the end of the medium (hours); without it, only an end-of-data mark is written. */
  readonly long: boolean;
  readonly immediate: boolean;
}

export function encodeEraseCdb(command: EraseCommand): Uint8Array {
  return encodeCdb(OPCODES.erase6, (writer) => {
    writer.u8((command.immediate ? 0x02 : 0) | (command.long ? 0x01 : 0));
  });
}

export function decodeEraseCdb(cdb: Uint8Array): EraseCommand {
  return decodeCdb('ERASE(6)', OPCODES.erase6, cdb, (reader) => {
    const flags = reader.u8();
    return { long: (flags & 0x01) !== 0, immediate: (flags & 0x02) !== 0 };
  });
}
