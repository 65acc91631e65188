import { expect } from 'chai';
import { AskedOperator } from '../../../src/media/asked-operator.js';
import { OperatorRequests } from '../../../src/media/operator-requests.js';
import { cartridgeRecord } from '../../support/inventory-samples.js';
import { ManualClock } from '../../support/manual-clock.js';
import { makeMediaEnvironment } from '../../support/media-environment.js';
import { MemoryDriveThread, MemoryMedium } from '../../support/memory-drive-thread.js';
import { barcodeOf } from '../../support/records.js';

describe('the operator who is asked', () => {
  it('has what the books say no library has, and knows what was left in his own drives', async () => {
    const { environment } = await makeMediaEnvironment();
    const { inventory, logger } = environment;
    await inventory.commit({
      cartridges: [
        cartridgeRecord(1, { location: { kind: 'shelf' } }),
        cartridgeRecord(2, { location: { kind: 'drive', drive: 'tape0' } }),
        cartridgeRecord(3, { location: { kind: 'vault', vault: 'bank', dueMs: null } }),
        cartridgeRecord(4, { location: { kind: 'missing' } }),
        cartridgeRecord(5, { location: { kind: 'drive', drive: 'tape9' } }),
        cartridgeRecord(6, { location: { kind: 'slot', changer: 'library', slot: 1 } }),
        cartridgeRecord(7, { location: { kind: 'import-export', changer: 'library', slot: 9 } }),
        cartridgeRecord(8, { location: { kind: 'transport', changer: 'library' } }),
      ],
    });
    const clock = new ManualClock();
    const operator = new AskedOperator({
      inventory,
      requests: new OperatorRequests(clock, logger),
      clock,
      threads: new Map([['tape0', new MemoryDriveThread(new MemoryMedium(), [])]]),
    });
    expect(await operator.cartridges()).to.deep.equal([
      { barcode: barcodeOf(1), drive: null },
      { barcode: barcodeOf(2), drive: 'tape0' },
      { barcode: barcodeOf(3), drive: null },
      { barcode: barcodeOf(4), drive: null },
    ]);
  });
});
