import { FileDriveFixture } from '../support/file-drive-fixture.js';
import { StDriveFixture } from '../support/st-drive-fixture.js';
import { describeTapeDriveContract } from './tape-drive.contract.js';

describeTapeDriveContract('file-drive', () => new FileDriveFixture(), { canBeReset: false });
describeTapeDriveContract('st-drive on a simulated drive', () => new StDriveFixture(), { canBeReset: true });
