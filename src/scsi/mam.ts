import { ByteReader, ByteWriter } from '../base/byte-cursor.js';
import { counterOf } from './log-counter.js';
import { decodeBytes, hexOf } from './malformed-reply.js';

/** Format of an attribute (SPC-4). `text` is in the character set of attribute 0805h. */
export type MamFormat = 'binary' | 'ascii' | 'text';

const FORMATS = ['binary', 'ascii', 'text'] as const;

/** One attribute of the medium auxiliary memory (MAM), the chip in the cartridge. */
export interface MamAttribute {
  /** 0000h-03FFh the drive writes, 0400h-07FFh the manufacturer, 0800h-0BFFh the host. */
  readonly id: number;
  readonly readOnly: boolean;
  readonly format: MamFormat;
  /** Empty: the attribute has no value; in WRITE ATTRIBUTE: delete it. */
  readonly value: Uint8Array;
}

const LIST_HEADER_LENGTH = 4;
const ATTRIBUTE_HEADER_LENGTH = 5;
const READ_ONLY = 0x80;

/**
 * Decodes attribute values as READ ATTRIBUTE sends and WRITE ATTRIBUTE takes them. The stated length may be more than was
 * transferred (it is what is available), or the allocation length with zeros behind the data (Quantum HH7): an
 * attribute that is not whole is left out, and zeros end the list.
 */
export function decodeMamAttributes(bytes: Uint8Array): readonly MamAttribute[] {
  return decodeBytes('attribute values', listBody(bytes), (reader) => {
    const attributes: MamAttribute[] = [];
    while (reader.remaining >= ATTRIBUTE_HEADER_LENGTH) {
      const id = reader.u16();
      const flags = reader.u8();
      const length = reader.u16();
      if (reader.remaining < length) break;
      // Attribute 0000h is read-only, so five zeros are not it but padding, as is what follows.
      if (id === 0 && flags === 0 && length === 0) break;
      const format = FORMATS[flags & 0x03] ?? 'binary';
      attributes.push({ id, readOnly: (flags & READ_ONLY) !== 0, format, value: reader.take(length) });
    }
    return attributes;
  });
}

function listBody(bytes: Uint8Array): Uint8Array {
  return decodeBytes('attribute list', bytes, (reader) => {
    const length = reader.u32();
    return reader.take(Math.min(length, reader.remaining));
  });
}

export function encodeMamAttributes(attributes: readonly MamAttribute[]): Uint8Array {
  const length = attributes.reduce((sum, { value }) => sum + ATTRIBUTE_HEADER_LENGTH + value.length, 0);
  const writer = new ByteWriter(new Uint8Array(LIST_HEADER_LENGTH + length), 'big-endian');
  writer.u32(length);
  for (const { id, readOnly, format, value } of attributes)
    writer
      .u16(id)
      .u8((readOnly ? READ_ONLY : 0) | FORMATS.indexOf(format))
      .u16(value.length)
      .put(value);
  return writer.bytes;
}

/** The ids READ ATTRIBUTE with the action `list` brings. Zeros behind the first place are padding. */
export function decodeMamAttributeIds(bytes: Uint8Array): readonly number[] {
  return decodeBytes('attribute ids', listBody(bytes), (reader) => {
    const ids: number[] = [];
    while (reader.remaining >= 2) ids.push(reader.u16());
    return ids.filter((id, index) => index === 0 || id !== 0);
  });
}

export function encodeMamAttributeIds(ids: readonly number[]): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(LIST_HEADER_LENGTH + 2 * ids.length), 'big-endian');
  writer.u32(2 * ids.length);
  for (const id of ids) writer.u16(id);
  return writer.bytes;
}

/** The number in a binary attribute; null when it has no value, is all ones (unknown) or is above 2^53 - 1. */
export function mamNumber(attribute: MamAttribute): number | null {
  return counterOf(attribute.value);
}

/** ASCII or text without the padding; bytes that are not ASCII read as U+FFFD. */
export function mamText(attribute: MamAttribute): string {
  return new ByteReader(attribute.value, 'big-endian').ascii(attribute.value.length).trim();
}

/** For people: text as it is, short binary as a number, the rest in hexadecimal. */
export function formatMamValue(attribute: MamAttribute): string {
  if (attribute.format !== 'binary') return mamText(attribute);
  const number = attribute.value.length <= 8 ? mamNumber(attribute) : null;
  return number === null ? hexOf(attribute.value) : String(number);
}

export function findMamAttribute(attributes: readonly MamAttribute[], id: number): MamAttribute | null {
  return attributes.find((attribute) => attribute.id === id) ?? null;
}
