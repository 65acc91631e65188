import { ByteWriter, type ByteReader } from '../base/byte-cursor.js';
import { decodeBytes, hexNumber, malformedReply } from './malformed-reply.js';

/** Log pages (SPC-4, SSC-4) this layer has codecs for. */
export const LOG_PAGES = {
  supportedPages: 0x00,
  writeErrors: 0x02,
  readErrors: 0x03,
  sequentialAccessDevice: 0x0c,
  deviceStatus: 0x11,
  tapeAlertResponse: 0x12,
  volumeStatistics: 0x17,
  tapeAlert: 0x2e,
  tapeCapacity: 0x31,
} as const;

/** Format and linking of a parameter (SPC-4), the low bits of its control byte. */
export const LOG_FORMATS = { boundedCounter: 0, asciiList: 1, unboundedCounter: 2, binaryList: 3 } as const;

export interface LogParameter {
  readonly code: number;
  /** The control byte as it is; see LOG_FORMATS. */
  readonly control: number;
  /** 0 .. 255 bytes. */
  readonly value: Uint8Array;
}

export interface LogPage {
  readonly pageCode: number;
  /** 0: the page has no subpages. */
  readonly subpageCode: number;
  readonly parameters: readonly LogParameter[];
}

const HEADER_LENGTH = 4;
const PARAMETER_HEADER_LENGTH = 4;
const SPF = 0x40;

/**
 * Decodes what LOG SENSE brought for `pageCode`, walking the parameters by their own lengths (drives differ in them).
 * The page may be cut by the allocation length or the residual: a parameter that is not whole is left out.
 * A page length beyond the data, and zeros behind the last parameter, are no error: Quantum HH7 drives say the
 * allocation length instead of the page's. Another page than asked for is SCSI_MALFORMED_REPLY.
 */
export function decodeLogPage(bytes: Uint8Array, pageCode: number, subpageCode = 0): LogPage {
  const { body, ...codes } = decodeHeader(bytes);
  if (codes.pageCode !== pageCode || codes.subpageCode !== subpageCode) {
    const found = `page ${hexNumber(codes.pageCode)}/${hexNumber(codes.subpageCode)}`;
    throw malformedReply(`log page ${hexNumber(pageCode)}`, `${found} came instead`, bytes);
  }
  return { ...codes, parameters: decodeBytes('log parameters', body, readParameters) };
}

function decodeHeader(bytes: Uint8Array): Omit<LogPage, 'parameters'> & { readonly body: Uint8Array } {
  return decodeBytes('log page header', bytes, (reader) => {
    const first = reader.u8();
    const subpage = reader.u8();
    const length = reader.u16();
    return {
      pageCode: first & 0x3f,
      // Without SPF the second byte is reserved.
      subpageCode: (first & SPF) !== 0 ? subpage : 0,
      body: reader.take(Math.min(length, reader.remaining)),
    };
  });
}

function readParameters(reader: ByteReader): readonly LogParameter[] {
  const parameters: LogParameter[] = [];
  const end = reader.bytes.length - trailingZeros(reader.bytes);
  // No parameter starts in the zeros of the tail; the last one may well end in them.
  while (reader.offset < end && reader.remaining >= PARAMETER_HEADER_LENGTH) {
    const code = reader.u16();
    const control = reader.u8();
    const length = reader.u8();
    if (reader.remaining < length) break;
    parameters.push({ code, control, value: reader.take(length) });
  }
  return parameters;
}

function trailingZeros(bytes: Uint8Array): number {
  return bytes.length - 1 - bytes.findLastIndex((byte) => byte !== 0);
}

export function encodeLogPage(page: LogPage): Uint8Array {
  const length = page.parameters.reduce((sum, { value }) => sum + PARAMETER_HEADER_LENGTH + value.length, 0);
  const writer = new ByteWriter(new Uint8Array(HEADER_LENGTH + length), 'big-endian');
  writer.u8((page.subpageCode === 0 ? 0 : SPF) | page.pageCode).u8(page.subpageCode);
  writer.u16(length);
  for (const { code, control, value } of page.parameters) writer.u16(code).u8(control).u8(value.length).put(value);
  return writer.bytes;
}

/** Page 00h: the numbers of the pages the drive has. Its body is a list of numbers, not of parameters. */
export function decodeSupportedLogPages(bytes: Uint8Array): readonly number[] {
  const { pageCode, subpageCode, body } = decodeHeader(bytes);
  if (pageCode !== LOG_PAGES.supportedPages || subpageCode !== 0)
    throw malformedReply('supported log pages', `page ${hexNumber(pageCode)} came instead`, bytes);
  // Page 00h is always first; a 0 later on is the padding of a drive that says the allocation length.
  return [...body].map((code) => code & 0x3f).filter((code, index) => index === 0 || code !== 0);
}

export function encodeSupportedLogPages(pages: readonly number[]): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(HEADER_LENGTH + pages.length), 'big-endian');
  return writer.u8(LOG_PAGES.supportedPages).u8(0).u16(pages.length).put(Uint8Array.from(pages)).bytes;
}
