import type { Clock } from '../../src/base/clock.js';

interface Sleeper {
  readonly dueMs: number;
  readonly ms: number;
  readonly wake: () => void;
}

/** Time that moves when the test says so. Sleepers wake in the order they are due; each is given time to act before the next. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #sleepers = new Set<Sleeper>();
  readonly #watchers = new Set<() => void>();

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const leave = (settle: () => void) => (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const onAbort = leave(() => {
        reject(signal?.reason as Error);
      });
      const sleeper: Sleeper = { dueMs: this.#nowMs + ms, ms, wake: leave(resolve) };
      if (signal?.aborted === true) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort);
      this.#sleepers.add(sleeper);
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** Resolves as soon as somebody sleeps for exactly `ms`. */
  async untilAsleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!this.isAsleep(ms)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Whether somebody sleeps for exactly `ms`. */
  isAsleep(ms: number): boolean {
    return [...this.#sleepers].some((sleeper) => sleeper.ms === ms);
  }

  /** How many sleep. */
  get asleep(): number {
    return this.#sleepers.size;
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#sleepers].sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > untilMs) break;
      this.#nowMs = next.dueMs;
      next.wake();
      for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#nowMs = untilMs;
  }
}
