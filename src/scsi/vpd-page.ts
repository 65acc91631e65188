import { ByteWriter } from '../base/byte-cursor.js';
import { decodeBytes, hexNumber, malformedReply } from './malformed-reply.js';

/** Vital product data pages (SPC-4, SSC-4) this product reads. */
export const VPD_PAGES = {
  supportedPages: 0x00,
  unitSerialNumber: 0x80,
  deviceIdentification: 0x83,
  sequentialAccess: 0xb0,
} as const;

const HEADER_LENGTH = 4;

/** The body of a page behind its header, by the page length, or shorter when less was transferred. */
export function vpdPageBody(bytes: Uint8Array, pageCode: number): Uint8Array {
  const what = `VPD page ${hexNumber(pageCode)}`;
  return decodeBytes(what, bytes, (reader) => {
    const found = reader.skip(1).u8();
    if (found !== pageCode) throw malformedReply(what, `page ${hexNumber(found)} came instead`, bytes);
    const length = reader.u16();
    return reader.take(Math.min(length, reader.remaining));
  });
}

/** Header and body of a page; `deviceType` as in INQUIRY data, qualifier 0. */
export function encodeVpdPage(deviceType: number, pageCode: number, body: Uint8Array): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(HEADER_LENGTH + body.length), 'big-endian');
  return writer.u8(deviceType).u8(pageCode).u16(body.length).put(body).bytes;
}

/** Page 00h: the numbers of the pages the device has. */
export function decodeSupportedVpdPages(bytes: Uint8Array): readonly number[] {
  return [...vpdPageBody(bytes, VPD_PAGES.supportedPages)];
}

export function encodeSupportedVpdPages(deviceType: number, pages: readonly number[]): Uint8Array {
  return encodeVpdPage(deviceType, VPD_PAGES.supportedPages, Uint8Array.from(pages));
}

/** Page 80h: the serial number, without the spaces some vendors pad it with on either side. */
export function decodeUnitSerialNumber(bytes: Uint8Array): string {
  const body = vpdPageBody(bytes, VPD_PAGES.unitSerialNumber);
  return decodeBytes('unit serial number', body, (reader) => reader.ascii(body.length).trim());
}

export function encodeUnitSerialNumber(deviceType: number, serial: string): Uint8Array {
  const body = new ByteWriter(new Uint8Array(serial.length), 'big-endian').ascii(serial, serial.length).bytes;
  return encodeVpdPage(deviceType, VPD_PAGES.unitSerialNumber, body);
}

/** Page B0h of a sequential-access device. */
export interface SequentialAccessCapabilities {
  /** The drive can use WORM cartridges. */
  readonly wormCapable: boolean;
  readonly streamMirroringCapable: boolean;
}

export function decodeSequentialAccessCapabilities(bytes: Uint8Array): SequentialAccessCapabilities {
  const body = vpdPageBody(bytes, VPD_PAGES.sequentialAccess);
  return decodeBytes('sequential-access capabilities', body, (reader) => {
    const flags = reader.u8();
    return { wormCapable: (flags & 0x01) !== 0, streamMirroringCapable: (flags & 0x02) !== 0 };
  });
}

export function encodeSequentialAccessCapabilities(
  deviceType: number,
  capabilities: SequentialAccessCapabilities,
): Uint8Array {
  const flags = (capabilities.wormCapable ? 0x01 : 0) | (capabilities.streamMirroringCapable ? 0x02 : 0);
  // Two bytes: the second is reserved (SSC-4).
  return encodeVpdPage(deviceType, VPD_PAGES.sequentialAccess, Uint8Array.of(flags, 0));
}
