import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** LOAD UNLOAD (SSC-4). */
export interface LoadUnloadCommand {
  readonly load: boolean;
  /** HOLD: seat or unthread only, do not thread or eject. */
  readonly hold: boolean;
  readonly retension: boolean;
  readonly immediate: boolean;
}

export function encodeLoadUnloadCdb(command: LoadUnloadCommand): Uint8Array {
  return encodeCdb(OPCODES.loadUnload, (writer) => {
    writer
      .u8(command.immediate ? 0x01 : 0)
      .zeros(2)
      .u8((command.hold ? 0x08 : 0) | (command.retension ? 0x02 : 0) | (command.load ? 0x01 : 0));
  });
}

export function decodeLoadUnloadCdb(cdb: Uint8Array): LoadUnloadCommand {
  return decodeCdb('LOAD UNLOAD', OPCODES.loadUnload, cdb, (reader) => {
    const immediate = (reader.u8() & 0x01) !== 0;
    const flags = reader.skip(2).u8();
    return {
      load: (flags & 0x01) !== 0,
      hold: (flags & 0x08) !== 0,
      retension: (flags & 0x02) !== 0,
      immediate,
    };
  });
}
