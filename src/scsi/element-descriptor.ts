import type { ByteReader, ByteWriter } from '../base/byte-cursor.js';
import type { ElementDevice } from './element-device.js';
import { ELEMENT_TYPES } from './read-element-status.js';
import {
  readVolumeTag,
  VOLUME_TAG_BYTES,
  VOLUME_TAG_IDENTIFIER_BYTES,
  writeVolumeTag,
  type VolumeTag,
} from './volume-tag.js';

/** One element of a changer (SMC-3). */
export interface ElementDescriptor {
  readonly address: number;
  /** FULL: holds a medium. True or false whatever the tag says. */
  readonly isFull: boolean;
  /** ACCESS: the transport element can get at it. */
  readonly isAccessible: boolean;
  /** EXCEPT: something is wrong with it, and `asc` and `ascq` say what. Some changers fill in these without EXCEPT. */
  readonly isException: boolean;
  readonly asc: number;
  readonly ascq: number;
  /** IMPEXP of an import/export element: an operator put the medium there. */
  readonly placedByOperator: boolean;
  /** EXENAB and INENAB of an import/export element: media may leave, and enter, through it. */
  readonly exportEnabled: boolean;
  readonly importEnabled: boolean;
  /** Of a drive, as SCSI-2 changers tell it; null when it is not valid. */
  readonly busAddress: number | null;
  readonly logicalUnit: number | null;
  /** NOT BUS: the drive is not on the changer's own bus. */
  readonly onOtherBus: boolean;
  /** The storage element the medium came from; null when the changer does not know (SVALID off). */
  readonly sourceAddress: number | null;
  readonly isInverted: boolean;
  /** ED: the element is disabled. */
  readonly isDisabled: boolean;
  /** See MEDIUM_TYPES; 0..7. */
  readonly mediumType: number;
  /** Null: the page has no tags, the element has none, or it cannot be read. */
  readonly primaryTag: VolumeTag | null;
  readonly alternateTag: VolumeTag | null;
  /** The drive in a drive element, when it was asked for. */
  readonly device: ElementDevice | null;
}

/** Medium type of an element descriptor (SMC-3). */
export const MEDIUM_TYPES = { unspecified: 0, data: 1, cleaning: 2, diagnostic: 3, worm: 4, microcode: 5 } as const;

/** What the header of a status page says of the descriptors in it. */
export interface DescriptorLayout {
  readonly elementType: number;
  readonly hasPrimaryTags: boolean;
  readonly hasAlternateTags: boolean;
}

export const ELEMENT_DESCRIPTOR_BYTES = 12;
const IDENTIFIER_HEADER_BYTES = 4;

const FULL = 0x01;
const IMPEXP = 0x02;
const EXCEPT = 0x04;
const ACCESS = 0x08;
const EXENAB = 0x10;
const INENAB = 0x20;

const NOT_BUS = 0x80;
const ID_VALID = 0x20;
const LU_VALID = 0x10;

const SVALID = 0x80;
const INVERT = 0x40;
const ED = 0x08;

/** Where the parts of descriptors of `length` bytes lie: a tag for which there is no room is not there. */
interface Parts {
  readonly primaryTag: boolean;
  readonly alternateTag: boolean;
  readonly identifierOffset: number;
}

/**
 * The Quantum SuperLoader 3 sets AVolTag in pages whose descriptors have no alternate tag (known from mhvtl), so the
 * descriptor length decides.
 */
function partsOf(layout: DescriptorLayout, length: number): Parts {
  const primaryTag = layout.hasPrimaryTags && length >= ELEMENT_DESCRIPTOR_BYTES + VOLUME_TAG_BYTES;
  const afterPrimary = ELEMENT_DESCRIPTOR_BYTES + (primaryTag ? VOLUME_TAG_BYTES : 0);
  const alternateTag = layout.hasAlternateTags && length >= afterPrimary + VOLUME_TAG_BYTES;
  return { primaryTag, alternateTag, identifierOffset: afterPrimary + (alternateTag ? VOLUME_TAG_BYTES : 0) };
}

/** Whether descriptors of `length` bytes have room for an identifier. */
export function hasIdentifier(layout: DescriptorLayout, length: number): boolean {
  return length >= partsOf(layout, length).identifierOffset + IDENTIFIER_HEADER_BYTES;
}

/**
 * Reads a descriptor of which `available` bytes of the `length` in the page header came; `reader` stands at its first byte
 * and is somewhere in it afterwards. Null when what came does not say everything: nothing of a tag or an identifier is
 * guessed. Bytes that carry nothing may be missing: the last descriptor of some changers is short.
 */
export function readElementDescriptor(
  reader: ByteReader,
  layout: DescriptorLayout,
  length: number,
  available: number,
): ElementDescriptor | null {
  const parts = partsOf(layout, length);
  const tags = Number(parts.primaryTag) + Number(parts.alternateTag);
  const lastTagCut = tags === 0 ? 0 : VOLUME_TAG_BYTES - VOLUME_TAG_IDENTIFIER_BYTES;
  if (available < parts.identifierOffset - lastTagCut) return null;
  const end = reader.offset + available;
  const fixed = readFixedPart(reader, layout.elementType);
  const readTag = (isThere: boolean): VolumeTag | null =>
    isThere ? readVolumeTag(reader, Math.min(VOLUME_TAG_BYTES, end - reader.offset)) : null;
  const primaryTag = readTag(parts.primaryTag);
  const alternateTag = readTag(parts.alternateTag);
  const device = readDevice(reader, end);
  return device === 'cut' ? null : { ...fixed, primaryTag, alternateTag, device };
}

type FixedPart = Omit<ElementDescriptor, 'primaryTag' | 'alternateTag' | 'device'>;

function readFixedPart(reader: ByteReader, elementType: number): FixedPart {
  const address = reader.u16();
  const flags = reader.u8();
  const asc = reader.skip(1).u8();
  const ascq = reader.u8();
  const bus = reader.u8();
  const busAddress = reader.u8();
  const medium = reader.skip(1).u8();
  const sourceAddress = reader.u16();
  const isDrive = elementType === ELEMENT_TYPES.drive;
  return {
    address,
    isFull: (flags & FULL) !== 0,
    isAccessible: (flags & ACCESS) !== 0,
    isException: (flags & EXCEPT) !== 0,
    asc,
    ascq,
    placedByOperator: (flags & IMPEXP) !== 0,
    exportEnabled: (flags & EXENAB) !== 0,
    importEnabled: (flags & INENAB) !== 0,
    busAddress: isDrive && (bus & ID_VALID) !== 0 ? busAddress : null,
    logicalUnit: isDrive && (bus & LU_VALID) !== 0 ? bus & 0x07 : null,
    onOtherBus: isDrive && (bus & NOT_BUS) !== 0,
    sourceAddress: (medium & SVALID) !== 0 ? sourceAddress : null,
    isInverted: (medium & INVERT) !== 0,
    isDisabled: (medium & ED) !== 0,
    mediumType: medium & 0x07,
  };
}

function readDevice(reader: ByteReader, end: number): ElementDevice | null | 'cut' {
  if (end - reader.offset < IDENTIFIER_HEADER_BYTES) return null;
  const codeSet = reader.u8() & 0x0f;
  const type = reader.u8() & 0x0f;
  const length = reader.skip(1).u8();
  if (length === 0) return null;
  if (end - reader.offset < length) return 'cut';
  return { codeSet, type, identifier: reader.take(length).slice() };
}

/** Length of the descriptors of a page with these: as long as its longest identifier needs. */
export function elementDescriptorLength(
  layout: DescriptorLayout & { readonly hasIdentifiers: boolean },
  descriptors: readonly ElementDescriptor[],
): number {
  const tags = Number(layout.hasPrimaryTags) + Number(layout.hasAlternateTags);
  const longest = Math.max(0, ...descriptors.map(({ device }) => device?.identifier.length ?? 0));
  const identifier = layout.hasIdentifiers ? IDENTIFIER_HEADER_BYTES + longest : 0;
  return ELEMENT_DESCRIPTOR_BYTES + tags * VOLUME_TAG_BYTES + identifier;
}

/** Writes exactly `length` bytes. Without identifiers in the layout a descriptor's device is left out. */
export function writeElementDescriptor(
  writer: ByteWriter,
  layout: DescriptorLayout & { readonly hasIdentifiers: boolean },
  length: number,
  element: ElementDescriptor,
): void {
  const end = writer.offset + length;
  writer.u16(element.address).u8(flagsOf(element)).zeros(1).u8(element.asc).u8(element.ascq);
  writer
    .u8(busFlagsOf(element))
    .u8(element.busAddress ?? 0)
    .zeros(1);
  writer.u8(
    (element.sourceAddress === null ? 0 : SVALID) |
      (element.isInverted ? INVERT : 0) |
      (element.isDisabled ? ED : 0) |
      element.mediumType,
  );
  writer.u16(element.sourceAddress ?? 0);
  if (layout.hasPrimaryTags) writeVolumeTag(writer, element.primaryTag);
  if (layout.hasAlternateTags) writeVolumeTag(writer, element.alternateTag);
  if (layout.hasIdentifiers && element.device !== null) {
    const { codeSet, type, identifier } = element.device;
    writer.u8(codeSet).u8(type).zeros(1).u8(identifier.length).put(identifier);
  }
  writer.zeros(end - writer.offset);
}

function flagsOf(element: ElementDescriptor): number {
  return (
    (element.isFull ? FULL : 0) |
    (element.placedByOperator ? IMPEXP : 0) |
    (element.isException ? EXCEPT : 0) |
    (element.isAccessible ? ACCESS : 0) |
    (element.exportEnabled ? EXENAB : 0) |
    (element.importEnabled ? INENAB : 0)
  );
}

function busFlagsOf(element: ElementDescriptor): number {
  return (
    (element.onOtherBus ? NOT_BUS : 0) |
    (element.busAddress === null ? 0 : ID_VALID) |
    (element.logicalUnit === null ? 0 : LU_VALID | element.logicalUnit)
  );
}
