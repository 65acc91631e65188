import { createSyscallPort } from '../../../src/device/linux-syscalls.js';
import { MT_OP } from '../../../src/device/mtio.js';
import { encodeInquiryCdb } from '../../../src/scsi/inquiry.js';
import { encodeReadPositionCdb, POSITION_LENGTH } from '../../../src/scsi/read-position.js';
import { encodeRead6Cdb } from '../../../src/scsi/read.js';
import { encodeReportSupportedOperationCodesCdb } from '../../../src/scsi/report-supported-operation-codes.js';
import { encodeTestUnitReadyCdb } from '../../../src/scsi/test-unit-ready.js';
import { StNode } from '../../contract/st-node/st-node.js';
import { CAPTURED_FROM_SCSI_DEBUG } from '../../golden/kernel/scsi-debug.js';
import { testBlock } from '../../support/test-block.js';
import { captureReply, captureStatus, expectCaptured } from '../capture.js';
import { ScsiDebugBay } from './scsi-debug-bay.js';
import { ScsiDebugDrive } from './scsi-debug-drive.js';

const debug = new ScsiDebugDrive();
const port = createSyscallPort();

describe('what scsi_debug and st answer', () => {
  let bay: ScsiDebugBay;

  beforeEach(() => {
    bay = new ScsiDebugBay(debug);
    bay.insertBlank(1024 * 1024);
  });
  afterEach(() => {
    bay.empty();
  });

  it('is what the golden vectors say', () => {
    const seen: Record<string, string> = {};
    const ask = (cdb: Uint8Array, replyBytes: number): string => captureReply(port, debug.genericPath, cdb, replyBytes);
    const commandBytes = 2048;
    seen['inquiry'] = ask(encodeInquiryCdb({ vpdPage: null, allocationLength: 96 }), 96);
    seen['supportedCommands'] = ask(
      encodeReportSupportedOperationCodesCdb({ allocationLength: commandBytes }),
      commandBytes,
    );
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
    seen['positionAtBeginning'] = ask(encodeReadPositionCdb('short'), POSITION_LENGTH.short);
    seen['longBlock'] = ask(read, 512);
    node.operate(MT_OP.rewind);
    node.reads(2);
    seen['filemark'] = ask(read, 512);
    node.operate(MT_OP.endOfData);
    node.read();
    seen['statusAtEndOfData'] = node.capture(captureStatus);
    node.close();
    bay.reset();
    seen['reset'] = ask(encodeTestUnitReadyCdb(), 0);
    expectCaptured(CAPTURED_FROM_SCSI_DEBUG, seen);
  });
});
