import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Time behind a port, so that the simulated world has its own. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. For records and people. */
  wallMs(): number;
  /** Milliseconds that never go back. For durations. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Node wraps the signal's reason into an error of its own.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
