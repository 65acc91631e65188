import { ByteWriter } from '../../src/base/byte-cursor.js';
import { MEDIUM_TYPES, type ElementDescriptor } from '../../src/scsi/element-descriptor.js';
import { makeElementDevice, makeSerialElementDevice, type DriveIdentification } from '../../src/scsi/element-device.js';
import { encodeElementStatus, type ElementStatusPage } from '../../src/scsi/element-status.js';
import { ELEMENT_TYPES, type ReadElementStatusCommand } from '../../src/scsi/read-element-status.js';
import { mediumOfBarcode, parseBarcode } from '../../src/terms/barcode.js';
import type { CartridgeLabel } from '../cartridge-label.js';
import type { LibraryQuirks } from './library-personality.js';
import type { ElementKind, LibraryShape, SimElement } from './library-shape.js';

/** What there is to tell of one element. */
export interface ElementFacts {
  /** Of the cartridge in it; null when it is empty. */
  readonly label: CartridgeLabel | null;
  readonly source: number | null;
  /** Of a drive: the cartridge cannot be taken now; and not at all, since it is stuck. */
  readonly isHeld: boolean;
  readonly isStuck: boolean;
  readonly identification: DriveIdentification | null;
}

/** Element types (SMC-3) in the order of their codes, which is the order of the pages. */
const KINDS: readonly (readonly [number, ElementKind])[] = [
  [ELEMENT_TYPES.transport, 'transport'],
  [ELEMENT_TYPES.storage, 'slot'],
  [ELEMENT_TYPES.importExport, 'mailslot'],
  [ELEMENT_TYPES.drive, 'drive'],
];

const HEADER_BYTES = 8;
const PAGE_HEADER_BYTES = 8;
/** Reserved bytes and sequence number at the end of a tag; an identifier without content. */
const IDLE_TAG_BYTES = 4;
const IDLE_IDENTIFIER_BYTES = 4;

/** An exception as a descriptor has it. */
interface ElementException {
  readonly asc: number;
  readonly ascq: number;
}

/** What a library answers READ ELEMENT STATUS with, cut behind the last descriptor for which there is room (SCSI-2, SMC-3). */
export function elementReport(
  command: ReadElementStatusCommand,
  shape: LibraryShape,
  quirks: LibraryQuirks,
  factsOf: (element: SimElement) => ElementFacts,
): Uint8Array {
  const withTags = command.withVolumeTags && !(quirks.tagsOrIdentifiers && command.withDeviceIds);
  const layout = {
    hasPrimaryTags: withTags,
    hasAlternateTags: false,
    hasIdentifiers: command.withDeviceIds || quirks.roomForIdentifiers,
  };
  const pages = selectElements(command, shape).map(({ elementType, elements }) => ({
    ...layout,
    elementType,
    descriptors: elements.map((element) => describe(element, factsOf(element), command, quirks)),
  }));
  const bytes = encodeElementStatus({ pages, missing: 0 });
  const whole = quirks.shortLastDescriptor ? withShortEnd(bytes, pages) : bytes;
  const allocated = quirks.sixteenBitLengths ? command.allocationLength & 0xffff : command.allocationLength;
  return whole.subarray(0, wholeLength(pages, whole.length, allocated));
}

interface Selection {
  readonly elementType: number;
  readonly elements: readonly SimElement[];
}

function selectElements(command: ReadElementStatusCommand, shape: LibraryShape): readonly Selection[] {
  let left = command.count;
  const selections: Selection[] = [];
  for (const [elementType, kind] of KINDS) {
    if (command.elementType !== ELEMENT_TYPES.all && command.elementType !== elementType) continue;
    const elements = shape
      .of(kind)
      .filter(({ address }) => address >= command.firstAddress)
      .slice(0, left);
    left -= elements.length;
    if (elements.length > 0) selections.push({ elementType, elements });
  }
  return selections;
}

function describe(
  element: SimElement,
  facts: ElementFacts,
  command: ReadElementStatusCommand,
  quirks: LibraryQuirks,
): ElementDescriptor {
  const exception = exceptionOf(facts, quirks);
  const isMailslot = element.kind === 'mailslot';
  return {
    address: element.address,
    isFull: facts.label !== null,
    isAccessible: !facts.isHeld || quirks.loadedDrive === 'auto-unload',
    isException: exception !== null,
    asc: exception?.asc ?? 0,
    ascq: exception?.ascq ?? 0,
    placedByOperator: isMailslot && facts.label !== null && facts.source === null,
    exportEnabled: isMailslot,
    importEnabled: isMailslot,
    busAddress: null,
    logicalUnit: null,
    onOtherBus: false,
    sourceAddress: quirks.tellsSource ? facts.source : null,
    isInverted: false,
    isDisabled: false,
    mediumType: mediumTypeOf(facts.label, quirks),
    primaryTag: tagOf(element, facts.label, quirks),
    alternateTag: null,
    device: command.withDeviceIds && facts.identification !== null ? deviceOf(facts.identification, quirks) : null,
  };
}

/** Where nothing was read, some send spaces and some zeros: this one both, by turns. */
function tagOf(
  element: SimElement,
  label: CartridgeLabel | null,
  quirks: LibraryQuirks,
): ElementDescriptor['primaryTag'] {
  if (label?.state === 'readable' && quirks.readsLabels) return { identifier: label.text, sequence: 0 };
  return element.index % 2 === 0 ? null : { identifier: '', sequence: 0 };
}

function mediumTypeOf(label: CartridgeLabel | null, quirks: LibraryQuirks): number {
  if (label?.state !== 'readable' || !quirks.readsLabels) return MEDIUM_TYPES.unspecified;
  const barcode = parseBarcode(label.text);
  switch (barcode === null ? null : mediumOfBarcode(barcode)) {
    case 'data':
      return MEDIUM_TYPES.data;
    case 'worm':
      return MEDIUM_TYPES.worm;
    case 'cleaning':
      return MEDIUM_TYPES.cleaning;
    case 'disk':
    case null:
      return MEDIUM_TYPES.unspecified;
  }
}

/** IBM libraries tell labels they could not read as exceptions; a cartridge the drive does not let go of all do. */
function exceptionOf({ label, isStuck }: ElementFacts, quirks: LibraryQuirks): ElementException | null {
  if (isStuck) return { asc: 0x53, ascq: 0x0c };
  if (label === null || !quirks.vendorExceptions || !quirks.readsLabels) return null;
  switch (label.state) {
    case 'readable':
      return null;
    case 'unreadable':
      return { asc: 0x83, ascq: 0x09 };
    case 'missing':
      return { asc: 0x83, ascq: 0x00 };
  }
}

function deviceOf(identification: DriveIdentification, quirks: LibraryQuirks): ElementDescriptor['device'] {
  return quirks.driveIdentifier === 'full'
    ? makeElementDevice(identification)
    : makeSerialElementDevice(identification.serial);
}

/** The same without the bytes at the end of the last descriptor that carry nothing. */
function withShortEnd(bytes: Uint8Array, pages: readonly ElementStatusPage[]): Uint8Array {
  const last = pages.at(-1);
  if (last === undefined) return bytes;
  const idle = (last.hasPrimaryTags ? IDLE_TAG_BYTES : 0) + (last.hasIdentifiers ? IDLE_IDENTIFIER_BYTES : 0);
  const zeros = bytes.length - 1 - bytes.findLastIndex((byte) => byte !== 0);
  const cut = Math.min(zeros, idle);
  const lastPage = encodeElementStatus({ pages: pages.slice(0, -1), missing: 0 }).length;
  const short = bytes.slice(0, bytes.length - cut);
  const writer = new ByteWriter(short, 'big-endian');
  writer.seek(5).u24(short.length - HEADER_BYTES);
  writer.seek(lastPage + 5).u24(short.length - lastPage - PAGE_HEADER_BYTES);
  return short;
}

/** How much of `total` bytes fits `allocated` without a descriptor that is not whole. */
function wholeLength(pages: readonly ElementStatusPage[], total: number, allocated: number): number {
  if (allocated >= total) return total;
  if (allocated < HEADER_BYTES) return allocated;
  let length = HEADER_BYTES;
  for (const page of pages) {
    const pageBytes = encodeElementStatus({ pages: [page], missing: 0 }).length - HEADER_BYTES;
    const descriptorBytes = (pageBytes - PAGE_HEADER_BYTES) / page.descriptors.length;
    const room = Math.floor((allocated - length - PAGE_HEADER_BYTES) / descriptorBytes);
    if (room < page.descriptors.length)
      return room < 0 ? length : length + PAGE_HEADER_BYTES + Math.max(0, room) * descriptorBytes;
    length += pageBytes;
  }
  return length;
}
