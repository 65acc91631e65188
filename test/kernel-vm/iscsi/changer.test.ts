import { systemClock } from '../../../src/base/clock.js';
import { silentLogger } from '../../../src/base/logger.js';
import { ScsiChanger } from '../../../src/changer/scsi-changer.js';
import { WorkerScsiChannel } from '../../../src/device/worker-scsi-channel.js';
import { describeChangerContract, type ChangerFixture } from '../../contract/changer.contract.js';
import { barcodeOf } from '../../support/records.js';
import { INITIATOR, LoopbackLibrary } from './loopback-library.js';

const portModuleUrl = new URL('../../../src/device/iscsi-syscalls.js', import.meta.url).href;
const A = barcodeOf(1);
const B = barcodeOf(2);
const MEBIBYTE = 1024 * 1024;
let running: LoopbackLibrary | null = null;

/** A library of its own for each clause: it starts in no time. */
async function makeFixture(): Promise<ChangerFixture> {
  const loopback = await LoopbackLibrary.start();
  running = loopback;
  loopback.library.addCartridge(A, 1, MEBIBYTE);
  loopback.library.addCartridge(B, 2, MEBIBYTE);
  const changer = new ScsiChanger({
    name: 'library',
    channel: new WorkerScsiChannel(
      { device: loopback.changerAddress, portModuleUrl, portOptions: { initiator: INITIATOR } },
      systemClock,
    ),
    drives: () => [
      { name: 'tape0', serial: 'DRIVE1', changerDrive: null },
      { name: 'tape1', serial: 'DRIVE2', changerDrive: 1 },
    ],
    clock: systemClock,
    logger: silentLogger,
  });
  return { changer, cartridges: [A, B], drives: ['tape0', 'tape1'] };
}

afterEach(async () => {
  await running?.library.stop();
  running = null;
});

describeChangerContract('libiscsi + tgt', makeFixture);
