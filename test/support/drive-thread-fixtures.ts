import { setImmediate } from 'node:timers/promises';
import { crc32c } from '../../src/base/crc32c.js';
import { systemBlockingClock } from '../../src/base/blocking-clock.js';
import { systemClock } from '../../src/base/clock.js';
import { BlockSealer } from '../../src/drive/block-sealer.js';
import { DriveExecutor } from '../../src/drive/drive-executor.js';
import { InlineDriveThread } from '../../src/drive/inline-drive-thread.js';
import { WorkerDriveThread } from '../../src/drive/worker-drive-thread.js';
import { makeTestRing, TEST_SEAL, type DriveThreadFixture } from '../contract/drive-thread.contract.js';
import { FileDriveFixture } from './file-drive-fixture.js';
import { FILE_FAULTS, type FileFaultOptions } from './switched-files.js';

export async function inlineFixture(): Promise<DriveThreadFixture> {
  const disk = new FileDriveFixture();
  const ring = makeTestRing();
  const thread = new InlineDriveThread(
    new DriveExecutor({
      drive: disk.drive,
      ring,
      sealer: new BlockSealer(TEST_SEAL, crc32c),
      clock: systemBlockingClock,
    }),
  );
  return {
    thread,
    ring,
    insertBlank: (capacityBytes) => {
      disk.insertBlank(capacityBytes);
    },
    failNextWrite: () => {
      disk.failNextWrite();
    },
    dispose: async () => {
      await thread.terminate();
      disk.dispose();
    },
  };
}

export interface WorkerFixture extends DriveThreadFixture {
  /** Makes the thread block inside a call of its port, in a `load`, whose promise is returned. `dispose` lets it go on. */
  blockThread(): Promise<{ readonly load: Promise<void> }>;
}

export async function workerFixture(): Promise<WorkerFixture> {
  const disk = new FileDriveFixture();
  const ring = makeTestRing();
  const faults = new Int32Array(new SharedArrayBuffer(4 * FILE_FAULTS.words));
  const portOptions: FileFaultOptions = { faults: faults.buffer };
  const thread = new WorkerDriveThread(
    {
      driver: 'file',
      directory: disk.directory,
      portModuleUrl: new URL('./switched-files.js', import.meta.url).href,
      portOptions,
      ring,
      seal: TEST_SEAL,
    },
    systemClock,
  );
  return {
    thread,
    ring,
    insertBlank: (capacityBytes) => {
      disk.insertBlank(capacityBytes);
    },
    failNextWrite: () => {
      Atomics.store(faults, FILE_FAULTS.failNextWrite, 1);
    },
    blockThread: async () => {
      Atomics.store(faults, FILE_FAULTS.blockReads, 1);
      const load = thread.load();
      // The test may await it late.
      load.catch(() => undefined);
      while (Atomics.load(faults, FILE_FAULTS.blocked) === 0) await setImmediate();
      return { load };
    },
    dispose: async () => {
      Atomics.store(faults, FILE_FAULTS.blockReads, 0);
      Atomics.notify(faults, FILE_FAULTS.blockReads);
      await thread.terminate();
      disk.dispose();
    },
  };
}
