import { FileDriveFixture } from '../support/file-drive-fixture.js';
import { StDriveFixture } from '../support/st-drive-fixture.js';
import { describeTapeDriveContract } from './tape-drive.contract.js';

const WITHOUT_LOCATE = { 'the position: counts filemarks alone': 'only READ POSITION tells the file number' };

describeTapeDriveContract('disk volume', () => new FileDriveFixture(), {
  'after a failure: that lost the position, fails every call that depends on it until it was positioned':
    'no other initiator can reset a file',
});
describeTapeDriveContract('simulator', () => new StDriveFixture());
describeTapeDriveContract('simulator without LOCATE', () => new StDriveFixture('without-locate'), WITHOUT_LOCATE);
describeTapeDriveContract('simulator in the manner of tgt', () => new StDriveFixture('tgt'), WITHOUT_LOCATE);
