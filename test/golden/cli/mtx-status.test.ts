import { expect } from 'chai';
import { formatMtxStatus } from '../../../src/cli/mtx-status.js';
import type { ElementView } from '../../../src/protocol/changer-api.js';
import { elementView } from '../../support/fake-changer-control.js';

function textOf(elements: readonly ElementView[], device = '/dev/sg3'): readonly string[] {
  const identity = { vendor: 'TEST', product: 'LIBRARY', revision: '1.0', serial: 'LIB0001' };
  return formatMtxStatus({ name: 'library', kind: 'scsi', device, identity, elements: [...elements] }).split('\n');
}

describe('the format of mtx status', () => {
  // As mtx 1.3.12 prints it; spaces behind `Full` and around `=` differ between drives and slots there.
  it('has a line for the changer, one for each drive and one for each slot', () => {
    const full = { isFull: true };
    expect(
      textOf([
        elementView('transport', 0),
        elementView('drive', 0, { ...full, barcode: '000002L4', sourceSlot: 2 }),
        elementView('drive', 1),
        elementView('slot', 1, { ...full, barcode: '000001L4' }),
        elementView('slot', 2),
        elementView('import-export', 3),
        elementView('import-export', 4, { ...full, barcode: '000004L4' }),
      ]),
    ).to.deep.equal([
      '  Storage Changer /dev/sg3:2 Drives, 4 Slots ( 2 Import/Export )',
      'Data Transfer Element 0:Full (Storage Element 2 Loaded):VolumeTag = 000002L4',
      'Data Transfer Element 1:Empty',
      '      Storage Element 1:Full :VolumeTag=000001L4',
      '      Storage Element 2:Empty',
      '      Storage Element 3 IMPORT/EXPORT:Empty',
      '      Storage Element 4 IMPORT/EXPORT:Full :VolumeTag=000004L4',
    ]);
  });

  it('says when a slot of origin is not known and when there is no tag, and shows tags that are no barcodes', () => {
    const full = { isFull: true };
    expect(
      textOf([
        elementView('drive', 0, full),
        elementView('drive', 1, { ...full, tag: 'NOREAD' }),
        elementView('slot', 1, full),
        elementView('slot', 2, { ...full, tag: 'A\u001bB' }),
      ]).slice(1),
    ).to.deep.equal([
      'Data Transfer Element 0:Full (Unknown Storage Element Loaded)',
      'Data Transfer Element 1:Full (Unknown Storage Element Loaded):VolumeTag = NOREAD',
      '      Storage Element 1:Full ',
      '      Storage Element 2:Full :VolumeTag=A\\x1bB',
    ]);
  });

  it('of a changer without anything is its first line', () => {
    expect(textOf([], '')).to.deep.equal(['  Storage Changer :0 Drives, 0 Slots ( 0 Import/Export )']);
  });
});
