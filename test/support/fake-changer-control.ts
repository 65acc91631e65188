import { StorageError } from '../../src/base/storage-error.js';
import type { ChangerControl } from '../../src/jobs/changer-control.js';
import type { ChangerStatusView, ChangerView, ElementView } from '../../src/protocol/changer-api.js';

const IDENTITY = { vendor: 'TEST', product: 'LIBRARY', revision: '1.0', serial: 'LIB0001' };

/** An empty element. */
export function elementView(
  kind: ElementView['kind'],
  number: number,
  changes: Partial<ElementView> = {},
): ElementView {
  return {
    kind,
    number,
    address: null,
    drive: null,
    driveSerial: null,
    isFull: false,
    barcode: null,
    tag: '',
    sourceSlot: null,
    isAccessible: true,
    exception: null,
    ...changes,
  };
}

/** Answers about changers without any. */
export class FakeChangerControl implements ChangerControl {
  changerViews: readonly ChangerView[] = [
    {
      name: 'library',
      kind: 'scsi',
      device: '/dev/sg3',
      drives: ['tape0'],
      identity: IDENTITY,
      slots: 2,
      importExportSlots: 1,
      cartridges: 2,
      problem: '',
    },
    {
      name: 'operator',
      kind: 'manual',
      device: '',
      drives: ['tape9'],
      identity: null,
      slots: 0,
      importExportSlots: 0,
      cartridges: 0,
      problem: '',
    },
  ];
  readonly statusView: ChangerStatusView = {
    name: 'library',
    kind: 'scsi',
    device: '/dev/sg3',
    identity: IDENTITY,
    elements: [
      elementView('transport', 0, { address: 1 }),
      elementView('drive', 0, {
        address: 256,
        drive: 'tape0',
        driveSerial: 'SER1',
        isFull: true,
        barcode: 'TPL001L9',
        sourceSlot: 1,
        isAccessible: false,
      }),
      elementView('drive', 1, { address: 257, driveSerial: 'SER2' }),
      elementView('slot', 1, { address: 4096 }),
      elementView('slot', 2, {
        address: 4097,
        isAccessible: false,
        exception: 'changer, vendor: slot missing (83h/02h)',
      }),
      elementView('import-export', 3, { address: 16, isFull: true, tag: 'NOREAD' }),
    ],
  };

  async changers(): Promise<readonly ChangerView[]> {
    return this.changerViews;
  }

  async changerStatus(changer: string): Promise<ChangerStatusView> {
    if (changer !== this.statusView.name)
      throw new StorageError('CHANGER_UNKNOWN', `There is no changer ${changer}.`, { context: { changer } });
    return this.statusView;
  }
}
