import {
  MAM_CAPACITY_UNIT_BYTES,
  MAM_IDS,
  makeNumberAttribute,
  makeTextAttribute,
} from '../src/scsi/mam-attributes.js';
import type { MamAttribute } from '../src/scsi/mam.js';
import type { CartridgeUsage } from './cartridge-bay.js';
import type { Cartridge } from './cartridge.js';
import { personalityOf } from './generations.js';
import type { Medium } from './medium.js';

/** Medium types (0408h): a data cartridge, and one that is written once. */
const DATA_MEDIUM = 0x00;
const WORM_MEDIUM = 0x80;

/** Attributes a host may write (SPC-4): those of the host's range. */
const HOST_IDS = { first: 0x0800, last: 0x0bff } as const;

type HostAttribute = Cartridge['attributes'][number];

/** The cartridge memory as READ ATTRIBUTE shows it, by id. */
export function memoryOf(medium: Medium, { lifetime }: CartridgeUsage): readonly MamAttribute[] {
  const { cartridge } = medium;
  const remaining = cartridge.capacityBytes - medium.nativeBefore(medium.objectCount);
  const mebibytes = (bytes: number): number => Math.floor(bytes / MAM_CAPACITY_UNIT_BYTES);
  const number = (id: number, value: number): MamAttribute => makeNumberAttribute(id, value, true);
  const text = (id: number, value: string): MamAttribute => ({ ...makeTextAttribute(id, value), readOnly: true });
  const own = [
    number(MAM_IDS.remainingCapacity, mebibytes(remaining)),
    number(MAM_IDS.maximumCapacity, mebibytes(cartridge.capacityBytes)),
    number(MAM_IDS.loadCount, cartridge.loadCount),
    number(MAM_IDS.lifetimeMebibytesWritten, mebibytes(lifetime.written)),
    number(MAM_IDS.lifetimeMebibytesRead, mebibytes(lifetime.read)),
    text(MAM_IDS.manufacturer, cartridge.manufacturer),
    text(MAM_IDS.serialNumber, cartridge.serial),
    number(MAM_IDS.densityCode, personalityOf(cartridge.generation).densityCode),
    number(MAM_IDS.mediumType, cartridge.worm ? WORM_MEDIUM : DATA_MEDIUM),
  ];
  return [...own, ...cartridge.attributes.map(hostAttribute)].sort((a, b) => a.id - b.id);
}

function hostAttribute({ id, format, valueHex }: HostAttribute): MamAttribute {
  return { id, readOnly: false, format, value: Uint8Array.from(Buffer.from(valueHex, 'hex')) };
}

/** What WRITE ATTRIBUTE makes of the host's attributes, or null when one of them is not the host's to write. */
export function writtenAttributes(
  before: readonly HostAttribute[],
  written: readonly MamAttribute[],
): HostAttribute[] | null {
  if (written.some(({ id }) => id < HOST_IDS.first || id > HOST_IDS.last)) return null;
  const attributes = new Map(before.map((attribute) => [attribute.id, attribute]));
  for (const { id, format, value } of written) {
    if (value.length === 0) attributes.delete(id);
    else attributes.set(id, { id, format, valueHex: Buffer.from(value).toString('hex') });
  }
  return [...attributes.values()];
}
