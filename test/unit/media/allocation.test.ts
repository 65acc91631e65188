import { expect } from 'chai';
import { allocateVolume } from '../../../src/media/allocation.js';
import { VOLUME_STATES } from '../../../src/terms/media-state.js';
import { poolRecord } from '../../support/inventory-samples.js';
import { barcodeOf, volumeRecord } from '../../support/records.js';

const POOL = poolRecord('default');

describe('allocation', () => {
  it('takes the mounted volume first, then the one written last, then never-written ones by barcode', () => {
    const { order } = allocateVolume(POOL, [
      { volume: volumeRecord(4), mounted: false, reachable: true, inUse: null },
      { volume: volumeRecord(3), mounted: false, reachable: true, inUse: null },
      { volume: volumeRecord(2, { lastWrittenMs: 5 }), mounted: false, reachable: true, inUse: null },
      { volume: volumeRecord(1, { lastWrittenMs: 1 }), mounted: true, reachable: true, inUse: null },
    ]);
    expect(order.map((candidate) => candidate.volume.barcode)).to.deep.equal([1, 2, 3, 4].map(barcodeOf));
  });

  it('writes only volumes in state append', () => {
    for (const state of VOLUME_STATES) {
      const { order } = allocateVolume(POOL, [
        { volume: volumeRecord(1, { state }), mounted: true, reachable: true, inUse: null },
      ]);
      expect(order).to.have.length(state === 'append' ? 1 : 0);
    }
  });

  it('never takes a volume of another pool or one the drive cannot get', () => {
    const { order, reasons } = allocateVolume(POOL, [
      { volume: volumeRecord(1, { pool: 'vault' }), mounted: true, reachable: true, inUse: null },
      { volume: volumeRecord(2), mounted: false, reachable: false, inUse: null },
    ]);
    expect(order).to.deep.equal([]);
    expect(reasons.map((one) => one.reason)).to.deep.equal([
      'belongs to pool vault',
      'is not where the drive can get it',
    ]);
  });

  it('never takes a volume that somebody else uses, and says what for', () => {
    const { order, reasons } = allocateVolume(POOL, [
      { volume: volumeRecord(1), mounted: true, reachable: true, inUse: 'restoring' },
    ]);
    expect(order).to.deep.equal([]);
    expect(reasons).to.deep.equal([{ barcode: barcodeOf(1), reason: 'is in use (restoring)' }]);
  });

  it('gives a reason for every volume it was asked about', () => {
    const { reasons } = allocateVolume(POOL, [
      { volume: volumeRecord(1), mounted: false, reachable: true, inUse: null },
      {
        volume: volumeRecord(2, { state: 'suspect', stateReason: 'end of data differs' }),
        mounted: false,
        reachable: true,
        inUse: null,
      },
    ]);
    expect(reasons).to.have.deep.members([
      { barcode: barcodeOf(1), reason: 'chosen: is labelled and empty' },
      { barcode: barcodeOf(2), reason: 'is suspect (end of data differs)' },
    ]);
  });
});
