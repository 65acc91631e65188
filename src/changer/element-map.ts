import { parseBarcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import { additionalSenseName } from '../scsi/additional-sense.js';
import type { ElementDescriptor } from '../scsi/element-descriptor.js';
import { hexNumber } from '../scsi/malformed-reply.js';
import type { ChangerElement, ElementName } from './changer.js';
import { matchDrives, type ServedDrive } from './drive-matching.js';
import type { ElementReading } from './element-reader.js';

/** An element of a SCSI changer: what ChangerElement tells, and what moves need besides. */
export interface MappedElement extends ChangerElement {
  readonly address: number;
  /** EXENAB: the changer lets cartridges out through it. */
  readonly canExport: boolean;
}

/**
 * Numbers elements as mtx does, in the order of their addresses: drives from 0, slots from 1, import/export slots on from
 * the last slot; and finds the configured drives among them. In the order of `Changer.elements`.
 */
export function mapElements(reading: ElementReading, drives: readonly ServedDrive[]): readonly MappedElement[] {
  const { transports, slots, importExports, driveSerials } = reading;
  const slotNumbers = new Map([...slots, ...importExports].map(({ address }, index) => [address, index + 1]));
  const serialOf = (element: ElementDescriptor): string | null => driveSerials.get(element.address) ?? null;
  const names = matchDrives(
    reading.drives.map((element, number) => ({ number, serial: serialOf(element) })),
    drives,
  );
  // A changer that says of no element that the robot gets at it (tgt) does not tell; what it gets at its own refusals say.
  const tellsAccess = [...transports, ...reading.drives, ...slots, ...importExports].some((one) => one.isAccessible);
  const map = (kind: ChangerElement['kind'], number: number, element: ElementDescriptor): MappedElement => ({
    kind,
    number,
    ...describe(element),
    isAccessible: element.isAccessible || !tellsAccess,
    drive: kind === 'drive' ? (names.get(number) ?? null) : null,
    driveSerial: kind === 'drive' ? serialOf(element) : null,
    sourceSlot: element.sourceAddress === null ? null : (slotNumbers.get(element.sourceAddress) ?? null),
  });
  return [
    ...transports.map((element) => map('transport', 0, element)),
    ...reading.drives.map((element, number) => map('drive', number, element)),
    ...slots.map((element, index) => map('slot', index + 1, element)),
    ...importExports.map((element, index) => map('import-export', slots.length + index + 1, element)),
  ];
}

type Described = Pick<MappedElement, 'address' | 'isFull' | 'barcode' | 'tag' | 'exception' | 'canExport'>;

/** FULL decides, not the tag: some changers say nothing of the label, or go on telling one that is gone. */
function describe(element: ElementDescriptor): Described {
  const tag = element.isFull ? (element.primaryTag?.identifier ?? '') : '';
  const barcode = parseBarcode(tag);
  return {
    address: element.address,
    isFull: element.isFull,
    barcode,
    tag: barcode === null ? tag : '',
    exception: exceptionOf(element),
    canExport: element.exportEnabled,
  };
}

function exceptionOf({ isException, isDisabled, asc, ascq }: ElementDescriptor): string | null {
  if (isDisabled) return 'disabled';
  if (!isException && asc === 0 && ascq === 0) return null;
  return `${additionalSenseName(asc, ascq)} (${hexNumber(asc)}/${hexNumber(ascq)})`;
}

/** The element of that name. A slot may be named by the number of an import/export slot, as mtx does. */
export function findElement<E extends ChangerElement>(elements: readonly E[], name: ElementName): E | null {
  const kinds: readonly ChangerElement['kind'][] = name.kind === 'slot' ? ['slot', 'import-export'] : [name.kind];
  return elements.find(({ kind, number }) => kinds.includes(kind) && number === name.number) ?? null;
}

/** Where a cartridge in that element is. A drive that nobody configured is named by changer and number: `library/1`. */
export function locationOf(element: ChangerElement, changer: string): CartridgeLocation {
  switch (element.kind) {
    case 'transport':
      return { kind: 'transport', changer };
    case 'drive':
      return { kind: 'drive', drive: element.drive ?? `${changer}/${String(element.number)}` };
    case 'slot':
    case 'import-export':
      return { kind: element.kind, changer, slot: element.number };
  }
}

/** For messages: `slot 3`, `drive tape0 (drive 0)`. */
export function describeElement(element: ChangerElement): string {
  const number = String(element.number);
  switch (element.kind) {
    case 'transport':
      return "the robot's hand";
    case 'drive':
      return element.drive === null ? `drive ${number}` : `drive ${element.drive} (number ${number})`;
    case 'slot':
      return `slot ${number}`;
    case 'import-export':
      return `import/export slot ${number}`;
  }
}

/** For messages: what lies in an element. */
export function describeCartridge(element: ChangerElement): string {
  if (element.barcode !== null) return `cartridge ${element.barcode}`;
  return element.tag === '' ? 'a cartridge without a readable barcode' : `a cartridge with the label "${element.tag}"`;
}
