import { writeSync } from 'node:fs';
import { SeededRandom } from '../../../src/base/random.js';
import { createFilePort } from '../../../src/device/linux-files.js';
import { openLibrary } from '../../../sim/library/library.js';

const STEPS_PER_REPORT = 20;

/** The program that is killed: carries cartridges through a library, by robot and by hand, without end, and tells how often. */
function carryEndlessly(directory: string, seed: number): never {
  const library = openLibrary(createFilePort(), directory);
  if (library === null) throw new Error('there is no library');
  const random = new SeededRandom(seed);
  const { elements, transport } = library.shape;
  const somewhere = (): number => elements[random.below(elements.length)]?.address ?? transport;
  for (let steps = 0; ;) {
    const full = [...library.view().contents.keys()];
    const from = full[random.below(full.length)];
    const to = somewhere();
    if (from === undefined) throw new Error('the library has been emptied');
    // The other carrier may have been faster at any step: it is told so, and nothing is lost.
    if (!full.includes(transport) && from !== transport) library.pick(from, to);
    else library.place(to);
    if (++steps % STEPS_PER_REPORT === 0) writeSync(1, `${String(steps)}\n`);
  }
}

const [, program, directory, seed] = process.argv;
if (program?.endsWith('endless-carrier.js') === true && directory !== undefined && seed !== undefined)
  carryEndlessly(directory, Number(seed));
