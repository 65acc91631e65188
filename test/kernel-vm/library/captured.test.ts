import { createSyscallPort } from '../../../src/device/linux-syscalls.js';
import { MT_OP } from '../../../src/device/mtio.js';
import { encodeInquiryCdb } from '../../../src/scsi/inquiry.js';
import { encodeMoveMediumCdb } from '../../../src/scsi/move-medium.js';
import { ELEMENT_TYPES, encodeReadElementStatusCdb } from '../../../src/scsi/read-element-status.js';
import { encodeReadPositionCdb, POSITION_LENGTH } from '../../../src/scsi/read-position.js';
import { encodeRead6Cdb } from '../../../src/scsi/read.js';
import { encodeTestUnitReadyCdb } from '../../../src/scsi/test-unit-ready.js';
import { VPD_PAGES } from '../../../src/scsi/vpd-page.js';
import { StNode } from '../../contract/st-node/st-node.js';
import { CAPTURED_FROM_TGT } from '../../golden/kernel/tgt.js';
import { testBlock } from '../../support/test-block.js';
import { captureReply, captureStatus, expectCaptured } from '../capture.js';
import { AttachedLibrary } from './attached-library.js';
import { LibraryBay } from './library-bay.js';

const attached = await AttachedLibrary.get();
const port = createSyscallPort();
const ROOM_BYTES = 4096;
const FIRST_SLOT = 1024;
const TRANSPORT = 16;

function elements(elementType: number, firstAddress: number, count: number, withDeviceIds = false): string {
  const cdb = encodeReadElementStatusCdb({
    elementType,
    withVolumeTags: !withDeviceIds,
    firstAddress,
    count,
    currentDataOnly: false,
    withDeviceIds,
    allocationLength: ROOM_BYTES,
  });
  return captureReply(port, attached.changerPath, cdb, ROOM_BYTES);
}

function move(source: number, destination: number): string {
  return captureReply(
    port,
    attached.changerPath,
    encodeMoveMediumCdb({ transport: TRANSPORT, source, destination, invert: false }),
    0,
  );
}

describe('what tgt and st answer', () => {
  let bay: LibraryBay;

  beforeEach(() => {
    bay = new LibraryBay(attached);
  });
  afterEach(() => {
    bay.empty();
    attached.clear();
  });

  it('is what the golden vectors say', () => {
    const drive = attached.drive(0).genericPath ?? '';
    const seen: Record<string, string> = {};
    const ask = (cdb: Uint8Array, replyBytes: number, path = drive): string =>
      captureReply(port, path, cdb, replyBytes);
    seen['driveInquiry'] = ask(encodeInquiryCdb({ vpdPage: null, allocationLength: 96 }), 96);
    seen['driveSerialNumber'] = ask(
      encodeInquiryCdb({ vpdPage: VPD_PAGES.unitSerialNumber, allocationLength: 96 }),
      96,
    );
    seen['changerInquiry'] = ask(encodeInquiryCdb({ vpdPage: null, allocationLength: 96 }), 96, attached.changerPath);
    // Takes unit attentions off the drive.
    ask(encodeTestUnitReadyCdb(), 0);
    seen['noMedium'] = ask(encodeTestUnitReadyCdb(), 0);

    bay.insertBlank(1024 * 1024);
    attached.library.addCartridge('GLD001L6', 1, 1024 * 1024);
    seen['slots'] = elements(ELEMENT_TYPES.storage, FIRST_SLOT, 2);
    seen['drives'] = elements(ELEMENT_TYPES.drive, 1, 2);
    seen['driveIdentifiers'] = elements(ELEMENT_TYPES.drive, 1, 2, true);
    seen['moveFromEmptySlot'] = move(FIRST_SLOT + 1, 2);
    seen['moveIntoFullDrive'] = move(FIRST_SLOT, 1);

    const node = new StNode(port, bay.path);
    node.open();
    node.operate(MT_OP.rewind);
    seen['statusAtBeginning'] = node.capture(captureStatus);
    node.write(testBlock(1, 1000));
    node.write(testBlock(2, 1000));
    seen['statusBehindBlocks'] = node.capture(captureStatus);
    node.operate(MT_OP.writeFilemarks);
    seen['statusBehindFilemark'] = node.capture(captureStatus);
    seen['position'] = ask(encodeReadPositionCdb('short'), POSITION_LENGTH.short);
    const read = encodeRead6Cdb({ fixed: false, suppressIncorrectLength: false, length: 512 });
    seen['endOfData'] = ask(read, 512);
    node.operate(MT_OP.rewind);
    seen['longBlock'] = ask(read, 512);
    node.operate(MT_OP.rewind);
    node.reads(2);
    seen['filemark'] = ask(read, 512);
    node.close();
    bay.reset();
    seen['reset'] = ask(encodeTestUnitReadyCdb(), 0);
    expectCaptured(CAPTURED_FROM_TGT, seen);
  });
});
