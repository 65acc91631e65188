import { parseBarcode } from '../terms/barcode.js';
import { MAM_CAPACITY_UNIT_BYTES, MAM_IDS, knownMamAttribute, makeTextAttribute } from '../scsi/mam-attributes.js';
import {
  decodeMamAttributes,
  encodeMamAttributes,
  findMamAttribute,
  formatMamValue,
  mamNumber,
  mamText,
  type MamAttribute,
} from '../scsi/mam.js';
import { READ_ATTRIBUTE_ACTIONS, encodeReadAttributeCdb } from '../scsi/read-attribute.js';
import { encodeWriteAttributeCdb } from '../scsi/write-attribute.js';
import { SCSI_TIMEOUTS_MS } from './drive-limits.js';
import { unlessUnsupported } from './scsi-questions.js';
import type { ScsiTarget } from './scsi-target.js';
import type { ApplicationAttributes, MediumAttributes } from './tape-drive.js';

/** Some drives misread allocation lengths above 16 bits; a cartridge's memory is 16 KiB at most. */
const REPLY_BYTES = 0xfff0;

/** No key at all when the cartridge, or the drive, has no memory to read. */
export function readCartridgeMemory(target: ScsiTarget): MediumAttributes {
  const data = unlessUnsupported(target, {
    name: 'READ ATTRIBUTE',
    cdb: encodeReadAttributeCdb({
      serviceAction: READ_ATTRIBUTE_ACTIONS.values,
      logicalVolume: 0,
      partition: 0,
      firstAttribute: 0,
      allocationLength: REPLY_BYTES,
      cached: false,
    }),
    replyBytes: REPLY_BYTES,
    timeoutMs: SCSI_TIMEOUTS_MS.readAttribute,
    operation: 'other',
    attention: 'retry',
  });
  return data === null ? {} : attributesOf(decodeMamAttributes(data));
}

function attributesOf(attributes: readonly MamAttribute[]): MediumAttributes {
  const text = (id: number): string | undefined => {
    const attribute = findMamAttribute(attributes, id);
    const value = attribute === null ? '' : mamText(attribute);
    return value === '' ? undefined : value;
  };
  const count = (id: number, unit = 1): number | undefined => {
    const attribute = findMamAttribute(attributes, id);
    const value = attribute === null ? null : mamNumber(attribute);
    return value === null ? undefined : value * unit;
  };
  return withoutAbsent({
    manufacturer: text(MAM_IDS.manufacturer),
    mediumSerial: text(MAM_IDS.serialNumber),
    barcode: parseBarcode(text(MAM_IDS.barcode) ?? '') ?? undefined,
    capacityBytes: count(MAM_IDS.maximumCapacity, MAM_CAPACITY_UNIT_BYTES),
    remainingBytes: count(MAM_IDS.remainingCapacity, MAM_CAPACITY_UNIT_BYTES),
    loadCount: count(MAM_IDS.loadCount),
    lifetimeBytesWritten: count(MAM_IDS.lifetimeMebibytesWritten, MAM_CAPACITY_UNIT_BYTES),
    lifetimeBytesRead: count(MAM_IDS.lifetimeMebibytesRead, MAM_CAPACITY_UNIT_BYTES),
    memory: attributes.map((attribute) => ({
      id: attribute.id,
      name: knownMamAttribute(attribute.id)?.name ?? '',
      value: formatMamValue(attribute),
    })),
  });
}

type OrAbsent<T> = { readonly [K in keyof T]: T[K] | undefined };

function withoutAbsent(attributes: OrAbsent<Required<MediumAttributes>>): MediumAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

/**
 * Writes into the cartridge's memory. A drive that refuses the list for one attribute it does not know gets them one by one.
 * False when it took none: the cartridge or the drive has no memory to write.
 */
export function writeCartridgeMemory(target: ScsiTarget, attributes: ApplicationAttributes): boolean {
  const list = mamAttributesOf(attributes);
  if (writeAttributes(target, list)) return true;
  return list.map((attribute) => writeAttributes(target, [attribute])).includes(true);
}

function writeAttributes(target: ScsiTarget, attributes: readonly MamAttribute[]): boolean {
  const data = encodeMamAttributes(attributes);
  const reply = unlessUnsupported(target, {
    name: 'WRITE ATTRIBUTE',
    cdb: encodeWriteAttributeCdb({
      writeThrough: false,
      logicalVolume: 0,
      partition: 0,
      parameterListLength: data.length,
    }),
    data,
    timeoutMs: SCSI_TIMEOUTS_MS.writeAttribute,
    operation: 'other',
    attention: 'retry',
  });
  return reply !== null;
}

function mamAttributesOf(attributes: ApplicationAttributes): readonly MamAttribute[] {
  const { lastWrittenMs } = attributes;
  const texts: readonly (readonly [id: number, text: string])[] = [
    [MAM_IDS.applicationVendor, attributes.vendor],
    [MAM_IDS.applicationName, attributes.name],
    [MAM_IDS.applicationVersion, attributes.version],
    [MAM_IDS.userMediumTextLabel, attributes.label],
    ...(lastWrittenMs === null ? [] : [[MAM_IDS.dateAndTimeLastWritten, formatMinute(lastWrittenMs)] as const]),
    [MAM_IDS.barcode, attributes.barcode],
    [MAM_IDS.mediaPool, attributes.pool],
    [MAM_IDS.applicationFormatVersion, attributes.formatVersion],
  ];
  return texts.map(([id, text]) => makeTextAttribute(id, fitting(text, knownMamAttribute(id)?.length ?? 0)));
}

/** As SPC-4 has it: YYYYMMDDHHMM. In UTC. */
function formatMinute(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/[-T:]/g, '').slice(0, 12);
}

/** ASCII, and no longer than its place. */
function fitting(text: string, length: number): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, length);
}
