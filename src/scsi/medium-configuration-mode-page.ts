import { ByteWriter } from '../base/byte-cursor.js';
import { decodeBytes } from './malformed-reply.js';
import type { ModePage } from './mode-parameters.js';

/** Medium configuration mode page 1Dh of a tape drive (SSC-4); a changer has another page under this number. */
export interface MediumConfigurationModePage {
  /** WORMM: the cartridge in the drive is written once. */
  readonly worm: boolean;
  /** Which labels and filemarks at the beginning may be written over nevertheless. */
  readonly wormLabelRestrictions: number;
  readonly wormFilemarkRestrictions: number;
}

export const MEDIUM_CONFIGURATION_PAGE_CODE = 0x1d;
const PARAMETERS_LENGTH = 30;

/** A page that ends behind its first byte has no restrictions. */
export function decodeMediumConfigurationModePage(page: ModePage): MediumConfigurationModePage {
  return decodeBytes('medium configuration mode page', page.parameters, (reader) => {
    const worm = (reader.u8() & 0x01) !== 0;
    const restricted = reader.remaining >= 3;
    return {
      worm,
      wormLabelRestrictions: restricted ? reader.skip(1).u8() : 0,
      wormFilemarkRestrictions: restricted ? reader.u8() : 0,
    };
  });
}

export function encodeMediumConfigurationModePage(page: MediumConfigurationModePage): ModePage {
  const writer = new ByteWriter(new Uint8Array(PARAMETERS_LENGTH), 'big-endian');
  writer
    .u8(page.worm ? 0x01 : 0)
    .zeros(1)
    .u8(page.wormLabelRestrictions)
    .u8(page.wormFilemarkRestrictions);
  return { pageCode: MEDIUM_CONFIGURATION_PAGE_CODE, subpageCode: 0, saveable: false, parameters: writer.bytes };
}
