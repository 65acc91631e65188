import type { ApplicationAttributes } from '../../src/drive/tape-drive.js';
import type { Barcode } from '../../src/terms/barcode.js';

/** What a test writes into a cartridge's memory. */
export const TEST_ATTRIBUTES: ApplicationAttributes = {
  vendor: 'TAPELOOM',
  name: 'Tapeloom',
  version: '1.2.3',
  label: 'volume 7',
  lastWrittenMs: Date.UTC(2026, 10, 24, 3, 7, 9),
  barcode: 'TPL001L8' as Barcode,
  pool: 'daily',
  formatVersion: '1',
};
