import { ByteWriter } from '../base/byte-cursor.js';
import { decodeBytes } from './malformed-reply.js';
import type { ModePage } from './mode-parameters.js';

/** Data compression mode page 0Fh (SSC-4). */
export interface CompressionModePage {
  /** DCE: what is written is compressed. */
  readonly compressionEnabled: boolean;
  /** DCC: the drive can compress; not changeable. */
  readonly compressionCapable: boolean;
  /** DDE: what is read is decompressed. */
  readonly decompressionEnabled: boolean;
  /** RED: what is reported when compressed data cannot be decompressed; 0..3. */
  readonly reportExceptions: number;
  /** 0: none; FFh: the default; vendors have numbers of their own. */
  readonly compressionAlgorithm: number;
  readonly decompressionAlgorithm: number;
}

export const COMPRESSION_PAGE_CODE = 0x0f;
const PARAMETERS_LENGTH = 14;

export function decodeCompressionModePage(page: ModePage): CompressionModePage {
  return decodeBytes('data compression mode page', page.parameters, (reader) => {
    const compression = reader.u8();
    const decompression = reader.u8();
    return {
      compressionEnabled: (compression & 0x80) !== 0,
      compressionCapable: (compression & 0x40) !== 0,
      decompressionEnabled: (decompression & 0x80) !== 0,
      reportExceptions: (decompression >> 5) & 0x03,
      compressionAlgorithm: reader.u32(),
      decompressionAlgorithm: reader.u32(),
    };
  });
}

export function encodeCompressionModePage(page: CompressionModePage): ModePage {
  const writer = new ByteWriter(new Uint8Array(PARAMETERS_LENGTH), 'big-endian');
  writer.u8((page.compressionEnabled ? 0x80 : 0) | (page.compressionCapable ? 0x40 : 0));
  writer.u8((page.decompressionEnabled ? 0x80 : 0) | (page.reportExceptions << 5));
  writer.u32(page.compressionAlgorithm).u32(page.decompressionAlgorithm);
  return { pageCode: COMPRESSION_PAGE_CODE, subpageCode: 0, saveable: false, parameters: writer.bytes };
}
