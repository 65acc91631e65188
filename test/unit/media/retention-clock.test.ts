import { expect } from 'chai';
import fc from 'fast-check';
import type { Clock } from '../../../src/base/clock.js';
import { CLOCK_LIMITS, RetentionClock, judgeClock } from '../../../src/media/retention-clock.js';
import { DAY_MS } from '../../../src/media/pool-book.js';
import { makeMediaEnvironment, type MediaFixture } from '../../support/media-environment.js';
import { streamRecord } from '../../support/records.js';

const START_MS = 1_700_000_000_000;
const YEAR_MS = 365 * DAY_MS;

/** A wall clock that can be set, beside time that only goes on. */
class SettableClock implements Clock {
  offsetMs = 0;
  elapsedMs = 0;
  wallMs(): number {
    return START_MS + this.elapsedMs + this.offsetMs;
  }
  monotonicMs(): number {
    return this.elapsedMs;
  }
  async sleep(): Promise<void> {
    // Nobody waits here.
  }
}

describe('the clock of retention', () => {
  let fixture: MediaFixture;
  let wall: SettableClock;

  /** A daemon that starts now, on the inventory that the one before left. */
  async function start(): Promise<RetentionClock> {
    const clock = new RetentionClock({ ...fixture.environment, clock: wall });
    await clock.open();
    return clock;
  }

  beforeEach(async () => {
    fixture = await makeMediaEnvironment();
    wall = new SettableClock();
  });

  it('follows the wall clock as long as that goes on as time does, and a little beside it', async () => {
    const clock = await start();
    for (const changeMs of [0, 1000, -1000, CLOCK_LIMITS.aheadMs, -CLOCK_LIMITS.behindMs]) {
      wall.elapsedMs += YEAR_MS;
      wall.offsetMs += changeMs;
      expect(clock.earliestMs).to.equal(wall.wallMs());
      expect(clock.describeDoubt()).to.equal(null);
    }
  });

  it('does not let a stream expire by a wall clock that jumped years ahead', async () => {
    const clock = await start();
    wall.elapsedMs = 1000;
    wall.offsetMs = 10 * YEAR_MS;
    expect(clock.earliestMs).to.equal(START_MS + 1000);
    expect(clock.latestMs).to.equal(wall.wallMs());
    expect(clock.describeDoubt()).to.match(/ahead of .*Nothing expires by it.*clock confirm/);
    // What would have expired meanwhile expires.
    wall.elapsedMs += 40 * DAY_MS;
    expect(clock.earliestMs).to.equal(START_MS + 1000 + 40 * DAY_MS);
  });

  it('gives a stream its whole retention although the wall clock jumped back', async () => {
    const clock = await start();
    wall.offsetMs = -10 * YEAR_MS;
    expect(clock.latestMs).to.equal(START_MS);
    expect(clock.earliestMs).to.equal(wall.wallMs());
    expect(clock.describeDoubt()).to.match(/behind/);
  });

  it('believes the wall clock again when it is set right', async () => {
    const clock = await start();
    wall.offsetMs = YEAR_MS;
    expect(clock.describeDoubt()).to.not.equal(null);
    wall.offsetMs = 0;
    expect(clock.describeDoubt()).to.equal(null);
    expect(clock.earliestMs).to.equal(wall.wallMs());
    expect(fixture.events.map(({ event }) => event)).to.deep.equal(['clock.doubted', 'clock.believed']);
  });

  it('doubts over restarts, however many, until somebody confirms', async () => {
    await start();
    wall.offsetMs = 3 * YEAR_MS;
    for (let i = 0; i < 20; i++) {
      wall.elapsedMs += 1000;
      const clock = await start();
      expect(clock.earliestMs).to.be.at.most(START_MS + 1000 * i + 1000);
      await clock.write();
    }
    const clock = await start();
    await clock.confirm('olga');
    expect(clock.earliestMs).to.equal(wall.wallMs());
    expect((await start()).describeDoubt()).to.equal(null);
    expect((await fixture.inventory.audit(1))[0]).to.deep.include({ who: 'olga', what: 'clock.confirm' });
  });

  it('can be confirmed back from a time that was confirmed wrongly', async () => {
    const clock = await start();
    wall.offsetMs = 3 * YEAR_MS;
    await clock.confirm('olga');
    wall.offsetMs = 0;
    expect(clock.latestMs).to.equal(START_MS + 3 * YEAR_MS);
    await clock.confirm('olga');
    expect(clock.latestMs).to.equal(START_MS);
  });

  it('takes a node back that was off for the holidays, not one whose clock says it was for a year', async () => {
    await start();
    wall.offsetMs = CLOCK_LIMITS.aheadAtStartMs;
    expect((await start()).describeDoubt()).to.equal(null);
    wall.offsetMs += YEAR_MS;
    expect((await start()).describeDoubt()).to.be.a('string');
  });

  it('takes a machine back that starts in 1970 and is set right a little later', async () => {
    await start();
    wall.offsetMs = -START_MS;
    const clock = await start();
    expect(clock.describeDoubt()).to.match(/behind/);
    wall.offsetMs = 5 * DAY_MS;
    expect(clock.describeDoubt()).to.equal(null);
  });

  it('measures an inventory without a mark, as a rebuilt one is, by its newest stream', async () => {
    const startedMs = START_MS - YEAR_MS;
    await fixture.inventory.commit({ streams: [streamRecord(1, { startedMs, endedMs: startedMs + 5 })] });
    const clock = await start();
    expect(clock.describeDoubt()).to.match(/ahead/);
    expect(clock.earliestMs).to.equal(startedMs + 5);
  });

  it('believes the wall clock on a new inventory', async () => {
    expect((await start()).describeDoubt()).to.equal(null);
  });

  it('is written down every hour and at the end', async () => {
    const { environment, clock: time, inventory } = fixture;
    const clock = new RetentionClock(environment);
    await clock.open();
    const written: number[] = [];
    const stopping = new AbortController();
    const running = clock.run(stopping.signal);
    for (let hour = 0; hour < 3; hour++) {
      await time.untilAsleep(CLOCK_LIMITS.writeMs);
      await time.advance(CLOCK_LIMITS.writeMs);
      await inventory.commit({});
      written.push((await inventory.clockMark())?.vouchedMs ?? 0);
    }
    await time.advance(60_000);
    stopping.abort();
    await running;
    written.push((await inventory.clockMark())?.vouchedMs ?? 0);
    expect(written.map((ms) => (ms - START_MS) / 60_000)).to.deep.equal([60, 120, 180, 181]);
  });

  it('never gives an earliest time behind what it gave, nor one beyond the wall clock (any clock)', () => {
    const moment = fc.record({ passed: fc.nat(10 * DAY_MS), set: fc.integer({ min: -YEAR_MS, max: YEAR_MS }) });
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 30 }), fc.nat(DAY_MS), (moments, aheadMs) => {
        let vouched = { wallMs: START_MS, monotonicMs: 0 };
        let monotonicMs = 0;
        for (const { passed, set } of moments) {
          monotonicMs += passed;
          const now = { wallMs: START_MS + monotonicMs + set, monotonicMs };
          const judged = judgeClock(vouched, now, aheadMs);
          // No step of the wall clock, taken as it is, makes more of the time than what passed and the limit.
          expect(judged.earliestMs).to.be.at.most(vouched.wallMs + (monotonicMs - vouched.monotonicMs) + aheadMs);
          expect(judged.earliestMs).to.be.at.most(now.wallMs);
          expect(judged.latestMs).to.be.at.least(now.wallMs);
          if (judged.kind === 'believed') vouched = now;
        }
      }),
    );
  });
});
