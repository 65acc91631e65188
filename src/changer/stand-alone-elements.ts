import { StorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { ChangerElement } from './changer.js';

/** A drive without a library around it, as an element. */
export function driveElement(drive: string, number: number, barcode: Barcode | null): ChangerElement {
  return {
    kind: 'drive',
    number,
    address: null,
    drive,
    driveSerial: null,
    isFull: barcode !== null,
    barcode,
    tag: '',
    sourceSlot: null,
    isAccessible: true,
    exception: null,
  };
}

/** A move between slots was asked of something that has none. */
export function noSlots(name: string): StorageError {
  return new StorageError(
    'CHANGER_ELEMENT_UNKNOWN',
    `${name} has no slots to move cartridges between. Nothing was moved; use \`tapeloom drive load\` and \`drive unload\`.`,
    { context: { changer: name } },
  );
}
