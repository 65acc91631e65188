import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isStorageError } from '../../../src/base/storage-error.js';
import { LevelStore } from '../../../src/inventory/level-store.js';
import { StoredInventory } from '../../../src/inventory/stored-inventory.js';
import { commitEndlessly } from '../../support/commit-endlessly.js';
import { collect, extentRecords, rejectionOf } from '../../support/inventory-samples.js';
import { streamIdOf } from '../../support/records.js';

const MODULE = new URL('../../support/commit-endlessly.js', import.meta.url).href;

/** The child as a program: the shell's command line is put before it. */
function spawnCommitter(directory: string, first: number, shell: string): ChildProcess {
  const script = `import { ${commitEndlessly.name} as run } from '${MODULE}'; await run('${directory}', ${String(first)});`;
  return spawn('bash', ['-c', `${shell} exec "$0" --input-type=module --eval "$1"`, process.execPath, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('an inventory on disk whose process dies', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tapeloom-death-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  /** What is in it now: as many extents from the first as there are, without a gap. */
  async function countExtents(): Promise<number> {
    const inventory = new StoredInventory(new LevelStore(directory));
    await inventory.open();
    const extents = await collect(inventory.extents(streamIdOf(1)));
    const audit = await inventory.audit(10_000);
    const { problems } = await inventory.scrub();
    const stream = await inventory.stream(streamIdOf(1));
    await inventory.close();
    expect(problems).to.deep.equal([]);
    expect(extents).to.deep.equal(extentRecords(1, 0, extents.length));
    expect(stream?.extents ?? 0).to.equal(extents.length);
    expect(audit).to.have.length(extents.length);
    return extents.length;
  }

  async function linesUntil(child: ChildProcess, isEnough: (line: string) => boolean): Promise<readonly string[]> {
    if (child.stdout === null) throw new Error('the output was asked for');
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (isEnough(line)) child.kill('SIGKILL');
    }
    return lines;
  }

  it('has every commit that was acknowledged, and each whole or not at all, killed again and again', async () => {
    let first = 0;
    for (const after of [0, 1, 7, 40, 150]) {
      const child = spawnCommitter(directory, first, '');
      const exit = once(child, 'exit');
      const lines = await linesUntil(child, (line) => Number(line) >= first + after);
      expect(await exit).to.deep.equal([null, 'SIGKILL']);
      const acknowledged = Number(lines.at(-1)) + 1;
      const there = await countExtents();
      expect(there).to.be.within(acknowledged, acknowledged + 1);
      first = there;
    }
  });

  it('is refused to a second process while the first has it, and undamaged by the attempt', async () => {
    const child = spawnCommitter(directory, 0, '');
    const exit = once(child, 'exit');
    let refused: unknown = null;
    if (child.stdout === null) throw new Error('the output was asked for');
    let last = -1;
    for await (const line of createInterface({ input: child.stdout })) {
      last = Number(line);
      if (refused !== null) continue;
      refused = await rejectionOf(new StoredInventory(new LevelStore(directory)).open());
      child.kill('SIGKILL');
    }
    await exit;
    expect(isStorageError(refused, 'INVENTORY_LOCKED'), String(refused)).to.equal(true);
    expect(await countExtents()).to.be.within(last + 1, last + 2);
  });

  it('whose file may not grow any more, fails the commit and keeps those before', async () => {
    // 64 blocks of 1,024 bytes; the signal that would kill it is ignored, so that write(2) fails as on a full disk.
    const child = spawnCommitter(directory, 0, "trap '' XFSZ; ulimit -f 64;");
    const exit = once(child, 'exit');
    const lines = await linesUntil(child, () => false);
    expect(await exit).to.deep.equal([0, null]);
    expect(lines.at(-1)).to.equal('failed INVENTORY_IO');
    const acknowledged = Number(lines.at(-2)) + 1;
    expect(acknowledged).to.be.greaterThan(10);
    expect(await countExtents()).to.be.within(acknowledged, acknowledged + 1);
  });
});
