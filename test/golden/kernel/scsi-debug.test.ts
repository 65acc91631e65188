import { expect } from 'chai';
import { decodeMtStatus, GMT } from '../../../src/device/mtio.js';
import { OPCODES } from '../../../src/scsi/cdb.js';
import { decodeStandardInquiry, DEVICE_TYPES } from '../../../src/scsi/inquiry.js';
import { decodeShortPosition } from '../../../src/scsi/read-position.js';
import { decodeSupportedCommands } from '../../../src/scsi/report-supported-operation-codes.js';
import { decodeSense, makeSense, SENSE_KEYS } from '../../../src/scsi/sense.js';
import { fromHex } from '../scsi/hex.js';
import { CAPTURED_FROM_SCSI_DEBUG as CAPTURED } from './scsi-debug.js';

const bytesOf = (name: keyof typeof CAPTURED): Uint8Array => fromHex(CAPTURED[name].hex);

describe('what scsi_debug and st were seen to answer', () => {
  it('names the drive', () => {
    expect(decodeStandardInquiry(bytesOf('inquiry'))).to.include({
      deviceType: DEVICE_TYPES.sequentialAccess,
      vendor: 'Linux',
      product: 'scsi_debug',
    });
  });

  it('lists LOCATE among its commands', () => {
    const { commands, complete } = decodeSupportedCommands(bytesOf('supportedCommands'));
    expect([commands.length, complete]).to.deep.equal([28, true]);
    expect(commands).to.deep.include({ opcode: OPCODES.locate10, serviceAction: null, cdbBytes: 10 });
    expect(commands).to.deep.include({ opcode: OPCODES.maintenanceIn, serviceAction: 0x0c, cdbBytes: 12 });
  });

  it('tells where the tape stands', () => {
    expect(decodeShortPosition(bytesOf('position'))).to.include({ firstLocation: 3, lastLocation: 3 });
    expect(decodeShortPosition(bytesOf('positionAtBeginning'))).to.include({ firstLocation: 0 });
  });

  it('has sense for a filemark, the end of the data, a block that is too long, a reset', () => {
    expect(decodeSense(bytesOf('filemark'))).to.deep.equal(
      makeSense(SENSE_KEYS.noSense, 0x00, 0x01, { filemark: true, information: 512 }),
    );
    expect(decodeSense(bytesOf('endOfData'))).to.deep.equal(
      makeSense(SENSE_KEYS.blankCheck, 0x00, 0x05, { information: 512 }),
    );
    expect(decodeSense(bytesOf('longBlock'))).to.deep.equal(
      makeSense(SENSE_KEYS.noSense, 0x00, 0x00, { incorrectLength: true, information: 512 - 1000 }),
    );
    expect(decodeSense(bytesOf('reset'))).to.deep.equal(makeSense(SENSE_KEYS.unitAttention, 0x29, 0x00));
  });

  it('counts files and blocks in MTIOCGET, and loses count at the end of the data', () => {
    const seen = (name: keyof typeof CAPTURED): object => {
      const { fileNumber, blockNumber, flags, blockSizeBytes } = decodeMtStatus(bytesOf(name));
      return { fileNumber, blockNumber, flags, blockSizeBytes };
    };
    const ready = (GMT.online | GMT.immediateReports) >>> 0;
    expect(seen('statusAtBeginning')).to.deep.equal({
      fileNumber: 0,
      blockNumber: 0,
      flags: (GMT.beginningOfTape | ready) >>> 0,
      blockSizeBytes: 0,
    });
    expect(seen('statusBehindBlocks')).to.deep.equal({
      fileNumber: 0,
      blockNumber: 2,
      flags: ready,
      blockSizeBytes: 0,
    });
    expect(seen('statusBehindFilemark')).to.deep.equal({
      fileNumber: 1,
      blockNumber: 0,
      flags: (GMT.filemark | ready) >>> 0,
      blockSizeBytes: 0,
    });
    expect(seen('statusAtEndOfData')).to.deep.equal({
      fileNumber: 0,
      blockNumber: null,
      flags: (GMT.endOfData | ready) >>> 0,
      blockSizeBytes: 0,
    });
  });
});
