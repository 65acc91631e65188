import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createFilePort } from '../../../src/device/linux-files.js';
import { libraryPersonality } from '../../../sim/library/library-personality.js';
import { makeLibrary, type Library } from '../../../sim/library/library.js';
import { Rack } from '../../../sim/rack.js';

const CARRIER = fileURLToPath(new URL('./endless-carrier.js', import.meta.url));
const CARTRIDGES = ['TPL001L9', 'TPL002L9', 'TPL003L9', 'TPL004L9', 'TPL005L9'];
const REPORTS = 3;

/** Carries until it has told `REPORTS` times, and is killed. */
async function carryAndKill(directory: string, seed: number): Promise<void> {
  const child = spawn(process.execPath, [CARRIER, directory, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let reports = 0;
  for await (const line of createInterface({ input: child.stdout }))
    if (line !== '' && ++reports === REPORTS) child.kill('SIGKILL');
  expect((await exited)[1], 'it ended by nothing but the kill').to.equal('SIGKILL');
}

function cartridgesIn(library: Library): readonly string[] {
  return [...library.view().contents.values()].map(({ cartridge }) => cartridge).sort();
}

describe('A simulated library whose processes are killed', () => {
  let directory: string;
  let library: Library;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tapeloom-sim-'));
    const files = createFilePort();
    const rack = new Rack(files, directory, ['/dev/nst0', '/dev/nst1']);
    const personality = libraryPersonality('library');
    if (personality === null) throw new Error('no library');
    library = makeLibrary(files, directory, personality);
    for (const [index, barcode] of CARTRIDGES.entries()) {
      rack.create(barcode, { capacityBytes: 1000 });
      library.putIn(barcode, 4096 + index);
    }
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('has every cartridge in exactly one place, however many carry at once and whenever they die', async () => {
    for (let round = 0; round < 3; round++) {
      const over = new AbortController();
      const carriers = Promise.all([
        carryAndKill(directory, 2 * round),
        carryAndKill(directory, 2 * round + 1),
      ]).finally(() => {
        over.abort();
      });
      // Whoever looks meanwhile sees all of them as well.
      while (!over.signal.aborted) {
        expect(cartridgesIn(library)).to.deep.equal(CARTRIDGES);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await carriers;
      expect(cartridgesIn(library)).to.deep.equal(CARTRIDGES);
    }
  });
});
