import { expect } from 'chai';
import { ManualChanger } from '../../../src/changer/manual-changer.js';
import { ERRNO } from '../../../src/device/errno.js';
import { ChangerLooks } from '../../../src/jobs/changer-control.js';
import type { HardwareView } from '../../../src/protocol/hardware-api.js';
import { codeOf } from '../../support/rejection-code.js';
import { barcodeOf } from '../../support/records.js';
import { makeScsiChanger } from '../../support/scsi-changer-fixture.js';
import { quickHand } from '../../support/stand-alone-changers.js';

const NO_HARDWARE: HardwareView = { drives: [], changers: [], configuration: { drives: '', changers: '' } };

describe('looking at the changers of a node', () => {
  it('counts what each has, and says of one that cannot be asked why', async () => {
    const { device, changer } = makeScsiChanger({ slots: 5, importExports: 2, cartridges: 3 });
    const operator = new ManualChanger(quickHand([barcodeOf(1)]), ['tape9']);
    const looks = new ChangerLooks([changer, operator], async () => NO_HARDWARE);
    const [library, manual] = await looks.changers();
    expect(library).to.include({ name: 'library', kind: 'scsi', device: '/dev/sg9', problem: '' });
    expect(library).to.include({ slots: 5, importExportSlots: 2, cartridges: 3 });
    expect(library?.identity).to.include({ product: 'CHANGER', serial: 'LIB0001' });
    expect(library?.drives).to.deep.equal(['tape0', 'tape1']);
    expect(manual).to.include({ name: 'operator', kind: 'manual', device: '', identity: null, slots: 0 });

    await changer.close();
    await changer.open();
    device.hook = () => ({ errno: ERRNO.EPERM });
    const [refused] = await looks.changers();
    expect(refused?.problem).to.match(/CAP_SYS_RAWIO/);
    expect(refused).to.include({ slots: 0, cartridges: 0 });
  });

  it('tells every element of the one that is named', async () => {
    const { changer } = makeScsiChanger({ slots: 5, importExports: 2, cartridges: 3 });
    const looks = new ChangerLooks([changer], async () => NO_HARDWARE);
    const { elements } = await looks.changerStatus('library');
    expect(elements).to.deep.equal(await changer.elements().then((all) => all.map(({ ...element }) => element)));
    expect(await codeOf(looks.changerStatus('attic'))).to.equal('CHANGER_UNKNOWN');
  });
});
