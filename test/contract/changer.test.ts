import { DiskChanger } from '../../src/changer/disk-changer.js';
import { ManualChanger } from '../../src/changer/manual-changer.js';
import { barcodeOf } from '../support/records.js';
import { makeScsiChanger } from '../support/scsi-changer-fixture.js';
import { memoryShelf, quickHand } from '../support/stand-alone-changers.js';
import { describeChangerContract } from './changer.contract.js';

const A = barcodeOf(1);
const B = barcodeOf(2);

describeChangerContract(
  'disk-changer',
  () => ({
    changer: new DiskChanger(memoryShelf('d0', [A, B]), '/disks'),
    cartridges: [A, B],
    drives: ['d0'],
  }),
  1,
);

describeChangerContract(
  'manual-changer',
  () => ({ changer: new ManualChanger(quickHand([A, B]), ['d0', 'd1']), cartridges: [A, B], drives: ['d0', 'd1'] }),
  2,
);

describeChangerContract(
  'scsi-changer',
  () => ({ changer: makeScsiChanger().changer, cartridges: [A, B], drives: ['tape0', 'tape1'] }),
  2,
);

describeChangerContract(
  'scsi-changer without import/export slots, label tags or identifiers asked for as the standard says',
  () => {
    const { changer } = makeScsiChanger({
      importExports: 0,
      quirks: { withoutAddressPage: true, withoutDeviceIds: true, shortLastDescriptor: true, withoutRange: true },
      drives: [
        { name: 'tape0', serial: 'SER0000000', changerDrive: 0 },
        { name: 'tape1', serial: null, changerDrive: 1 },
      ],
    });
    return { changer, cartridges: [A, B], drives: ['tape0', 'tape1'] };
  },
  2,
);
