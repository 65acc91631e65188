import { expect } from 'chai';
import { decodeMtStatus, GMT } from '../../../src/device/mtio.js';
import { decodeElementStatus } from '../../../src/scsi/element-status.js';
import { decodeStandardInquiry, DEVICE_TYPES } from '../../../src/scsi/inquiry.js';
import { decodeSense, makeSense, SENSE_KEYS } from '../../../src/scsi/sense.js';
import { decodeUnitSerialNumber } from '../../../src/scsi/vpd-page.js';
import { fromHex } from '../scsi/hex.js';
import { CAPTURED_FROM_TGT as CAPTURED } from './tgt.js';

const bytesOf = (name: keyof typeof CAPTURED): Uint8Array => fromHex(CAPTURED[name].hex);

describe('what tgt and st were seen to answer', () => {
  it('names the drive and the changer', () => {
    expect(decodeStandardInquiry(bytesOf('driveInquiry'))).to.include({
      deviceType: DEVICE_TYPES.sequentialAccess,
      vendor: 'IET',
      product: 'VIRTUAL-TAPE',
      revision: '0001',
    });
    expect(decodeStandardInquiry(bytesOf('changerInquiry'))).to.include({
      deviceType: DEVICE_TYPES.mediumChanger,
      product: 'VIRTUAL-CHANGER',
    });
    expect(decodeUnitSerialNumber(bytesOf('driveSerialNumber'))).to.equal('DRIVE1');
  });

  it('tells slots with their tags, more than were asked for, and access to none', () => {
    const { pages, missing } = decodeElementStatus(bytesOf('slots'));
    expect([pages.length, missing]).to.deep.equal([1, 0]);
    const descriptors = pages[0]?.descriptors ?? [];
    expect(descriptors.map(({ isFull }) => isFull)).to.deep.equal([true, ...Array<boolean>(11).fill(false)]);
    expect(descriptors.some(({ isAccessible }) => isAccessible)).to.equal(false);
    expect(descriptors[0]).to.include({ address: 1024 });
  });

  it('tells drives with the tag of what is in them, and where it came from', () => {
    const { pages } = decodeElementStatus(bytesOf('drives'));
    const descriptors = pages[0]?.descriptors ?? [];
    expect(descriptors.map(({ address, isFull }) => [address, isFull])).to.deep.equal([
      [1, true],
      [2, false],
    ]);
    expect(descriptors[0]?.sourceAddress).to.equal(1024 + 11);
  });

  it('leaves out the identifier of the last drive', () => {
    const { pages, missing } = decodeElementStatus(bytesOf('driveIdentifiers'));
    expect(pages.flatMap(({ descriptors }) => descriptors).map(({ address }) => address)).to.deep.equal([1]);
    expect(missing).to.equal(1);
  });

  it('has sense for refused moves, no medium, a filemark, a long block, a reset, and an end of the data without a code', () => {
    const illegal = SENSE_KEYS.illegalRequest;
    expect(decodeSense(bytesOf('moveFromEmptySlot'))).to.deep.equal(makeSense(illegal, 0x3b, 0x0e));
    expect(decodeSense(bytesOf('moveIntoFullDrive'))).to.deep.equal(makeSense(illegal, 0x3b, 0x0d));
    expect(decodeSense(bytesOf('noMedium'))).to.deep.equal(makeSense(SENSE_KEYS.notReady, 0x3a, 0x00));
    expect(decodeSense(bytesOf('filemark'))).to.deep.equal(
      makeSense(SENSE_KEYS.noSense, 0x00, 0x01, { filemark: true, information: 512 }),
    );
    expect(decodeSense(bytesOf('longBlock'))).to.include({ incorrectLength: true, information: 512 - 1000 });
    expect(decodeSense(bytesOf('reset'))).to.deep.equal(makeSense(SENSE_KEYS.unitAttention, 0x29, 0x00));
    // As the simulated drive has it in the manner of tgt.
    expect(decodeSense(bytesOf('endOfData'))).to.deep.equal(
      makeSense(SENSE_KEYS.blankCheck, 0x00, 0x00, { endOfMedium: true }),
    );
  });

  it('tells nothing of where the tape stands but the length of the reply', () => {
    expect(bytesOf('position')).to.deep.equal(Uint8Array.of(20, ...new Uint8Array(19)));
  });

  it('counts files and blocks in MTIOCGET', () => {
    const ready = (GMT.online | GMT.immediateReports) >>> 0;
    expect(decodeMtStatus(bytesOf('statusAtBeginning'))).to.include({
      fileNumber: 0,
      blockNumber: 0,
      flags: (GMT.beginningOfTape | ready) >>> 0,
    });
    expect(decodeMtStatus(bytesOf('statusBehindBlocks'))).to.include({ fileNumber: 0, blockNumber: 2, flags: ready });
    expect(decodeMtStatus(bytesOf('statusBehindFilemark'))).to.include({
      fileNumber: 1,
      blockNumber: 0,
      flags: (GMT.filemark | ready) >>> 0,
    });
  });
});
