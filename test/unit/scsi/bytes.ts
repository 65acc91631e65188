import { expect } from 'chai';
import { isStorageError } from '../../../src/base/storage-error.js';

export { fromHex as bytesOf } from '../../golden/scsi/hex.js';

/** The decoder refuses with SCSI_MALFORMED_REPLY, and its message matches. */
export function expectMalformed(decode: () => unknown, message: RegExp): void {
  try {
    decode();
  } catch (error) {
    expect(isStorageError(error, 'SCSI_MALFORMED_REPLY'), String(error)).to.equal(true);
    expect((error as Error).message).to.match(message);
    return;
  }
  expect.fail('it decoded');
}
