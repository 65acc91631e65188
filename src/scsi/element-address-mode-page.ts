import { ByteWriter } from '../base/byte-cursor.js';
import { decodeBytes } from './malformed-reply.js';
import type { ModePage } from './mode-parameters.js';

/** Elements of one type: `count` of them, at consecutive addresses from `first` on. */
export interface ElementRange {
  readonly first: number;
  readonly count: number;
}

/** Element address assignment mode page 1Dh of a changer (SMC-3); a tape drive has another page under this number. */
export interface ElementAddressModePage {
  readonly transport: ElementRange;
  readonly storage: ElementRange;
  readonly importExport: ElementRange;
  readonly drive: ElementRange;
}

export const ELEMENT_ADDRESS_PAGE_CODE = 0x1d;
const PARAMETERS_LENGTH = 18;

export function decodeElementAddressModePage(page: ModePage): ElementAddressModePage {
  return decodeBytes('element address assignment mode page', page.parameters, (reader) => {
    const range = (): ElementRange => ({ first: reader.u16(), count: reader.u16() });
    return { transport: range(), storage: range(), importExport: range(), drive: range() };
  });
}

export function encodeElementAddressModePage(page: ElementAddressModePage): ModePage {
  const writer = new ByteWriter(new Uint8Array(PARAMETERS_LENGTH), 'big-endian');
  for (const { first, count } of [page.transport, page.storage, page.importExport, page.drive])
    writer.u16(first).u16(count);
  return { pageCode: ELEMENT_ADDRESS_PAGE_CODE, subpageCode: 0, saveable: false, parameters: writer.bytes };
}
