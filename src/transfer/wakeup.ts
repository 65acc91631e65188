import type { Clock } from '../base/clock.js';

/** Lets one loop sleep until something happened or a time came. What happened before the wait counts. */
export class Wakeup {
  readonly #clock: Clock;
  #rung = false;
  #wake: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something happened that the loop must look at. */
  notify(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves after a `notify` since the last wait, or when the monotonic clock reads `untilMs`. */
  async wait(untilMs = Infinity): Promise<void> {
    if (!this.#rung) {
      const alarm = new AbortController();
      const rung = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await (untilMs === Infinity ? rung : Promise.race([rung, this.#sleep(untilMs, alarm.signal)]));
      this.#wake = null;
      alarm.abort();
    }
    this.#rung = false;
  }

  async #sleep(untilMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(Math.max(0, untilMs - this.#clock.monotonicMs()), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
