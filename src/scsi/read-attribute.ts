import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** Service actions of READ ATTRIBUTE (SPC-4) this product uses. */
export const READ_ATTRIBUTE_ACTIONS = { values: 0x00, list: 0x01 } as const;

/** READ ATTRIBUTE (SPC-4): the cartridge memory. The replies are in `mam.ts`. */
export interface ReadAttributeCommand {
  /** See READ_ATTRIBUTE_ACTIONS. */
  readonly serviceAction: number;
  readonly logicalVolume: number;
  readonly partition: number;
  /** Attributes from this id on are sent. */
  readonly firstAttribute: number;
  readonly allocationLength: number;
  /** CACHE: the drive may answer from what it read at load. */
  readonly cached: boolean;
}

export function encodeReadAttributeCdb(command: ReadAttributeCommand): Uint8Array {
  return encodeCdb(OPCODES.readAttribute, (writer) => {
    writer.u8(command.serviceAction).zeros(3);
    writer.u8(command.logicalVolume).zeros(1).u8(command.partition);
    writer.u16(command.firstAttribute).u32(command.allocationLength);
    writer.u8(command.cached ? 0x01 : 0);
  });
}

export function decodeReadAttributeCdb(cdb: Uint8Array): ReadAttributeCommand {
  return decodeCdb('READ ATTRIBUTE', OPCODES.readAttribute, cdb, (reader) => ({
    serviceAction: reader.u8() & 0x1f,
    logicalVolume: reader.skip(3).u8(),
    partition: reader.skip(1).u8(),
    firstAttribute: reader.u16(),
    allocationLength: reader.u32(),
    cached: (reader.u8() & 0x01) !== 0,
  }));
}
