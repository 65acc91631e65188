import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** PREVENT ALLOW MEDIUM REMOVAL (SPC-4): whether removal is prevented from now on. */
export interface PreventAllowCommand {
  readonly prevent: boolean;
}

export function encodePreventAllowCdb(command: PreventAllowCommand): Uint8Array {
  return encodeCdb(OPCODES.preventAllow, (writer) => {
    writer.zeros(3).u8(command.prevent ? 0x01 : 0);
  });
}

export function decodePreventAllowCdb(cdb: Uint8Array): PreventAllowCommand {
  return decodeCdb('PREVENT ALLOW MEDIUM REMOVAL', OPCODES.preventAllow, cdb, (reader) => ({
    prevent: (reader.skip(3).u8() & 0x01) !== 0,
  }));
}
