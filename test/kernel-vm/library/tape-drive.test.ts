import { describeTapeDriveContract } from '../../contract/tape-drive.contract.js';
import { AttachedLibrary } from './attached-library.js';
import { LibraryDriveFixture } from './library-drive-fixture.js';
import { UNTESTABLE_ON_TGT } from './untestable-on-tgt.js';

const attached = await AttachedLibrary.get();

describeTapeDriveContract('kernel + tgt', () => new LibraryDriveFixture(attached), UNTESTABLE_ON_TGT);
