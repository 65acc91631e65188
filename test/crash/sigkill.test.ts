import { expect } from 'chai';
import { KillRun } from './kill-run.js';

/** `npm run test:kills -- --count N` has time for more. */
const KILLS = 20;
const SEED = 1;
const MAX_BYTES = 3_000_000;

describe('a daemon killed with SIGKILL at any moment', () => {
  const run = new KillRun(SEED, MAX_BYTES);

  before(async () => run.start());
  after(async () => run.remove());

  it(`restores every acknowledged stream and shows no other as complete unless it is (${String(KILLS)} kills)`, async () => {
    for (let kill = 1; kill <= KILLS; kill++) expect(await run.kill(), `kill ${String(kill)}`).to.deep.equal([]);
    expect(await run.end()).to.deep.equal([]);
    expect(run.acknowledged, 'some streams were acknowledged before a kill').to.be.greaterThan(0);
    expect(run.acknowledged, 'some kills came before the acknowledgement').to.be.lessThan(run.streams);
  });
});
