import { ByteWriter, type ByteReader } from '../base/byte-cursor.js';
import { decodeBytes, malformedReply } from './malformed-reply.js';

/** Which of the two commands the parameter list belongs to: they differ in the header. */
export type ModeForm = 6 | 10;

/** General mode parameter block descriptor of a tape (SPC-4). */
export interface ModeBlockDescriptor {
  readonly densityCode: number;
  /** 0: the descriptor is about the whole medium. */
  readonly blockCount: number;
  /** Bytes; 0: variable block length. */
  readonly blockLength: number;
}

/** A mode page behind its header. */
export interface ModePage {
  readonly pageCode: number;
  /** 0: the page has no subpage format. */
  readonly subpageCode: number;
  /** PS; reserved in MODE SELECT, and not sent there. */
  readonly saveable: boolean;
  readonly parameters: Uint8Array;
}

/** Mode parameter list: header with the device-specific byte of a tape drive (SSC-4), block descriptor, pages. */
export interface ModeParameters {
  readonly mediumType: number;
  /** WP; not looked at in MODE SELECT. */
  readonly writeProtected: boolean;
  /** 0: status only when on the medium; 1: when in the buffer (the usual one); 2: as 1, flushing other initiators' data. */
  readonly bufferedMode: number;
  readonly speed: number;
  readonly blockDescriptor: ModeBlockDescriptor | null;
  readonly pages: readonly ModePage[];
}

const BLOCK_DESCRIPTOR_LENGTH = 8;
const WP = 0x80;
const PS = 0x80;
const SPF = 0x40;

/**
 * Decodes what MODE SENSE brought. `bytes` may end before the list does (allocation length, residual); a page that is
 * not whole is then left out. Header or block descriptor not whole: SCSI_MALFORMED_REPLY.
 */
export function decodeModeSenseData(form: ModeForm, bytes: Uint8Array): ModeParameters {
  const what = `MODE SENSE(${String(form)}) data`;
  const end = decodeBytes(what, bytes, (reader) => (form === 6 ? 1 + reader.u8() : 2 + reader.u16()));
  return decodeList(what, form, bytes.subarray(0, end));
}

/** Decodes the parameter list of MODE SELECT: the length in its header is reserved, `bytes` is the list. */
export function decodeModeSelectData(form: ModeForm, bytes: Uint8Array): ModeParameters {
  return decodeList(`MODE SELECT(${String(form)}) parameters`, form, bytes);
}

function decodeList(what: string, form: ModeForm, bytes: Uint8Array): ModeParameters {
  return decodeBytes(what, bytes, (reader) => {
    const mediumType = reader.skip(form === 6 ? 1 : 2).u8();
    const specific = reader.u8();
    const longLba = form === 10 && (reader.u8() & 0x01) !== 0;
    const descriptorsLength = form === 6 ? reader.u8() : reader.skip(1).u16();
    const descriptors = reader.take(descriptorsLength);
    if (longLba) throw malformedReply(what, 'block descriptors of 16 bytes, which no tape drive has', bytes);
    return {
      mediumType,
      writeProtected: (specific & WP) !== 0,
      bufferedMode: (specific >> 4) & 0x07,
      speed: specific & 0x0f,
      blockDescriptor: descriptorsLength === 0 ? null : decodeBlockDescriptor(what, descriptors),
      pages: readPages(reader),
    };
  });
}

/** Some drives send one for each density; the first is the current one. */
function decodeBlockDescriptor(what: string, bytes: Uint8Array): ModeBlockDescriptor {
  return decodeBytes(`block descriptor of ${what}`, bytes, (reader) => ({
    densityCode: reader.u8(),
    blockCount: reader.u24(),
    blockLength: reader.skip(1).u24(),
  }));
}

function readPages(reader: ByteReader): readonly ModePage[] {
  const pages: ModePage[] = [];
  while (reader.remaining >= 2) {
    const first = reader.u8();
    const withSubpage = (first & SPF) !== 0;
    if (withSubpage && reader.remaining < 3) break;
    const subpageCode = withSubpage ? reader.u8() : 0;
    const length = withSubpage ? reader.u16() : reader.u8();
    if (reader.remaining < length) break;
    pages.push({ pageCode: first & 0x3f, subpageCode, saveable: (first & PS) !== 0, parameters: reader.take(length) });
  }
  return pages;
}

/** What a drive answers MODE SENSE with, whole; the device cuts it to the allocation length. */
export function encodeModeSenseData(form: ModeForm, parameters: ModeParameters): Uint8Array {
  return encodeList(form, parameters, true);
}

/** What MODE SELECT sends: length, WP and PS are reserved there and zero (SPC-4). */
export function encodeModeSelectData(form: ModeForm, parameters: ModeParameters): Uint8Array {
  return encodeList(form, parameters, false);
}

function encodeList(form: ModeForm, parameters: ModeParameters, fromDevice: boolean): Uint8Array {
  const { blockDescriptor, pages } = parameters;
  const headerLength = form === 6 ? 4 : 8;
  const descriptorsLength = blockDescriptor === null ? 0 : BLOCK_DESCRIPTOR_LENGTH;
  const pagesLength = pages.reduce((sum, page) => sum + pageLength(page), 0);
  const bytes = new Uint8Array(headerLength + descriptorsLength + pagesLength);
  const writer = new ByteWriter(bytes, 'big-endian');
  const specific =
    (fromDevice && parameters.writeProtected ? WP : 0) | (parameters.bufferedMode << 4) | parameters.speed;
  if (form === 6) {
    writer.u8(fromDevice ? bytes.length - 1 : 0).u8(parameters.mediumType);
    writer.u8(specific).u8(descriptorsLength);
  } else {
    writer.u16(fromDevice ? bytes.length - 2 : 0).u8(parameters.mediumType);
    writer.u8(specific).zeros(2).u16(descriptorsLength);
  }
  if (blockDescriptor !== null)
    writer.u8(blockDescriptor.densityCode).u24(blockDescriptor.blockCount).zeros(1).u24(blockDescriptor.blockLength);
  for (const page of pages) writePage(writer, page, fromDevice);
  return bytes;
}

function pageLength(page: ModePage): number {
  return (page.subpageCode === 0 ? 2 : 4) + page.parameters.length;
}

function writePage(writer: ByteWriter, page: ModePage, fromDevice: boolean): void {
  const saveable = fromDevice && page.saveable ? PS : 0;
  if (page.subpageCode === 0) writer.u8(saveable | page.pageCode).u8(page.parameters.length);
  else
    writer
      .u8(saveable | SPF | page.pageCode)
      .u8(page.subpageCode)
      .u16(page.parameters.length);
  writer.put(page.parameters);
}

/** The page with these codes, or null when the drive sent none. */
export function findModePage(parameters: ModeParameters, pageCode: number, subpageCode = 0): ModePage | null {
  return parameters.pages.find((page) => page.pageCode === pageCode && page.subpageCode === subpageCode) ?? null;
}
