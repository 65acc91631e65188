import { ByteReader, ByteWriter } from '../base/byte-cursor.js';
import type { Barcode } from '../terms/barcode.js';

/** docs/VOLUME-FORMAT.md, VOL1: 80 bytes of ASCII (ANSI X3.27, ISO 1001). */
export const VOL1_BYTES = 80;

const IMPLEMENTATION = 'TAPELOOM';
const LABEL_STANDARD_VERSION = '4';

export function encodeVol1(barcode: Barcode): Uint8Array {
  const block = new Uint8Array(VOL1_BYTES);
  new ByteWriter(block, 'little-endian')
    .ascii('VOL1', 4)
    .ascii(barcode.slice(0, 6), 6)
    .ascii('', 1)
    .ascii('', 13)
    .ascii(IMPLEMENTATION, 13)
    .ascii('', 14)
    .ascii('', 28)
    .ascii(LABEL_STANDARD_VERSION, 1);
  return block;
}

/** The first block of a medium: ours, or whose it seems to be. */
export type FirstBlock =
  | { readonly kind: 'ours'; readonly volumeIdentifier: string }
  /** It begins as ours does, but is not what we write. */
  | { readonly kind: 'ours-damaged'; readonly reason: string }
  /** `what` completes the sentence "the medium holds ...". */
  | { readonly kind: 'foreign'; readonly what: string };

export function recogniseFirstBlock(block: Uint8Array): FirstBlock {
  const known = SIGNATURES.find(({ offset, text }) => hasText(block, offset, text));
  if (known !== undefined) return { kind: 'foreign', what: known.what };
  if (!hasText(block, 0, 'VOL1') || block.length < VOL1_BYTES)
    return { kind: 'foreign', what: `a first block of ${String(block.length)} bytes that no known program writes` };
  const cursor = new ByteReader(block, 'little-endian').skip(4);
  const volumeIdentifier = cursor.ascii(6);
  const implementation = cursor.skip(14).ascii(13);
  if (implementation !== IMPLEMENTATION)
    return { kind: 'foreign', what: describeAnsi(volumeIdentifier, implementation) };
  if (block.length !== VOL1_BYTES)
    return { kind: 'ours-damaged', reason: `the VOL1 block has ${String(block.length)} bytes instead of 80` };
  if (!/^[A-Z0-9]{6}$/.test(volumeIdentifier) || !isExact(block, volumeIdentifier))
    return { kind: 'ours-damaged', reason: 'the VOL1 block has other contents than this program writes' };
  return { kind: 'ours', volumeIdentifier };
}

/** Whether every byte is as `encodeVol1` writes it: VOL1 has no checksum of its own. */
function isExact(block: Uint8Array, volumeIdentifier: string): boolean {
  return encodeVol1(volumeIdentifier as Barcode).every((byte, i) => block[i] === byte);
}

function describeAnsi(volumeIdentifier: string, implementation: string): string {
  const volume = volumeIdentifier === '' ? 'a volume' : `volume ${printable(volumeIdentifier)}`;
  if (implementation.startsWith('LTFS')) return `${volume} of an LTFS file system`;
  if (implementation === '') return `${volume} with an ANSI label of an unnamed program`;
  return `${volume} with an ANSI label of ${printable(implementation)}`;
}

/**
 * What other programs put first on a medium, as bytes at an offset. A helpful guess for the message, nothing more: what is
 * not in the table is foreign too.
 */
const SIGNATURES: readonly { readonly offset: number; readonly text: string; readonly what: string }[] = [
  { offset: 112, text: 'ThIs Is A BP tApE hEaDer', what: 'a volume of NetBackup' },
  { offset: 12, text: 'BB02', what: 'a volume of Bacula or Bareos' },
  { offset: 12, text: 'BB01', what: 'a volume of Bacula or Bareos' },
  { offset: 257, text: 'ustar', what: 'a tar archive' },
  { offset: 0, text: '070701', what: 'a cpio archive' },
  { offset: 0, text: '070702', what: 'a cpio archive' },
  { offset: 0, text: '070707', what: 'a cpio archive' },
  { offset: 0, text: 'AMANDA: ', what: 'a volume of Amanda' },
  { offset: 0, text: 'TAPE', what: 'a volume in Microsoft Tape Format' },
  { offset: 0, text: 'HDR1', what: 'a file header of an ANSI-labelled volume without its VOL1' },
  { offset: 0, text: '\u001f\u008b', what: 'gzip-compressed bytes' },
  { offset: 0, text: '(\u00b5/\u00fd', what: 'zstd-compressed bytes' },
  { offset: 0, text: 'BZh', what: 'bzip2-compressed bytes' },
];

/** Characters up to U+00FF stand for the byte of that value. */
function hasText(block: Uint8Array, offset: number, text: string): boolean {
  if (block.length < offset + text.length) return false;
  for (let i = 0; i < text.length; i++) if (block[offset + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Bytes of a stranger go into messages and logs: nothing that moves a terminal's cursor. */
function printable(text: string): string {
  return text.replace(/[^ -~]/g, '?');
}
