import { ByteWriter, type ByteReader } from '../base/byte-cursor.js';
import { decodeBytes, hexOf } from './malformed-reply.js';
import { encodeVpdPage, VPD_PAGES, vpdPageBody } from './vpd-page.js';

/** One designation descriptor of VPD page 83h (SPC-4). */
export interface Designator {
  /** 1 binary, 2 ASCII, 3 UTF-8. */
  readonly codeSet: number;
  /** 0 logical unit, 1 target port, 2 target device. */
  readonly association: number;
  /** 0 vendor specific, 1 T10 vendor id, 2 EUI-64, 3 NAA, 4 relative target port, 8 SCSI name string. */
  readonly type: number;
  readonly identifier: Uint8Array;
}

const ASSOCIATION_LOGICAL_UNIT = 0;
const TYPE_T10 = 1;
const TYPE_NAA = 3;
const CODE_SET_BINARY = 1;

/** What of a descriptor cut off by the transfer length is left is dropped. */
export function decodeDeviceIdentification(bytes: Uint8Array): readonly Designator[] {
  const body = vpdPageBody(bytes, VPD_PAGES.deviceIdentification);
  return decodeBytes('device identification page', body, (reader) => {
    const designators: Designator[] = [];
    while (reader.remaining >= 4) {
      const designator = readDesignator(reader);
      if (designator === null) break;
      designators.push(designator);
    }
    return designators;
  });
}

function readDesignator(reader: ByteReader): Designator | null {
  const codeSet = reader.u8() & 0x0f;
  const kind = reader.u8();
  const length = reader.skip(1).u8();
  if (reader.remaining < length) return null;
  return { codeSet, association: (kind >> 4) & 0x03, type: kind & 0x0f, identifier: reader.take(length) };
}

export function encodeDeviceIdentification(deviceType: number, designators: readonly Designator[]): Uint8Array {
  const length = designators.reduce((sum, { identifier }) => sum + 4 + identifier.length, 0);
  const writer = new ByteWriter(new Uint8Array(length), 'big-endian');
  for (const { codeSet, association, type, identifier } of designators)
    writer
      .u8(codeSet)
      .u8((association << 4) | type)
      .u8(0)
      .u8(identifier.length)
      .put(identifier);
  return encodeVpdPage(deviceType, VPD_PAGES.deviceIdentification, writer.bytes);
}

/** The name of the logical unit worth comparing over hosts and boots: `naa.5000...` or `t10.VENDOR ...`; null without one. */
export function logicalUnitName(designators: readonly Designator[]): string | null {
  const own = designators.filter(({ association }) => association === ASSOCIATION_LOGICAL_UNIT);
  const naa = own.find(({ type, codeSet }) => type === TYPE_NAA && codeSet === CODE_SET_BINARY);
  if (naa !== undefined) return `naa.${hexOf(naa.identifier).replaceAll(' ', '')}`;
  const t10 = own.find(({ type }) => type === TYPE_T10);
  if (t10 === undefined) return null;
  return decodeBytes('designator', t10.identifier, (reader) => `t10.${reader.ascii(t10.identifier.length)}`);
}
