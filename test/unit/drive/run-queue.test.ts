import { expect } from 'chai';
import { RunQueue } from '../../../src/drive/run-queue.js';

const runOf = (first: number, count: number): { slot: number; lengthBytes: number }[] =>
  Array.from({ length: count }, (_, i) => ({ slot: first + i, lengthBytes: 1000 + i }));

describe('the queue of runs between two threads', () => {
  let main: RunQueue;
  let thread: RunQueue;
  beforeEach(() => {
    main = new RunQueue();
    thread = new RunQueue(main.memory);
  });

  it('refuses a run that is too long and one with a block that is not to be sealed', () => {
    expect(main.offer(0, runOf(0, 33))).to.equal(false);
    expect(main.offer(0, [{ slot: 0, lengthBytes: 80, sealed: false }])).to.equal(false);
    expect(thread.take(0)).to.equal(null);
  });
  it('refuses a run while all places are taken, and takes one when the oldest was told', () => {
    for (let id = 0; id < 8; id++) expect(main.offer(id, runOf(id, 2))).to.equal(true);
    expect(main.offer(8, runOf(8, 2))).to.equal(false);
    expect(thread.take(0)?.run).to.deep.equal(runOf(0, 2));
    thread.settle(true);
    expect(main.offer(8, runOf(8, 2))).to.equal(false);
    expect(main.takeWritten()).to.equal(0);
    expect(main.offer(8, runOf(8, 2))).to.equal(true);
  });
  it('gives the thread no run before the one that is due', () => {
    main.offer(5, runOf(0, 1));
    expect(thread.take(4)).to.equal(null);
    expect(thread.take(5)?.run).to.deep.equal(runOf(0, 1));
  });
  it('tells of each run that was simply written, in order, and of no other', () => {
    for (const id of [0, 1, 2, 4]) main.offer(id, runOf(0, 1));
    for (const [id, written] of [
      [0, true],
      [1, false],
      [2, false],
      [4, true],
    ] as const) {
      thread.take(id);
      thread.settle(written);
    }
    expect([main.takeWritten(), main.takeWritten(), main.takeWritten()]).to.deep.equal([0, 4, null]);
  });
  it('carries every run there and back over many rounds', () => {
    for (let id = 0; id < 1000; id++) {
      expect(main.offer(id, runOf(id % 50, 1 + (id % 32)))).to.equal(true);
      expect(thread.take(id)?.run).to.deep.equal(runOf(id % 50, 1 + (id % 32)));
      thread.settle(true);
      expect(main.takeWritten()).to.equal(id);
    }
  });
  it('ends a wait for what was settled already, and one for what is settled later', async () => {
    main.offer(0, runOf(0, 1));
    const before = main.settledCount;
    const later = main.settledBeyond(before);
    thread.take(0);
    thread.settle(true);
    await later;
    await main.settledBeyond(before);
    expect(main.settledCount).to.equal(before + 1);
  });
  it('shows the thread’s seconds to the other side', () => {
    thread.tellSeconds({ write: 1.5, flush: 2, read: 3, position: 4 });
    expect(main.seconds).to.deep.equal({ write: 1.5, flush: 2, read: 3, position: 4 });
  });
});
