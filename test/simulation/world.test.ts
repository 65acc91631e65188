import { expect } from 'chai';
import { World } from './world.js';

/** `npm run sim -- --seed N --seeds K` runs more. */
const FIRST_SEED = 1;
const WORLDS = 250;

describe('simulated worlds', () => {
  it(`keep every promise that was made to a client, whatever ends the daemon (${String(WORLDS)} worlds)`, async () => {
    const total = { saved: 0, partly: 0, kill: 0, 'power-cut': 0 };
    for (let seed = FIRST_SEED; seed < FIRST_SEED + WORLDS; seed++) {
      const { problems, saved, partly, deaths } = await new World(seed).run();
      expect(problems, `npm run sim -- --seed ${String(seed)}`).to.deep.equal([]);
      total.saved += saved;
      total.partly += partly;
      total.kill += deaths.kill;
      total['power-cut'] += deaths['power-cut'];
    }
    // Worlds in which nothing happens would prove nothing.
    expect(total.saved).to.be.greaterThan(WORLDS);
    expect(total.partly).to.be.greaterThan(WORLDS / 10);
    expect(total.kill).to.be.greaterThan(WORLDS / 10);
    expect(total['power-cut']).to.be.greaterThan(WORLDS / 20);
  });

  it('are the same each time they are run', async () => {
    const report = await new World(7).run();
    expect(await new World(7).run()).to.deep.equal(report);
  });
});
