import { expect } from 'chai';
import { StorageError } from '../../../src/base/storage-error.js';
import type { FileOperationKind } from '../../support/faulty-files.js';
import { FileDriveFixture } from '../../support/file-drive-fixture.js';
import { testBlock } from '../../support/test-block.js';

const CAPACITY = 4 * 1024 * 1024;

/** A caller that synchronizes now and then; returns the blocks it may rely on. After a failure it gives up. */
function save(world: FileDriveFixture): readonly number[] {
  const { drive } = world;
  const safe: number[] = [];
  let unsafe: number[] = [];
  try {
    drive.open();
    drive.load();
    for (let n = 1; n <= 9; n++) {
      drive.writeBlock(testBlock(n));
      unsafe.push(n);
      if (n % 3 !== 0) continue;
      if (n === 6) drive.synchronize();
      else drive.writeFilemarks(1);
      safe.push(...unsafe);
      unsafe = [];
    }
    drive.unload();
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
  try {
    drive.close();
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
  return safe;
}

/** The test blocks on the volume, in order. */
function found(world: FileDriveFixture): readonly number[] {
  const drive = world.restarted();
  drive.open();
  drive.load();
  const into = new Uint8Array(2000);
  const numbers: number[] = [];
  for (;;) {
    const outcome = drive.readBlock(into);
    if (outcome.kind === 'end-of-data') break;
    if (outcome.kind === 'filemark') continue;
    const n = (outcome.lengthBytes - 1) / 100;
    expect(Buffer.compare(into.subarray(0, outcome.lengthBytes), testBlock(n)), 'no wrong bytes').to.equal(0);
    numbers.push(n);
  }
  drive.locateEndOfData();
  expect(drive.writeBlock(testBlock(10)).kind).to.equal('written');
  drive.close();
  return numbers;
}

describe('a disk volume of which any one operation fails', () => {
  const kinds: readonly FileOperationKind[] = ['open', 'exists', 'list', 'read', 'write', 'truncate', 'size', 'sync'];
  for (const kind of kinds)
    for (const errno of ['EIO', 'ENOSPC', 'EACCES'])
      it(`keeps what was synchronized when ${kind} fails with ${errno}`, () => {
        for (let nth = 1; ; nth++) {
          const world = new FileDriveFixture();
          try {
            world.insertBlank(CAPACITY);
            world.files.log.length = 0;
            world.files.failNth(kind, nth, { errno, partialBytes: nth * 3 });
            const safe = save(world);
            const count = world.files.log.filter((operation) => operation.kind === kind).length;
            world.files.heal();
            const numbers = found(world);
            expect(numbers.slice(0, safe.length), `${kind} number ${String(nth)}`).to.deep.equal(safe);
            expect(numbers).to.deep.equal(numbers.map((_, i) => i + 1));
            if (count < nth) {
              expect(safe, 'without a failure everything is safe').to.have.length(9);
              return;
            }
          } finally {
            world.dispose();
          }
        }
      });
});
