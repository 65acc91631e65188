import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** MOVE MEDIUM (SMC-3): from one element to another. */
export interface MoveMediumCommand {
  /** Medium transport element to use; 0: the changer's default. */
  readonly transport: number;
  readonly source: number;
  readonly destination: number;
  /** INVERT: turn the medium over; tapes have one side. */
  readonly invert: boolean;
}

export function encodeMoveMediumCdb(command: MoveMediumCommand): Uint8Array {
  return encodeCdb(OPCODES.moveMedium, (writer) => {
    writer.zeros(1).u16(command.transport).u16(command.source).u16(command.destination);
    writer.zeros(2).u8(command.invert ? 0x01 : 0);
  });
}

export function decodeMoveMediumCdb(cdb: Uint8Array): MoveMediumCommand {
  return decodeCdb('MOVE MEDIUM', OPCODES.moveMedium, cdb, (reader) => ({
    transport: reader.skip(1).u16(),
    source: reader.u16(),
    destination: reader.u16(),
    invert: (reader.skip(2).u8() & 0x01) !== 0,
  }));
}
