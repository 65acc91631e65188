import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ERRNO } from '../../../src/device/errno.js';
import { MT_OP } from '../../../src/device/mtio.js';
import { DRIVE, SimBench } from '../../unit/sim/sim-bench.js';
import { numberedBlock } from './endless-writer.js';

const WRITER = fileURLToPath(new URL('./endless-writer.js', import.meta.url));

/** Lets the writer run until it has told `reports` filemarks, tries to take its drive, and kills it. Returns what it told last. */
async function writeAndKill(bench: SimBench, reports: number): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, [WRITER, bench.directory, DRIVE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  if (child.stdout === null) throw new Error('standard output is a pipe');
  let told = 0;
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    told = Number(line);
    if (++lines !== reports) continue;
    expect(bench.open(), 'somebody else has the drive').to.equal(-ERRNO.EBUSY);
    child.kill('SIGKILL');
  }
  await exited;
  return told;
}

describe('A simulated tape whose process is killed', () => {
  for (const reports of [1, 2, 7, 40])
    it(`has all blocks before the last filemark told, and only right ones, after ${String(reports)} filemarks`, async () => {
      const bench = new SimBench({ clock: 'off' });
      try {
        const told = await writeAndKill(bench, reports);
        expect(told).to.be.at.least(reports);
        expect(bench.open(), 'the lock of the dead is void').to.be.at.least(0);
        bench.operate(MT_OP.rewind);
        const into = new Uint8Array(6000);
        let found = 0;
        for (let zeros = 0; zeros < 2;) {
          const length = bench.read(into);
          // A tail that ends without a filemark.
          if (length === -ERRNO.EIO) break;
          zeros = length === 0 ? zeros + 1 : 0;
          if (length !== 0) expect(into.slice(0, length)).to.deep.equal(numberedBlock(found++));
        }
        expect(found).to.be.at.least(told);
      } finally {
        bench.dispose();
      }
    });
});
