import { expect } from 'chai';
import { streamingSpeedsOf, type StreamingSpeeds } from '../../../src/drive/streaming-speeds.js';
import {
  decidePace,
  sourceRate,
  startPace,
  type PaceAction,
  type PaceSituation,
  type PaceState,
} from '../../../src/transfer/streaming-pace.js';
import { idealSeconds, playStreaming, type SourceShape } from '../../support/streaming-rig.js';

const MB = 1e6;
const GIB = 2 ** 30;
const LTO9 = streamingSpeedsOf(0x60) as StreamingSpeeds;
const NATIVE = 400 * MB;
const LIMITS = { bufferBytes: 8 * GIB, lostShare: 0.05, durableBytes: 16 * GIB, holdMs: 600_000 };

/** Decides step by step with a source of `rate`, a drive that takes everything at once, and a buffer of any size. */
class Stepper {
  state: PaceState = startPace({ nowMs: 0, receivedBytes: 0 });
  now = 0;
  received = 0;
  buffered = 0;

  step(ms: number, bytes: number, changes: Partial<PaceSituation> = {}): PaceAction {
    this.now += ms;
    this.received += bytes;
    this.buffered += bytes;
    const situation = {
      nowMs: this.now,
      bufferedBytes: this.buffered,
      roomBytes: LIMITS.bufferBytes - this.buffered,
      receivedBytes: this.received,
      isOpen: true,
      ...changes,
    };
    const { state, action } = decidePace(this.state, situation, LTO9, LIMITS);
    this.state = state;
    return action;
  }
}

describe('streaming pace', () => {
  describe('the decision', () => {
    it('does not start the tape for nothing, however long it waits', () => {
      const stepper = new Stepper();
      for (let i = 0; i < 100; i++) expect(stepper.step(60_000, 0).kind).to.equal('hold');
    });
    it('concludes nothing from the first moments of fast sources, and then starts', () => {
      const stepper = new Stepper();
      expect(stepper.step(100, 40 * MB).kind).to.equal('hold');
      expect(stepper.step(100, 40 * MB).kind).to.equal('feed');
    });
    it('collects from sources that cannot hold the lowest speed', () => {
      const stepper = new Stepper();
      for (let i = 0; i < 60; i++) expect(stepper.step(1000, 100 * MB).kind).to.equal('hold');
    });
    it('starts when the buffer is full', () => {
      const stepper = new Stepper();
      stepper.step(1000, 20 * MB);
      expect(stepper.step(1000, 20 * MB, { roomBytes: 0 }).kind).to.equal('feed');
    });
    it('starts when nobody sends any more, and stops for nothing then', () => {
      const stepper = new Stepper();
      stepper.step(1000, 20 * MB);
      expect(stepper.step(1000, 0, { isOpen: false }).kind).to.equal('feed');
      for (let i = 0; i < 20; i++) expect(stepper.step(1000, 0, { isOpen: false }).kind).to.equal('feed');
    });
    it('lets no block wait longer than it may', () => {
      const stepper = new Stepper();
      stepper.step(1, MB);
      for (let ms = 30_000; ms < LIMITS.holdMs; ms += 30_000) expect(stepper.step(30_000, 1).kind).to.equal('hold');
      expect(stepper.step(29_999, 1).kind).to.equal('hold');
      expect(stepper.step(1, 1).kind).to.equal('feed');
    });
    it('writes what is there when nobody has sent anything for long', () => {
      const stepper = new Stepper();
      stepper.step(1, MB);
      expect(stepper.step(44_000, 0).kind).to.equal('hold');
      expect(stepper.step(1_000, 0).kind).to.equal('feed');
    });
    it('stops once when the burst is over, and collects again', () => {
      const stepper = new Stepper();
      stepper.step(1000, 20 * MB);
      stepper.step(1000, 20 * MB, { roomBytes: 0 });
      stepper.buffered = 0;
      const kinds = Array.from({ length: 30 }, () => stepper.step(200, MB, { bufferedBytes: MB }).kind);
      expect(kinds.filter((kind) => kind === 'stop')).to.have.length(1);
      expect(kinds.at(-1)).to.equal('hold');
    });
    it('knows the rate of its sources soon and forgets an old one within minutes', () => {
      const stepper = new Stepper();
      for (let i = 0; i < 50; i++) stepper.step(100, 30 * MB);
      expect(sourceRate(stepper.state)).to.be.closeTo(300 * MB, 3 * MB);
      for (let i = 0; i < 1800; i++) stepper.step(100, 2 * MB);
      expect(sourceRate(stepper.state)).to.be.closeTo(20 * MB, 3 * MB);
    });
    it('asks to be asked again in finite time', () => {
      const stepper = new Stepper();
      for (let i = 0; i < 200; i++) {
        const action = stepper.step(50, i % 40 < 5 ? 80 * MB : 0);
        if (action.kind === 'hold') expect(action.untilMs).to.be.within(stepper.now, stepper.now + 60_000);
      }
    });
  });

  describe('on a simulated LTO-9', () => {
    const shapes: readonly (readonly [string, Omit<SourceShape, 'rate'>])[] = [
      ['steady', {}],
      ['2 s of 8', { burstSeconds: 2, periodSeconds: 8 }],
      ['10 s of 40', { burstSeconds: 10, periodSeconds: 40 }],
      ['1 s of 20', { burstSeconds: 1, periodSeconds: 20 }],
    ];
    for (const gib of [1, 8])
      for (const percent of [5, 20, 50, 100, 300])
        for (const [shape, pauses] of shapes)
          it(`with ${String(gib)} GiB takes sources of ${String(percent)} %, ${shape}, in hardly more drive time than it must, one stop a burst`, () => {
            const source = { rate: (NATIVE * percent) / 100, ...pauses };
            const totalBytes = 100e9;
            const pace = { ...LIMITS, bufferBytes: gib * GIB, holdMs: 60_000 };
            const play = { source, totalBytes, bufferBytes: pace.bufferBytes, speeds: LTO9 };
            const outcome = playStreaming({ ...play, pace });
            const atOnce = playStreaming({ ...play, pace: null });
            const ideal = idealSeconds(source, totalBytes, LTO9, pace, atOnce.totalSeconds);
            expect(outcome.driveSeconds).to.be.at.most(1.05 * ideal);
            expect(outcome.starved).to.be.at.most(outcome.bursts);
            // One stop a burst, and those that make a long run durable.
            const durable = Math.ceil(totalBytes / pace.durableBytes) + Math.ceil(outcome.streamingSeconds / 60);
            expect(outcome.starved + outcome.flushes).to.be.at.most(outcome.bursts + durable);
            expect(outcome.driveSeconds).to.be.at.most(1.02 * atOnce.driveSeconds);
            // Nobody waits longer for it, but for what is collected at the end.
            expect(outcome.totalSeconds).to.be.at.most(1.06 * atOnce.totalSeconds + 10);
          });
  });
});
