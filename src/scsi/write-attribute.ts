import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** WRITE ATTRIBUTE (SPC-4): the parameter list is an attribute list, `mam.ts`. */
export interface WriteAttributeCommand {
  /** WTC: status comes only when the memory of the cartridge is written. */
  readonly writeThrough: boolean;
  readonly logicalVolume: number;
  readonly partition: number;
  readonly parameterListLength: number;
}

export function encodeWriteAttributeCdb(command: WriteAttributeCommand): Uint8Array {
  return encodeCdb(OPCODES.writeAttribute, (writer) => {
    writer.u8(command.writeThrough ? 0x01 : 0).zeros(3);
    writer.u8(command.logicalVolume).zeros(1).u8(command.partition);
    writer.zeros(2).u32(command.parameterListLength);
  });
}

export function decodeWriteAttributeCdb(cdb: Uint8Array): WriteAttributeCommand {
  return decodeCdb('WRITE ATTRIBUTE', OPCODES.writeAttribute, cdb, (reader) => ({
    writeThrough: (reader.u8() & 0x01) !== 0,
    logicalVolume: reader.skip(3).u8(),
    partition: reader.skip(1).u8(),
    parameterListLength: reader.skip(2).u32(),
  }));
}
