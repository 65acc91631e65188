import { StorageError } from '../../src/base/storage-error.js';
import type { ChangerControl } from '../../src/jobs/changer-control.js';
import type { HardwareView } from '../../src/protocol/hardware-api.js';
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

  readonly hardwareView: HardwareView = {
    drives: [
      {
        name: 'tape0',
        device: '/dev/tape/by-id/scsi-SER1-nst',
        node: '/dev/nst0',
        genericPath: '/dev/sg2',
        scsiAddress: '2:0:0:0',
        vendor: 'TEST',
        product: 'DRIVE',
        revision: '1.0',
        serial: 'SER1',
        isConfigured: true,
        changer: 'library',
        changerDrive: 0,
      },
    ],
    changers: [
      {
        name: 'library',
        device: '/dev/sg3',
        node: '/dev/sg3',
        genericPath: '/dev/sg3',
        scsiAddress: '2:0:0:1',
        ...IDENTITY,
        isConfigured: false,
        slots: 2,
        importExportSlots: 1,
        driveElements: [
          { number: 0, serial: 'SER1', drive: 'tape0' },
          { number: 1, serial: 'SER2', drive: null },
        ],
        problem: '',
      },
    ],
    configuration: { drives: '# a drive\n', changers: '[[changer]]\nname = "library"\n' },
  };

  async changers(): Promise<readonly ChangerView[]> {
    return this.changerViews;
  }

  async changerStatus(changer: string): Promise<ChangerStatusView> {
    if (changer !== this.statusView.name)
      throw new StorageError('CHANGER_UNKNOWN', `There is no changer ${changer}.`, { context: { changer } });
    return this.statusView;
  }

  async hardware(): Promise<HardwareView> {
    return this.hardwareView;
  }
}
