import { performance } from 'node:perf_hooks';

/** Time for a thread that may block: a drive's. The virtual one of the simulated world just moves its hands. */
export interface BlockingClock {
  /** Milliseconds that never go back. */
  monotonicMs(): number;
  /** Returns after `ms`; nothing else runs on this thread meanwhile. */
  sleepMs(ms: number): void;
}

const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4));

export const systemBlockingClock: BlockingClock = {
  monotonicMs: () => performance.now(),
  sleepMs: (ms) => {
    Atomics.wait(NEVER_NOTIFIED, 0, 0, ms);
  },
};
