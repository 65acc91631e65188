import { expect } from 'chai';
import {
  decodeElementAddressModePage,
  encodeElementAddressModePage,
} from '../../../src/scsi/element-address-mode-page.js';
import { MEDIUM_TYPES, type ElementDescriptor } from '../../../src/scsi/element-descriptor.js';
import { makeElementDevice, makeSerialElementDevice } from '../../../src/scsi/element-device.js';
import { decodeElementStatus, encodeElementStatus } from '../../../src/scsi/element-status.js';
import { decodeExchangeMediumCdb, encodeExchangeMediumCdb } from '../../../src/scsi/exchange-medium.js';
import {
  decodeInitializeElementRangeCdb,
  decodeInitializeElementStatusCdb,
  encodeInitializeElementRangeCdb,
  encodeInitializeElementStatusCdb,
} from '../../../src/scsi/initialize-element-status.js';
import { decodeMoveMediumCdb, encodeMoveMediumCdb } from '../../../src/scsi/move-medium.js';
import { decodePositionToElementCdb, encodePositionToElementCdb } from '../../../src/scsi/position-to-element.js';
import {
  decodeReadElementStatusCdb,
  ELEMENT_TYPES,
  encodeReadElementStatusCdb,
} from '../../../src/scsi/read-element-status.js';
import { emptyElement } from '../../support/element-samples.js';
import { fromHex, toHex } from './hex.js';

/** `hex` is laid out by hand from the table of the clause. */
function golden<T>(
  name: string,
  value: NoInfer<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
  hex: string,
): void {
  it(name, () => {
    expect(toHex(encode(value))).to.equal(toHex(fromHex(hex)));
    expect(decode(fromHex(hex))).to.deep.equal(value);
  });
}

describe('changer commands have the bytes of SMC-3', () => {
  golden(
    'INITIALIZE ELEMENT STATUS',
    undefined,
    encodeInitializeElementStatusCdb,
    decodeInitializeElementStatusCdb,
    '07 00 00 00 00 00',
  );
  // Byte 1 bit 1 FAST, bit 0 RANGE; 2-3 first address; 6-7 number of elements.
  golden(
    'INITIALIZE ELEMENT STATUS WITH RANGE',
    { fast: true, range: { first: 0x1001, count: 0x0018 } },
    encodeInitializeElementRangeCdb,
    decodeInitializeElementRangeCdb,
    '37 03 1001 0000 0018 00 00',
  );
  golden(
    'INITIALIZE ELEMENT STATUS WITH RANGE of all elements',
    { fast: false, range: null },
    encodeInitializeElementRangeCdb,
    decodeInitializeElementRangeCdb,
    '37 00 0000 0000 0000 00 00',
  );
  // Bytes 2-3 transport, 4-5 source, 6-7 destination, 10 bit 0 INVERT.
  golden(
    'MOVE MEDIUM',
    { transport: 0x0001, source: 0x1003, destination: 0x0100, invert: true },
    encodeMoveMediumCdb,
    decodeMoveMediumCdb,
    'a5 00 0001 1003 0100 0000 01 00',
  );
  // Bytes 2-3 transport, 4-5 source, 6-7 and 8-9 destinations, 10 bit 1 INV1, bit 0 INV2.
  golden(
    'EXCHANGE MEDIUM',
    {
      transport: 0x0001,
      source: 0x1003,
      firstDestination: 0x0100,
      secondDestination: 0x1004,
      invertFirst: true,
      invertSecond: false,
    },
    encodeExchangeMediumCdb,
    decodeExchangeMediumCdb,
    'a6 00 0001 1003 0100 1004 02 00',
  );
  // Bytes 2-3 transport, 4-5 destination, 8 bit 0 INVERT.
  golden(
    'POSITION TO ELEMENT',
    { transport: 0x0001, destination: 0x1003, invert: false },
    encodePositionToElementCdb,
    decodePositionToElementCdb,
    '2b 00 0001 1003 0000 00 00',
  );
  // Byte 1 bit 4 VOLTAG, bits 3-0 type; 2-3 first address; 4-5 number; 6 bit 1 CURDATA, bit 0 DVCID; 7-9 allocation length.
  golden(
    'READ ELEMENT STATUS with volume tags',
    {
      elementType: ELEMENT_TYPES.storage,
      withVolumeTags: true,
      firstAddress: 0x1001,
      count: 1000,
      currentDataOnly: false,
      withDeviceIds: false,
      allocationLength: 0xffff,
    },
    encodeReadElementStatusCdb,
    decodeReadElementStatusCdb,
    'b8 12 1001 03e8 00 00ffff 00 00',
  );
  golden(
    'READ ELEMENT STATUS with identifiers of drives',
    {
      elementType: ELEMENT_TYPES.drive,
      withVolumeTags: false,
      firstAddress: 0x0100,
      count: 4,
      currentDataOnly: true,
      withDeviceIds: true,
      allocationLength: 0x123456,
    },
    encodeReadElementStatusCdb,
    decodeReadElementStatusCdb,
    'b8 04 0100 0004 03 123456 00 00',
  );

  it('the element address assignment page lists first address and number of each type', () => {
    const assignment = {
      transport: { first: 0x0001, count: 1 },
      storage: { first: 0x1001, count: 24 },
      importExport: { first: 0x0010, count: 3 },
      drive: { first: 0x0100, count: 2 },
    };
    const page = encodeElementAddressModePage(assignment);
    expect(page.pageCode).to.equal(0x1d);
    expect(toHex(page.parameters)).to.equal(toHex(fromHex('0001 0001 1001 0018 0010 0003 0100 0002 0000')));
    expect(decodeElementAddressModePage(page)).to.deep.equal(assignment);
  });
});

const SPACES_24 = '20'.repeat(24);
const TAG_TPL001L9 = `5450 4c30 3031 4c39 ${SPACES_24} 0000 0000`;

describe('element status data has the bytes of SMC-3', () => {
  const inSlot: ElementDescriptor = {
    ...emptyElement(0x1001),
    isFull: true,
    mediumType: MEDIUM_TYPES.data,
    sourceAddress: 0x1001,
    primaryTag: { identifier: 'TPL001L9', sequence: 0 },
  };
  // Header: 0-1 first address, 2-3 number, 5-7 bytes. Page: 0 type, 1 PVolTag 80h, 2-3 descriptor length, 5-7 bytes.
  // Descriptor: 0-1 address, 2 ACCESS 08h FULL 01h, 4-5 ASC/ASCQ, 9 SVALID 80h and medium type, 10-11 source, tag, identifier.
  golden(
    'of storage elements with volume tags',
    {
      pages: [
        {
          elementType: ELEMENT_TYPES.storage,
          hasPrimaryTags: true,
          hasAlternateTags: false,
          hasIdentifiers: true,
          descriptors: [inSlot, emptyElement(0x1002)],
        },
      ],
      missing: 0,
    },
    encodeElementStatus,
    decodeElementStatus,
    `1001 0002 00 000070   02 80 0034 00 000068
     1001 09 00 00 00 000000 81 1001  ${TAG_TPL001L9}  00 00 00 00
     1002 08 00 00 00 000000 00 0000  ${'00'.repeat(36)}  00 00 00 00`,
  );

  const drive: ElementDescriptor = {
    ...emptyElement(0x0100),
    isFull: true,
    isAccessible: false,
    busAddress: 5,
    logicalUnit: 0,
    sourceAddress: 0x1007,
    mediumType: MEDIUM_TYPES.data,
  };
  // Byte 6: ID VALID 20h, LU VALID 10h; identifier: code set 2, type, 0, length, vendor 8, product 16, serial 10.
  golden(
    'of a drive element with vendor, product and serial number',
    {
      pages: [
        {
          elementType: ELEMENT_TYPES.drive,
          hasPrimaryTags: false,
          hasAlternateTags: false,
          hasIdentifiers: true,
          descriptors: [
            { ...drive, device: makeElementDevice({ vendor: 'IBM', product: 'ULT3580-TD8', serial: '1068000073' }) },
          ],
        },
      ],
      missing: 0,
    },
    encodeElementStatus,
    decodeElementStatus,
    `0100 0001 00 00003a   04 00 0032 00 000032
     0100 01 00 00 00 30 05 00 81 1007
     02 01 00 22  49424d2020202020 554c54333538302d544438 2020202020 31303638303030303733`,
  );
  // The Quantum SuperLoader 3: type 0, the serial number alone.
  golden(
    'of a drive element with the serial number alone',
    {
      pages: [
        {
          elementType: ELEMENT_TYPES.drive,
          hasPrimaryTags: false,
          hasAlternateTags: false,
          hasIdentifiers: true,
          descriptors: [{ ...emptyElement(0x0100), device: makeSerialElementDevice('HU1328WGF6') }],
        },
      ],
      missing: 0,
    },
    encodeElementStatus,
    decodeElementStatus,
    `0100 0001 00 000022   04 00 001a 00 00001a
     0100 08 00 00 00 000000 00 0000   02 00 00 0a 48553133323857474636`,
  );
  // IMPEXP 02h, EXENAB 10h, INENAB 20h, EXCEPT 04h with 83/00.
  golden(
    'of an import/export element with what an operator put in and an exception, in the short descriptors of SCSI-2',
    {
      pages: [
        {
          elementType: ELEMENT_TYPES.importExport,
          hasPrimaryTags: false,
          hasAlternateTags: false,
          hasIdentifiers: false,
          descriptors: [
            {
              ...emptyElement(0x0010),
              isFull: true,
              placedByOperator: true,
              isException: true,
              asc: 0x83,
              ascq: 0x00,
              exportEnabled: true,
              importEnabled: true,
            },
          ],
        },
      ],
      missing: 0,
    },
    encodeElementStatus,
    decodeElementStatus,
    `0010 0001 00 000014   03 00 000c 00 00000c
     0010 3f 00 83 00 000000 00 0000`,
  );
});
