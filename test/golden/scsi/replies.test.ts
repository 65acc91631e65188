import { expect } from 'chai';
import {
  decodeDeviceIdentification,
  encodeDeviceIdentification,
  logicalUnitName,
  type Designator,
} from '../../../src/scsi/device-identification.js';
import { decodeStandardInquiry, DEVICE_TYPES, encodeStandardInquiry } from '../../../src/scsi/inquiry.js';
import { decodeBlockLimits, encodeBlockLimits } from '../../../src/scsi/read-block-limits.js';
import {
  decodeLongPosition,
  decodeShortPosition,
  encodeLongPosition,
  encodeShortPosition,
} from '../../../src/scsi/read-position.js';
import { decodeDensitySupport, encodeDensitySupport } from '../../../src/scsi/report-density-support.js';
import {
  decodeSupportedCommands,
  encodeSupportedCommands,
} from '../../../src/scsi/report-supported-operation-codes.js';
import {
  decodeSequentialAccessCapabilities,
  decodeSupportedVpdPages,
  decodeUnitSerialNumber,
  encodeSequentialAccessCapabilities,
  encodeSupportedVpdPages,
  encodeUnitSerialNumber,
} from '../../../src/scsi/vpd-page.js';
import { fromHex, toHex } from './hex.js';

const TAPE = DEVICE_TYPES.sequentialAccess;

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

describe('replies', () => {
  // SPC-4: 0 qualifier and type, 1 RMB, 2 version, 3 format, 4 additional length 31, 8 vendor, 16 product, 32 revision.
  golden(
    'standard INQUIRY data name vendor, product and revision in ASCII padded with spaces',
    {
      qualifier: 0,
      deviceType: TAPE,
      removableMedium: true,
      version: 6,
      vendor: 'IBM',
      product: 'ULT3580-TD8',
      revision: 'N9M2',
    },
    encodeStandardInquiry,
    decodeStandardInquiry,
    '01 80 06 02 1f 00 00 00 49424d2020202020 554c54333538302d544438 2020202020 4e394d32',
  );
  // SPC-4: 0 type, 1 page, 2-3 length.
  golden(
    'VPD page 00h lists pages',
    [0x00, 0x80, 0x83, 0xb0],
    (pages: readonly number[]) => encodeSupportedVpdPages(TAPE, pages),
    (bytes) => [...decodeSupportedVpdPages(bytes)],
    '01 00 00 04 00 80 83 b0',
  );
  golden(
    'VPD page 80h is the serial number',
    '1068000073',
    (serial) => encodeUnitSerialNumber(TAPE, serial),
    decodeUnitSerialNumber,
    '01 80 00 0a 31303638303030303733',
  );
  // SPC-4: code set 1; association 0 and type 3 (NAA); length 8.
  golden(
    'VPD page 83h names the logical unit',
    [{ codeSet: 1, association: 0, type: 3, identifier: fromHex('500507631234abcd') }],
    (designators: readonly Designator[]) => encodeDeviceIdentification(TAPE, designators),
    (bytes) => [...decodeDeviceIdentification(bytes)],
    '01 83 00 0c 01 03 00 08 500507631234abcd',
  );
  // SSC-4: byte 4 bit 0 WORM, bit 1 TSMC.
  golden(
    'VPD page B0h says that the drive can use WORM cartridges',
    { wormCapable: true, streamMirroringCapable: false },
    (capabilities) => encodeSequentialAccessCapabilities(TAPE, capabilities),
    decodeSequentialAccessCapabilities,
    '01 b0 00 02 01 00',
  );
  // SSC-4: 0 granularity, 1-3 maximum, 4-5 minimum.
  golden(
    'block limits of an LTO drive are 1 byte to 8 MiB',
    { granularity: 0, minBlockBytes: 1, maxBlockBytes: 0x800000 },
    encodeBlockLimits,
    decodeBlockLimits,
    '00 800000 0001',
  );
  // SSC-4: 0 flags, 1 partition, 4-7 first, 8-11 last, 13-15 objects, 16-19 bytes in the buffer.
  golden(
    'the short position tells what is still in the buffer',
    {
      beginningOfPartition: false,
      endOfPartition: true,
      beyondProgrammableEarlyWarning: false,
      overflow: false,
      partition: 0,
      firstLocation: 0x0102,
      lastLocation: 0x0100,
      objectsInBuffer: 2,
      bytesInBuffer: 0x80000,
    },
    encodeShortPosition,
    decodeShortPosition,
    '40 00 0000 00000102 00000100 00 000002 00080000',
  );
  golden(
    'the short position flags what the drive does not know (LOCU, BYCU, LOLU)',
    {
      beginningOfPartition: false,
      endOfPartition: false,
      beyondProgrammableEarlyWarning: false,
      overflow: false,
      partition: 1,
      firstLocation: null,
      lastLocation: null,
      objectsInBuffer: null,
      bytesInBuffer: null,
    },
    encodeShortPosition,
    decodeShortPosition,
    '34 01 0000 00000000 00000000 00 000000 00000000',
  );
  golden(
    'the short position flags a location beyond 32 bits (PERR)',
    {
      beginningOfPartition: false,
      endOfPartition: false,
      beyondProgrammableEarlyWarning: true,
      overflow: true,
      partition: 0,
      firstLocation: null,
      lastLocation: null,
      objectsInBuffer: 0,
      bytesInBuffer: 0,
    },
    encodeShortPosition,
    decodeShortPosition,
    '03 00 0000 00000000 00000000 00 000000 00000000',
  );
  // SSC-4: 0 flags, 4-7 partition, 8-15 object number, 16-23 file identifier.
  golden(
    'the long position tells object and file number',
    {
      beginningOfPartition: false,
      endOfPartition: false,
      beyondProgrammableEarlyWarning: false,
      partition: 0,
      objectNumber: 0x1_0000_0005,
      fileNumber: 3,
    },
    encodeLongPosition,
    decodeLongPosition,
    '00 000000 00000000 0000000100000005 0000000000000003 0000000000000000',
  );
  golden(
    'the long position flags what the drive does not know (MPU, LONU)',
    {
      beginningOfPartition: true,
      endOfPartition: false,
      beyondProgrammableEarlyWarning: false,
      partition: null,
      objectNumber: null,
      fileNumber: null,
    },
    encodeLongPosition,
    decodeLongPosition,
    '8c 000000 00000000 0000000000000000 0000000000000000 0000000000000000',
  );
  // SSC-4: 0-1 codes, 2 WRTOK DUP DEFLT, 5-7 bits/mm, 8-9 width, 10-11 tracks, 12-15 capacity, 16 organization,
  // 24 name, 32 description. The length of the header does not count itself.
  golden(
    'density support lists LTO-8 as writable and the default',
    [
      {
        primaryCode: 0x5e,
        secondaryCode: 0x5e,
        writable: true,
        isDefault: true,
        bitsPerMillimetre: 20668,
        mediumWidth: 127,
        tracks: 6656,
        capacityMegabytes: 12_000_000,
        organization: 'LTO-CVE',
        name: 'U-832',
        description: 'Ultrium 8/32T',
      },
    ],
    encodeDensitySupport,
    (bytes) => [...decodeDensitySupport(bytes)],
    '0036 0000 5e 5e a0 0000 0050bc 007f 1a00 00b71b00 4c544f2d43564520 552d383332202020 556c747269756d20382f33325420202020202020',
  );

  // SPC-4: 0-3 length of the list; each: 0 operation code, 2-3 service action, 5 CTDP and SERVACTV, 6-7 length of the CDB.
  golden(
    'the list of supported commands tells operation codes, service actions and lengths',
    {
      commands: [
        { opcode: 0x92, serviceAction: null, cdbBytes: 16 },
        { opcode: 0xa3, serviceAction: 0x0c, cdbBytes: 12 },
      ],
      complete: true,
    },
    ({ commands }) => encodeSupportedCommands(commands),
    decodeSupportedCommands,
    '00000010 92 00 0000 00 00 0010 a3 00 000c 00 01 000c',
  );

  it('takes a list of commands with timeouts that nobody asked for, and says of one that was cut that there is more', () => {
    const locate = { opcode: 0x92, serviceAction: null, cdbBytes: 16 };
    const withTimeouts = fromHex('00000014 92 00 0000 00 02 0010 000a 00 00 00000000 00000b40');
    expect(decodeSupportedCommands(withTimeouts)).to.deep.equal({ commands: [locate], complete: true });
    const cut = fromHex('00000010 92 00 0000 00 00 0010 a3 00 000c');
    expect(decodeSupportedCommands(cut)).to.deep.equal({ commands: [locate], complete: false });
  });

  it('names a logical unit by its NAA identifier, and by the T10 one when it has no other', () => {
    const naa = { codeSet: 1, association: 0, type: 3, identifier: fromHex('500507631234abcd') };
    const t10 = { codeSet: 2, association: 0, type: 1, identifier: Buffer.from('IBM     ULT3580-TD8     1068000073') };
    const port = { codeSet: 1, association: 1, type: 3, identifier: fromHex('500507631234abce') };
    expect(logicalUnitName([port, t10, naa])).to.equal('naa.500507631234abcd');
    expect(logicalUnitName([port, t10])).to.equal('t10.IBM     ULT3580-TD8     1068000073');
    expect(logicalUnitName([port])).to.equal(null);
  });
});
