import { DiskChanger } from '../../src/changer/disk-changer.js';
import { ManualChanger } from '../../src/changer/manual-changer.js';
import { barcodeOf } from '../support/records.js';
import { makeScsiChanger } from '../support/scsi-changer-fixture.js';
import { memoryShelf, quickHand } from '../support/stand-alone-changers.js';
import { describeChangerContract, ONE_DRIVE } from './changer.contract.js';

const A = barcodeOf(1);
const B = barcodeOf(2);

describeChangerContract(
  'disk-changer',
  () => ({
    changer: new DiskChanger(memoryShelf('d0', [A, B]), '/disks'),
    cartridges: [A, B],
    drives: ['d0'],
  }),
  ONE_DRIVE,
);

describeChangerContract('manual-changer', () => ({
  changer: new ManualChanger(quickHand([A, B]), ['d0', 'd1']),
  cartridges: [A, B],
  drives: ['d0', 'd1'],
}));

describeChangerContract('scsi-changer', () => ({
  changer: makeScsiChanger().changer,
  cartridges: [A, B],
  drives: ['tape0', 'tape1'],
}));

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
);

describeChangerContract(
  'scsi-changer of the kind of tgt, which tells neither access nor the identifier of the last drive',
  () => ({
    changer: makeScsiChanger({
      quirks: { withoutAccessFlags: true, cutsElementStatus: true, withoutExportFlags: true },
      drives: [
        { name: 'tape0', serial: 'SER0000000', changerDrive: null },
        { name: 'tape1', serial: 'SER0000001', changerDrive: 1 },
      ],
    }).changer,
    cartridges: [A, B],
    drives: ['tape0', 'tape1'],
  }),
);
