import { expect } from 'chai';
import { AssertionError } from '../../../src/base/assert.js';
import { isStorageError } from '../../../src/base/storage-error.js';
import { cdbLength, OPCODES } from '../../../src/scsi/cdb.js';
import { decodeDeviceIdentification } from '../../../src/scsi/device-identification.js';
import { decodeInquiryCdb, decodeStandardInquiry } from '../../../src/scsi/inquiry.js';
import { encodeLocate16Cdb, decodeLocate16Cdb } from '../../../src/scsi/locate.js';
import { decodeBlockLimits } from '../../../src/scsi/read-block-limits.js';
import {
  decodeLongPosition,
  decodeReadPositionCdb,
  decodeShortPosition,
  POSITION_LENGTH,
} from '../../../src/scsi/read-position.js';
import { decodeDensitySupport, encodeDensitySupport } from '../../../src/scsi/report-density-support.js';
import { decodeSpace6Cdb, encodeSpace6Cdb } from '../../../src/scsi/space.js';
import { decodeUnitSerialNumber, encodeVpdPage, VPD_PAGES } from '../../../src/scsi/vpd-page.js';
import { bytesOf, expectMalformed } from './bytes.js';

describe('a CDB', () => {
  it('has the length of the group of its operation code', () => {
    const expected: Partial<Record<keyof typeof OPCODES, number>> = {
      testUnitReady: 6,
      modeSense6: 6,
      locate10: 10,
      logSense: 10,
      modeSense10: 10,
      readAttribute: 16,
      locate16: 16,
    };
    for (const [name, length] of Object.entries(expected))
      expect(cdbLength(OPCODES[name as keyof typeof OPCODES]), name).to.equal(length);
    expect(cdbLength(0xa5)).to.equal(12);
    expect(cdbLength(0x7f)).to.equal(null);
    expect(cdbLength(0xc0)).to.equal(null);
  });

  it('is refused when it is too short or another command, with its bytes in the context', () => {
    expectMalformed(() => decodeInquiryCdb(bytesOf('12 00 00 00 24')), /5 bytes instead of 6/);
    try {
      decodeInquiryCdb(bytesOf('03 00 00 00 24 00'));
      expect.fail('it decoded');
    } catch (error) {
      expect(isStorageError(error, 'SCSI_MALFORMED_REPLY') && error.context).to.include({
        structure: 'INQUIRY command',
        lengthBytes: 6,
        firstBytes: '03 00 00 00 24 00',
      });
    }
  });

  it('may stand in a longer buffer', () => {
    const buffer = new Uint8Array(32).fill(0xee);
    buffer.set(bytesOf('12 00 00 00 24 00'));
    expect(decodeInquiryCdb(buffer)).to.deep.equal({ vpdPage: null, allocationLength: 36 });
  });

  it('of READ POSITION is refused with a service action that has no codec', () => {
    expectMalformed(() => decodeReadPositionCdb(bytesOf('34 08 00 00 00 00 00 00 1c 00')), /service action 08h/);
    expect(decodeReadPositionCdb(bytesOf('34 01 00 00 00 00 00 00 00 00'))).to.equal('short');
  });

  it('of LOCATE(16) is refused with an identifier that no number can hold', () => {
    const cdb = encodeLocate16Cdb({ destination: 0, identifier: 0, partition: null, immediate: false });
    cdb.fill(0xff, 4, 12);
    expectMalformed(() => decodeLocate16Cdb(cdb), /2\^53/);
  });

  it('of SPACE(6) holds counts of 24 bits with sign, and no others', () => {
    for (const count of [-0x80_0000, -1, 0, 0x7f_ffff])
      expect(decodeSpace6Cdb(encodeSpace6Cdb({ code: 0, count })).count).to.equal(count);
    expect(() => encodeSpace6Cdb({ code: 0, count: 0x80_0000 })).to.throw(AssertionError);
    expect(() => encodeSpace6Cdb({ code: 0, count: -0x80_0001 })).to.throw(AssertionError);
  });
});

describe('INQUIRY data', () => {
  it('of a terse device have empty names', () => {
    expect(decodeStandardInquiry(bytesOf('01 80 02 02 00'))).to.include({ deviceType: 1, vendor: '', product: '' });
    const cut = bytesOf('01 80 06 02 1f 00 00 00 49424d2020202020 554c54');
    expect(decodeStandardInquiry(cut)).to.include({ vendor: 'IBM', product: '', revision: '' });
  });

  it('end where the additional length says', () => {
    const bytes = bytesOf('01 80 06 02 0b 00 00 00 49424d2020202020 554c54333538302d5444382020202020 4e394d32');
    expect(decodeStandardInquiry(bytes)).to.include({ vendor: 'IBM', product: '', revision: '' });
  });

  it('are refused when there is not even a length', () => {
    expectMalformed(() => decodeStandardInquiry(bytesOf('01 80 06 02')), /INQUIRY data/);
  });
});

describe('vital product data', () => {
  it('of another page than asked for are refused', () => {
    expectMalformed(() => decodeUnitSerialNumber(bytesOf('01 83 00 00')), /page 83h came instead/);
  });

  it('give a serial number without the padding on either side, as far as it came', () => {
    const page = encodeVpdPage(1, VPD_PAGES.unitSerialNumber, Buffer.from('   HU10474E5 '));
    expect(decodeUnitSerialNumber(page)).to.equal('HU10474E5');
    expect(decodeUnitSerialNumber(page.subarray(0, 11))).to.equal('HU10');
  });

  it('keep the designators before one that is cut', () => {
    const page = bytesOf('01 83 00 18  01 03 00 08 500507631234abcd  02 01 00 08 49424d20');
    expect(decodeDeviceIdentification(page)).to.have.length(1);
  });
});

describe('position data', () => {
  it('that are cut are refused: a position is known or it is not', () => {
    for (let length = 0; length < POSITION_LENGTH.short; length++)
      expectMalformed(() => decodeShortPosition(new Uint8Array(length)), /short position/);
    for (let length = 0; length < POSITION_LENGTH.long; length++)
      expectMalformed(() => decodeLongPosition(new Uint8Array(length)), /long position/);
  });

  it('flagged as unknown are unknown, whatever else is in the fields', () => {
    const long = new Uint8Array(32).fill(0xff);
    expect(decodeLongPosition(long)).to.include({ partition: null, objectNumber: null, fileNumber: null });
    const short = new Uint8Array(20).fill(0xff);
    expect(decodeShortPosition(short)).to.include({ firstLocation: null, objectsInBuffer: null });
  });

  it('beyond 2^53 - 1 are refused rather than rounded', () => {
    const long = new Uint8Array(32);
    long.fill(0xff, 8, 16);
    expectMalformed(() => decodeLongPosition(long), /2\^53/);
  });

  it('of the long form with an unknown file number still tell the object number', () => {
    const long = new Uint8Array(32).fill(0xff, 16, 24);
    long[0] = 0x08;
    long[15] = 9;
    expect(decodeLongPosition(long)).to.include({ objectNumber: 9, fileNumber: null });
  });
});

describe('block limits', () => {
  it('that are cut are refused', () => {
    expectMalformed(() => decodeBlockLimits(bytesOf('00 80 00 00 00')), /block limits/);
  });
});

describe('density support', () => {
  const density = {
    primaryCode: 0x5c,
    secondaryCode: 0x5c,
    writable: true,
    isDefault: false,
    bitsPerMillimetre: 1,
    mediumWidth: 127,
    tracks: 2,
    capacityMegabytes: 3,
    organization: 'LTO-CVE',
    name: 'U-716',
    description: 'x',
  };

  it('keeps the densities that came whole', () => {
    const bytes = encodeDensitySupport([density, density]);
    expect(decodeDensitySupport(bytes.subarray(0, bytes.length - 1))).to.have.length(1);
    expect(decodeDensitySupport(bytes.subarray(0, 4))).to.deep.equal([]);
  });

  it('steps over what a longer descriptor has more, by its length', () => {
    const bytes = encodeDensitySupport([density, density]);
    const longer = new Uint8Array(bytes.length + 4);
    longer.set(bytes.subarray(0, 56));
    longer.set(bytes.subarray(56), 60);
    longer[1] = (longer[1] ?? 0) + 4;
    longer[6] = 0x81;
    longer[8] = 52 - 5 + 4;
    expect(decodeDensitySupport(longer)).to.deep.equal([density, density]);
    longer[8] = 0xff;
    expect(decodeDensitySupport(longer)).to.deep.equal([density]);
  });
});
