import { expect } from 'chai';
import { Wakeup } from '../../../src/transfer/wakeup.js';
import { ManualClock } from '../../support/manual-clock.js';

describe('wakeup', () => {
  let clock: ManualClock;
  let wakeup: Wakeup;
  let returned: number;

  beforeEach(() => {
    clock = new ManualClock();
    wakeup = new Wakeup(clock);
    returned = 0;
  });
  afterEach(() => {
    wakeup.close();
  });

  function wait(untilMs?: number): Promise<void> {
    return wakeup.wait(untilMs).then(() => {
      returned++;
    });
  }
  async function settle(): Promise<void> {
    for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  it('waits until something happens, however much time passes', async () => {
    void wait();
    await clock.advance(1e9);
    expect(returned).to.equal(0);
    wakeup.notify();
    await settle();
    expect(returned).to.equal(1);
  });

  it('counts what happened before the wait, once', async () => {
    wakeup.notify();
    wakeup.notify();
    await wait();
    void wait();
    await settle();
    expect(returned).to.equal(1);
  });

  it('ends at its time and not before, though an earlier wait was for an earlier one', async () => {
    const first = wait(100);
    wakeup.notify();
    await first;
    void wait(500);
    await clock.advance(499);
    expect(returned).to.equal(1);
    await clock.advance(1);
    expect(returned).to.equal(2);
  });

  it('ends at its time though an earlier wait was for a later one', async () => {
    const first = wait(500);
    wakeup.notify();
    await first;
    void wait(100);
    await clock.advance(100);
    expect(returned).to.equal(2);
  });

  it('returns at once when its time has passed', async () => {
    await clock.advance(10);
    await wait(10);
    expect(returned).to.equal(1);
  });

  it('keeps at most one sleeper, and none behind its close', async () => {
    for (let i = 0; i < 50; i++) {
      const one = wait(1000 + (i % 3));
      wakeup.notify();
      await one;
      expect(clock.asleep).to.be.at.most(1);
    }
    wakeup.close();
    await settle();
    expect(clock.asleep).to.equal(0);
  });
});
