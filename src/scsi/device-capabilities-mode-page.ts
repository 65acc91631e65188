import { ByteWriter } from '../base/byte-cursor.js';
import { decodeBytes } from './malformed-reply.js';
import type { ModePage } from './mode-parameters.js';

/** Whether something is possible for each type of element. */
export interface PerElementType {
  readonly transport: boolean;
  readonly storage: boolean;
  readonly importExport: boolean;
  readonly drive: boolean;
}

/** By the type of the source, the types of destination. */
export interface ElementPairs {
  readonly transport: PerElementType;
  readonly storage: PerElementType;
  readonly importExport: PerElementType;
  readonly drive: PerElementType;
}

/** Device capabilities mode page 1Fh of a changer (SMC-3): what it can do at all. */
export interface DeviceCapabilitiesModePage {
  /** Elements that hold a medium on their own. */
  readonly stores: PerElementType;
  /** MOVE MEDIUM. */
  readonly moves: ElementPairs;
  /** EXCHANGE MEDIUM, from the source to the first destination. */
  readonly exchanges: ElementPairs;
}

export const DEVICE_CAPABILITIES_PAGE_CODE = 0x1f;
const PARAMETERS_LENGTH = 18;

const TRANSPORT = 0x01;
const STORAGE = 0x02;
const IMPORT_EXPORT = 0x04;
const DRIVE = 0x08;

export function decodeDeviceCapabilitiesModePage(page: ModePage): DeviceCapabilitiesModePage {
  return decodeBytes('device capabilities mode page', page.parameters, (reader) => {
    const types = (): PerElementType => {
      const bits = reader.u8();
      return {
        transport: (bits & TRANSPORT) !== 0,
        storage: (bits & STORAGE) !== 0,
        importExport: (bits & IMPORT_EXPORT) !== 0,
        drive: (bits & DRIVE) !== 0,
      };
    };
    const pairs = (): ElementPairs => ({ transport: types(), storage: types(), importExport: types(), drive: types() });
    const stores = types();
    reader.skip(1);
    const moves = pairs();
    reader.skip(4);
    return { stores, moves, exchanges: pairs() };
  });
}

export function encodeDeviceCapabilitiesModePage(page: DeviceCapabilitiesModePage): ModePage {
  const writer = new ByteWriter(new Uint8Array(PARAMETERS_LENGTH), 'big-endian');
  const putPairs = ({ transport, storage, importExport, drive }: ElementPairs): void => {
    for (const types of [transport, storage, importExport, drive]) writer.u8(bitsOf(types));
  };
  writer.u8(bitsOf(page.stores)).zeros(1);
  putPairs(page.moves);
  writer.zeros(4);
  putPairs(page.exchanges);
  return { pageCode: DEVICE_CAPABILITIES_PAGE_CODE, subpageCode: 0, saveable: false, parameters: writer.bytes };
}

function bitsOf(types: PerElementType): number {
  return (
    (types.transport ? TRANSPORT : 0) |
    (types.storage ? STORAGE : 0) |
    (types.importExport ? IMPORT_EXPORT : 0) |
    (types.drive ? DRIVE : 0)
  );
}
