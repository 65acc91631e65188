import { ByteWriter, type ByteReader } from '../base/byte-cursor.js';
import {
  ELEMENT_DESCRIPTOR_BYTES,
  elementDescriptorLength,
  hasIdentifier,
  readElementDescriptor,
  writeElementDescriptor,
  type DescriptorLayout,
  type ElementDescriptor,
} from './element-descriptor.js';
import { decodeBytes, hexNumber, malformedReply } from './malformed-reply.js';

/** Element status page (SMC-3): elements of one type, in the order of their addresses. */
export interface ElementStatusPage extends DescriptorLayout {
  /** Descriptors have room for an identifier, used or not; changers of SCSI-2 times have not. */
  readonly hasIdentifiers: boolean;
  readonly descriptors: readonly ElementDescriptor[];
}

/** What READ ELEMENT STATUS brought. */
export interface ElementStatus {
  readonly pages: readonly ElementStatusPage[];
  /** Elements that the header announces, which did not come whole: ask again, from behind the last one that did. */
  readonly missing: number;
}

const WHAT = 'element status data';
const HEADER_BYTES = 8;
const PAGE_HEADER_BYTES = 8;
const PVOLTAG = 0x80;
const AVOLTAG = 0x40;

/**
 * `bytes` may end anywhere (allocation length, residual), or go on with zeros where the host adapter tells no residual.
 * What is not whole is left out and counted as missing. SCSI_MALFORMED_REPLY: no whole header, or a page that cannot be.
 */
export function decodeElementStatus(bytes: Uint8Array): ElementStatus {
  return decodeBytes(WHAT, bytes, (reader) => {
    const firstAddress = reader.u16();
    const announced = reader.u16();
    const byteCount = reader.skip(1).u24();
    // Some changers count the header as well, so that the count may point behind the end.
    const end = Math.min(bytes.length, HEADER_BYTES + byteCount);
    const pages: ElementStatusPage[] = [];
    while (reader.offset + PAGE_HEADER_BYTES <= end) {
      const page = readPage(reader, end, firstAddress);
      if (page === null) break;
      pages.push(page);
    }
    const whole = pages.reduce((sum, { descriptors }) => sum + descriptors.length, 0);
    return { pages, missing: Math.max(0, announced - whole) };
  });
}

/** Null where there is none: zeros behind what was transferred. Leaves `reader` behind the page. */
function readPage(reader: ByteReader, end: number, firstAddress: number): ElementStatusPage | null {
  const elementType = reader.u8();
  const flags = reader.u8();
  const length = reader.u16();
  const byteCount = reader.skip(1).u24();
  if (elementType === 0 && flags === 0 && length === 0 && byteCount === 0) return null;
  if (elementType < 1 || elementType > 4)
    throw malformedReply(WHAT, `a page has element type ${hexNumber(elementType)}`, reader.bytes);
  if (byteCount > 0 && length < ELEMENT_DESCRIPTOR_BYTES)
    throw malformedReply(WHAT, `a page has descriptors of ${String(length)} bytes`, reader.bytes);
  const layout = { elementType, hasPrimaryTags: (flags & PVOLTAG) !== 0, hasAlternateTags: (flags & AVOLTAG) !== 0 };
  const start = reader.offset;
  const pageEnd = Math.min(end, start + byteCount);
  const descriptors = readDescriptors(reader, layout, length, pageEnd, firstAddress);
  reader.seek(pageEnd);
  return { ...layout, hasIdentifiers: hasIdentifier(layout, length), descriptors };
}

function readDescriptors(
  reader: ByteReader,
  layout: DescriptorLayout,
  length: number,
  end: number,
  firstAddress: number,
): readonly ElementDescriptor[] {
  const descriptors: ElementDescriptor[] = [];
  const first = reader.offset;
  for (let start = first; start < end; start += length) {
    const available = Math.min(length, end - start);
    // Zeros that were never transferred would be an empty element 0; the first element may really be that.
    const mayBeZero = start === first && firstAddress === 0;
    if (!mayBeZero && isZero(reader.bytes.subarray(start, start + available))) break;
    const descriptor = readElementDescriptor(reader.seek(start), layout, length, available);
    if (descriptor === null) break;
    descriptors.push(descriptor);
  }
  return descriptors;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/**
 * What a changer answers, whole. The header announces the `missing` as well; the changer sends as many whole descriptors as
 * fit the allocation length and leaves the headers as they are (SMC-3).
 */
export function encodeElementStatus({ pages, missing }: ElementStatus): Uint8Array {
  const lengths = pages.map((page) => elementDescriptorLength(page, page.descriptors));
  const byteCounts = pages.map(({ descriptors }, index) => descriptors.length * (lengths[index] ?? 0));
  const byteCount = byteCounts.reduce((sum, count) => sum + PAGE_HEADER_BYTES + count, 0);
  const count = pages.reduce((sum, { descriptors }) => sum + descriptors.length, missing);
  const writer = new ByteWriter(new Uint8Array(HEADER_BYTES + byteCount), 'big-endian');
  writer.u16(lowestAddress(pages)).u16(count).zeros(1).u24(byteCount);
  for (const [index, page] of pages.entries()) {
    const length = lengths[index] ?? 0;
    writer.u8(page.elementType).u8((page.hasPrimaryTags ? PVOLTAG : 0) | (page.hasAlternateTags ? AVOLTAG : 0));
    writer
      .u16(length)
      .zeros(1)
      .u24(byteCounts[index] ?? 0);
    for (const descriptor of page.descriptors) writeElementDescriptor(writer, page, length, descriptor);
  }
  return writer.bytes;
}

function lowestAddress(pages: readonly ElementStatusPage[]): number {
  const addresses = pages.flatMap(({ descriptors }) => descriptors.map(({ address }) => address));
  return addresses.reduce((lowest, address) => Math.min(lowest, address), addresses[0] ?? 0);
}
