import { expect } from 'chai';
import { Liveness } from '../../../src/protocol/liveness.js';
import { ManualClock } from '../../support/manual-clock.js';

function watch(): { clock: ManualClock; liveness: Liveness; log: string[] } {
  const clock = new ManualClock();
  const log: string[] = [];
  const liveness = new Liveness({
    clock,
    heartbeatMs: 1000,
    speak: () => log.push(`speak at ${String(clock.monotonicMs())}`),
    silent: (ms) => log.push(`silent for ${String(ms)}`),
  });
  liveness.start();
  return { clock, liveness, log };
}

describe('liveness', () => {
  it('speaks after each second of own silence and gives a silent peer up after three', async () => {
    const { clock, log } = watch();
    await clock.advance(10_000);
    expect(log).to.deep.equal(['speak at 1000', 'speak at 2000', 'silent for 3000']);
    expect(clock.asleep, 'the watch has ended').to.equal(0);
  });

  it('does not speak while frames go out, nor give up a peer that was heard', async () => {
    const { clock, liveness, log } = watch();
    for (let i = 0; i < 20; i++) {
      await clock.advance(900);
      liveness.spoke();
      liveness.heard();
    }
    expect(log).to.deep.equal([]);
  });

  it('does not count silence while it is deaf, and counts anew after', async () => {
    const { clock, liveness, log } = watch();
    liveness.deaf = true;
    await clock.advance(50_000);
    expect(log.filter((line) => line.startsWith('silent'))).to.deep.equal([]);
    liveness.deaf = false;
    await clock.advance(2_999);
    expect(log.filter((line) => line.startsWith('silent'))).to.deep.equal([]);
    await clock.advance(1_001);
    expect(log.filter((line) => line.startsWith('silent'))).to.have.length(1);
  });

  it('is quiet after stop', async () => {
    const { clock, liveness, log } = watch();
    liveness.stop();
    await clock.advance(10_000);
    expect(log).to.deep.equal([]);
    expect(clock.asleep).to.equal(0);
  });
});
