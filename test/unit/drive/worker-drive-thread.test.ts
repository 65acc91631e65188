import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.js';
import { isStorageError } from '../../../src/base/storage-error.js';
import { WorkerDriveThread } from '../../../src/drive/worker-drive-thread.js';
import { makeTestRing, rejectionOf, TEST_SEAL } from '../../contract/drive-thread.contract.js';
import { workerFixture } from '../../support/drive-thread-fixtures.js';

function broken(portModuleUrl: string): WorkerDriveThread {
  return new WorkerDriveThread(
    { driver: 'file', directory: '/', portModuleUrl, portOptions: null, ring: makeTestRing(), seal: TEST_SEAL },
    systemClock,
  );
}

describe('worker-drive-thread', () => {
  it('is dead from the start when its port cannot be made, and says why', async () => {
    const thread = broken(new URL('./no-such-module.js', import.meta.url).href);
    const error: unknown = await thread.open().catch((reason: unknown) => reason);
    expect(isStorageError(error, 'DEVICE_THREAD_DIED')).to.equal(true);
    expect((error as Error).message).to.include('no-such-module');
    expect(await rejectionOf(thread.readStatus())).to.equal('DEVICE_THREAD_DIED');
    await thread.terminate();
  });

  it('is dead when the port module makes no port', async () => {
    const thread = broken(new URL('../../support/records.js', import.meta.url).href);
    expect(await rejectionOf(thread.open())).to.equal('DEVICE_THREAD_DIED');
    await thread.terminate();
  });

  it('does not wait for a thread that is blocked in a system call when it is terminated', async () => {
    const fixture = await workerFixture();
    try {
      fixture.insertBlank(8 * 1024 * 1024);
      await fixture.thread.open();
      const { load } = await fixture.blockThread();
      const behind = fixture.thread.readPosition();
      const codes = Promise.all([rejectionOf(load), rejectionOf(behind)]);
      // Were it to wait, this would never resolve: the thread goes on only in `dispose`.
      await fixture.thread.terminate();
      expect(await codes).to.deep.equal(['DEVICE_THREAD_DIED', 'DEVICE_THREAD_DIED']);
    } finally {
      await fixture.dispose();
    }
  });

  it('lets the process end once it is terminated', () => {
    const fixtures = new URL('../../support/drive-thread-fixtures.js', import.meta.url).href;
    const program = `
      const { workerFixture } = await import(${JSON.stringify(fixtures)});
      const { thread, dispose } = await workerFixture();
      await thread.open();
      await thread.load().catch((error) => console.log(error.code));
      await dispose();`;
    const directory = mkdtempSync(join(tmpdir(), 'tapeloom-thread-'));
    try {
      const script = join(directory, 'program.mjs');
      writeFileSync(script, program);
      const child = spawnSync(process.execPath, [script], { encoding: 'utf8' });
      expect(child).to.include({ status: 0, stdout: 'DRIVE_NO_MEDIUM\n', stderr: '' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
