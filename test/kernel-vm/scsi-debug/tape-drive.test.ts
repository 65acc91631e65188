import { describeTapeDriveContract } from '../../contract/tape-drive.contract.js';
import { ScsiDebugDrive } from './scsi-debug-drive.js';
import { ScsiDebugFixture } from './scsi-debug-fixture.js';
import { UNTESTABLE_ON_SCSI_DEBUG } from './untestable-on-scsi-debug.js';

const debug = new ScsiDebugDrive();

describeTapeDriveContract('kernel + scsi_debug', () => new ScsiDebugFixture(debug), UNTESTABLE_ON_SCSI_DEBUG);
