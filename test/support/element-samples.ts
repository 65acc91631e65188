import type { ElementDescriptor } from '../../src/scsi/element-descriptor.js';

/** An empty element the robot can get at, with nothing wrong. */
export function emptyElement(address: number): ElementDescriptor {
  return {
    address,
    isFull: false,
    isAccessible: true,
    isException: false,
    asc: 0,
    ascq: 0,
    placedByOperator: false,
    exportEnabled: false,
    importEnabled: false,
    busAddress: null,
    logicalUnit: null,
    onOtherBus: false,
    sourceAddress: null,
    isInverted: false,
    isDisabled: false,
    mediumType: 0,
    primaryTag: null,
    alternateTag: null,
    device: null,
  };
}
