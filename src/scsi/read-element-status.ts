import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** Element type codes (SMC-3). */
export const ELEMENT_TYPES = { all: 0, transport: 1, storage: 2, importExport: 3, drive: 4 } as const;

/** READ ELEMENT STATUS (SMC-3); the reply is `element-status.ts`. */
export interface ReadElementStatusCommand {
  /** See ELEMENT_TYPES. */
  readonly elementType: number;
  /** VOLTAG: with volume tags. */
  readonly withVolumeTags: boolean;
  /** Elements from this address on. */
  readonly firstAddress: number;
  /** At most so many elements. */
  readonly count: number;
  /** CURDATA: answer from what is known; nothing is moved for it. */
  readonly currentDataOnly: boolean;
  /** DVCID: with identifiers of drives. */
  readonly withDeviceIds: boolean;
  /** 24 bits; changers exist that read only the lower 16. */
  readonly allocationLength: number;
}

const VOLTAG = 0x10;
const CURDATA = 0x02;
const DVCID = 0x01;

export function encodeReadElementStatusCdb(command: ReadElementStatusCommand): Uint8Array {
  return encodeCdb(OPCODES.readElementStatus, (writer) => {
    writer.u8((command.withVolumeTags ? VOLTAG : 0) | command.elementType);
    writer.u16(command.firstAddress).u16(command.count);
    writer.u8((command.currentDataOnly ? CURDATA : 0) | (command.withDeviceIds ? DVCID : 0));
    writer.u24(command.allocationLength);
  });
}

export function decodeReadElementStatusCdb(cdb: Uint8Array): ReadElementStatusCommand {
  return decodeCdb('READ ELEMENT STATUS', OPCODES.readElementStatus, cdb, (reader) => {
    const what = reader.u8();
    const firstAddress = reader.u16();
    const count = reader.u16();
    const options = reader.u8();
    return {
      elementType: what & 0x0f,
      withVolumeTags: (what & VOLTAG) !== 0,
      firstAddress,
      count,
      currentDataOnly: (options & CURDATA) !== 0,
      withDeviceIds: (options & DVCID) !== 0,
      allocationLength: reader.u24(),
    };
  });
}
