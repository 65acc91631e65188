import { inlineFixture, workerFixture } from '../support/drive-thread-fixtures.js';
import { describeDriveThreadContract } from './drive-thread.contract.js';

describeDriveThreadContract('inline-drive-thread', inlineFixture);
describeDriveThreadContract('worker-drive-thread', workerFixture);
