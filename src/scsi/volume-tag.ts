import type { ByteReader, ByteWriter } from '../base/byte-cursor.js';

/** Volume tag information (SMC-3): what a changer read off a label, or was told of it. */
export interface VolumeTag {
  /** At most 32 ASCII characters, without the padding. */
  readonly identifier: string;
  readonly sequence: number;
}

export const VOLUME_TAG_BYTES = 36;
/** The identifier alone: all that matters of a tag whose end is cut off. */
export const VOLUME_TAG_IDENTIFIER_BYTES = 32;

/**
 * Null when there is none. Changers say so with zeros or with spaces, under a full element as well, whose label then
 * cannot be read (bareos PR 2634). Padding is spaces or NULs, on either side; behind a NUL there may be anything.
 * `length`: 36, or less for a tag cut off behind its identifier.
 */
export function readVolumeTag(reader: ByteReader, length: number): VolumeTag | null {
  const padded = reader.ascii(VOLUME_TAG_IDENTIFIER_BYTES);
  const rest = length - VOLUME_TAG_IDENTIFIER_BYTES;
  const sequence = rest >= 4 ? reader.skip(2).u16() : 0;
  reader.skip(rest >= 4 ? rest - 4 : rest);
  const [identifier = ''] = padded.trim().split('\0');
  return identifier.trim() === '' ? null : { identifier: identifier.trim(), sequence };
}

/** Null is sent as zeros, a tag with an empty identifier as spaces: both mean that there is none. */
export function writeVolumeTag(writer: ByteWriter, tag: VolumeTag | null): void {
  if (tag === null) writer.zeros(VOLUME_TAG_BYTES);
  else writer.ascii(tag.identifier, VOLUME_TAG_IDENTIFIER_BYTES).zeros(2).u16(tag.sequence);
}
