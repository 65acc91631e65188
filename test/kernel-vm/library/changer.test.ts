import { silentLogger } from '../../../src/base/logger.js';
import { ScsiChanger } from '../../../src/changer/scsi-changer.js';
import { InlineScsiChannel } from '../../../src/device/inline-scsi-channel.js';
import { createSyscallPort } from '../../../src/device/linux-syscalls.js';
import { systemClock } from '../../../src/base/clock.js';
import { describeChangerContract, type ChangerFixture } from '../../contract/changer.contract.js';
import { barcodeOf } from '../../support/records.js';
import { AttachedLibrary } from './attached-library.js';

const attached = await AttachedLibrary.get();
const A = barcodeOf(1);
const B = barcodeOf(2);
const MEBIBYTE = 1024 * 1024;

function makeFixture(): ChangerFixture {
  attached.library.addCartridge(A, 1, MEBIBYTE);
  attached.library.addCartridge(B, 2, MEBIBYTE);
  const changer = new ScsiChanger({
    name: 'library',
    channel: new InlineScsiChannel(createSyscallPort(), attached.changerPath),
    // tgt cuts off the serial number of the last drive: the configuration tells.
    drives: () => [
      { name: 'tape0', serial: 'DRIVE1', changerDrive: null },
      { name: 'tape1', serial: 'DRIVE2', changerDrive: 1 },
    ],
    clock: systemClock,
    logger: silentLogger,
  });
  return {
    changer,
    cartridges: [A, B],
    drives: ['tape0', 'tape1'],
    dispose: () => {
      attached.clear();
    },
  };
}

describeChangerContract('kernel + tgt', makeFixture);
