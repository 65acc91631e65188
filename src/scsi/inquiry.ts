import { ByteWriter, type ByteReader } from '../base/byte-cursor.js';
import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';
import { decodeBytes } from './malformed-reply.js';

/** INQUIRY (SPC-4). `vpdPage`: the vital product data page asked for, or null for the standard data. */
export interface InquiryCommand {
  readonly vpdPage: number | null;
  readonly allocationLength: number;
}

export function encodeInquiryCdb(command: InquiryCommand): Uint8Array {
  return encodeCdb(OPCODES.inquiry, (writer) => {
    writer
      .u8(command.vpdPage === null ? 0 : 0x01)
      .u8(command.vpdPage ?? 0)
      .u16(command.allocationLength);
  });
}

export function decodeInquiryCdb(cdb: Uint8Array): InquiryCommand {
  return decodeCdb('INQUIRY', OPCODES.inquiry, cdb, (reader) => {
    const vital = (reader.u8() & 0x01) !== 0;
    const page = reader.u8();
    return { vpdPage: vital ? page : null, allocationLength: reader.u16() };
  });
}

/** Peripheral device types (SPC-4) this product meets. */
export const DEVICE_TYPES = { sequentialAccess: 0x01, mediumChanger: 0x08, none: 0x1f } as const;

/** Standard INQUIRY data (SPC-4), as far as it is used. */
export interface StandardInquiry {
  /** 0: a device is there; 1: may be connected, is not; 3: this logical unit cannot be. */
  readonly qualifier: number;
  /** See DEVICE_TYPES. */
  readonly deviceType: number;
  readonly removableMedium: boolean;
  /** 5: SPC-3, 6: SPC-4. */
  readonly version: number;
  /** Empty when the data ends before them. */
  readonly vendor: string;
  readonly product: string;
  readonly revision: string;
}

const STANDARD_LENGTH = 36;

/** `bytes`: what was transferred; older or terse devices may send less than 36 bytes, but never less than 5. */
export function decodeStandardInquiry(bytes: Uint8Array): StandardInquiry {
  return decodeBytes('INQUIRY data', bytes, (reader) => {
    const first = reader.u8();
    const removable = (reader.u8() & 0x80) !== 0;
    const version = reader.u8();
    const additional = reader.skip(1).u8();
    const end = Math.min(bytes.length, 5 + additional);
    return {
      qualifier: first >> 5,
      deviceType: first & 0x1f,
      removableMedium: removable,
      version,
      vendor: textAt(reader, 8, 8, end),
      product: textAt(reader, 16, 16, end),
      revision: textAt(reader, 32, 4, end),
    };
  });
}

function textAt(reader: ByteReader, offset: number, width: number, end: number): string {
  return end < offset + width ? '' : reader.seek(offset).ascii(width).trim();
}

export function encodeStandardInquiry(inquiry: StandardInquiry): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(STANDARD_LENGTH), 'big-endian');
  writer.u8((inquiry.qualifier << 5) | inquiry.deviceType).u8(inquiry.removableMedium ? 0x80 : 0);
  // Response data format 2: the data is as SPC says.
  writer.u8(inquiry.version).u8(0x02);
  writer.u8(STANDARD_LENGTH - 5).zeros(3);
  return writer.ascii(inquiry.vendor, 8).ascii(inquiry.product, 16).ascii(inquiry.revision, 4).bytes;
}
