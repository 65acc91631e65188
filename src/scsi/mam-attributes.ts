import { assert } from '../base/assert.js';
import { ByteWriter } from '../base/byte-cursor.js';
import { hexNumber } from './malformed-reply.js';
import type { MamAttribute, MamFormat } from './mam.js';

/** A known attribute: from SPC-4, SSC-4 and the manuals of LTO drives. */
export interface KnownMamAttribute {
  readonly id: number;
  readonly name: string;
  readonly format: MamFormat;
  /** Bytes; null: it varies. */
  readonly length: number | null;
}

/** Ids the product reads or writes by name. */
export const MAM_IDS = {
  remainingCapacity: 0x0000,
  maximumCapacity: 0x0001,
  tapeAlertFlags: 0x0002,
  loadCount: 0x0003,
  lifetimeMebibytesWritten: 0x0220,
  lifetimeMebibytesRead: 0x0221,
  manufacturer: 0x0400,
  serialNumber: 0x0401,
  densityCode: 0x0405,
  manufactureDate: 0x0406,
  mediumType: 0x0408,
  applicationVendor: 0x0800,
  applicationName: 0x0801,
  applicationVersion: 0x0802,
  userMediumTextLabel: 0x0803,
  dateAndTimeLastWritten: 0x0804,
  textLocalization: 0x0805,
  barcode: 0x0806,
  mediaPool: 0x0808,
  applicationFormatVersion: 0x080b,
} as const;

/** Capacities (0000h, 0001h) and 0220h-0223h count 2^20 bytes. */
export const MAM_CAPACITY_UNIT_BYTES = 0x10_0000;

const TABLE: readonly (readonly [id: number, name: string, format: MamFormat, length: number | null])[] = [
  [0x0000, 'remaining capacity in partition', 'binary', 8],
  [0x0001, 'maximum capacity in partition', 'binary', 8],
  [0x0002, 'TapeAlert flags', 'binary', 8],
  [0x0003, 'load count', 'binary', 8],
  [0x0004, 'MAM space remaining', 'binary', 8],
  [0x0005, 'assigning organization of the format', 'ascii', 8],
  [0x0006, 'formatted density code', 'binary', 1],
  [0x0007, 'initialization count', 'binary', 2],
  [0x0008, 'volume identifier', 'ascii', 32],
  [0x0009, 'volume change reference', 'binary', 4],
  [0x020a, 'drive at last load', 'ascii', 40],
  [0x020b, 'drive at load before last', 'ascii', 40],
  [0x020c, 'drive two loads before last', 'ascii', 40],
  [0x020d, 'drive three loads before last', 'ascii', 40],
  [0x0220, 'mebibytes written in medium life', 'binary', 8],
  [0x0221, 'mebibytes read in medium life', 'binary', 8],
  [0x0222, 'mebibytes written in current load', 'binary', 8],
  [0x0223, 'mebibytes read in current load', 'binary', 8],
  [0x0224, 'first encrypted block', 'binary', 8],
  [0x0225, 'first unencrypted block behind it', 'binary', 8],
  [0x0340, 'medium usage history', 'binary', 90],
  [0x0341, 'partition usage history', 'binary', 60],
  [0x0400, 'manufacturer', 'ascii', 8],
  [0x0401, 'serial number', 'ascii', 32],
  [0x0402, 'medium length', 'binary', 4],
  [0x0403, 'medium width', 'binary', 4],
  [0x0404, 'assigning organization of the medium', 'ascii', 8],
  [0x0405, 'medium density code', 'binary', 1],
  [0x0406, 'manufacture date', 'ascii', 8],
  [0x0407, 'MAM capacity', 'binary', 8],
  [0x0408, 'medium type', 'binary', 1],
  [0x0409, 'medium type information', 'binary', 2],
  [0x040b, 'supported density codes', 'binary', 10],
  [0x0800, 'application vendor', 'ascii', 8],
  [0x0801, 'application name', 'ascii', 32],
  [0x0802, 'application version', 'ascii', 8],
  [0x0803, 'user medium text label', 'text', 160],
  [0x0804, 'date and time last written', 'ascii', 12],
  [0x0805, 'text localization identifier', 'binary', 1],
  [0x0806, 'barcode', 'ascii', 32],
  [0x0807, 'owning host', 'text', 80],
  [0x0808, 'media pool', 'text', 160],
  [0x0809, 'partition user text label', 'ascii', 16],
  [0x080a, 'load and unload at partition', 'binary', 1],
  [0x080b, 'application format version', 'ascii', 16],
  [0x080c, 'volume coherency information', 'binary', null],
  [0x0820, 'medium globally unique identifier', 'binary', 36],
  [0x0821, 'media pool globally unique identifier', 'binary', 36],
  [0x1000, 'unique cartridge identity', 'binary', 28],
  [0x1001, 'alternate unique cartridge identity', 'binary', 24],
  [0x1623, 'LTFS volume lock', 'binary', 1],
];

const BY_ID: ReadonlyMap<number, KnownMamAttribute> = new Map(
  TABLE.map(([id, name, format, length]) => [id, { id, name, format, length }]),
);

export function knownMamAttribute(id: number): KnownMamAttribute | null {
  return BY_ID.get(id) ?? null;
}

export function knownMamAttributes(): readonly KnownMamAttribute[] {
  return [...BY_ID.values()];
}

/** Medium type (0408h, SPC-4): a WORM cartridge has bit 7. */
export function isWormMediumType(mediumType: number): boolean {
  return (mediumType & 0x80) !== 0;
}

/** A text attribute of the host, padded with spaces to its length. Text must be ASCII and fit. */
export function makeTextAttribute(id: number, text: string): MamAttribute {
  const { format, length } = fixedLengthAttribute(id);
  assert(format !== 'binary', `attribute ${hexNumber(id, 4)} holds no text`);
  const value = new ByteWriter(new Uint8Array(length), 'big-endian').ascii(text, length).bytes;
  return { id, readOnly: false, format, value };
}

/** A number of the known length of `id`. */
export function makeNumberAttribute(id: number, number: number, readOnly: boolean): MamAttribute {
  const { format, length } = fixedLengthAttribute(id);
  assert(format === 'binary' && length <= 8, `attribute ${hexNumber(id, 4)} holds no single number`);
  const eight = new ByteWriter(new Uint8Array(8), 'big-endian').u64(number).bytes;
  return { id, readOnly, format, value: eight.slice(8 - length) };
}

function fixedLengthAttribute(id: number): { readonly format: MamFormat; readonly length: number } {
  const known = knownMamAttribute(id);
  assert(known !== null && known.length !== null, `attribute ${hexNumber(id, 4)} has no known length`);
  return { format: known.format, length: known.length };
}
