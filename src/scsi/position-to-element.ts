import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** POSITION TO ELEMENT (SMC-3): the transport element moves before an element, and takes nothing. */
export interface PositionToElementCommand {
  /** Medium transport element to use; 0: the changer's default. */
  readonly transport: number;
  readonly destination: number;
  readonly invert: boolean;
}

export function encodePositionToElementCdb(command: PositionToElementCommand): Uint8Array {
  return encodeCdb(OPCODES.positionToElement, (writer) => {
    writer.zeros(1).u16(command.transport).u16(command.destination);
    writer.zeros(2).u8(command.invert ? 0x01 : 0);
  });
}

export function decodePositionToElementCdb(cdb: Uint8Array): PositionToElementCommand {
  return decodeCdb('POSITION TO ELEMENT', OPCODES.positionToElement, cdb, (reader) => ({
    transport: reader.skip(1).u16(),
    destination: reader.u16(),
    invert: (reader.skip(2).u8() & 0x01) !== 0,
  }));
}
