import type { Clock } from '../base/clock.js';

/** Lets one loop sleep until something happened or a time came. What happened before the wait counts. */
export class Wakeup {
  readonly #clock: Clock;
  #rung = false;
  #wake: (() => void) | null = null;
  /**
   * The sleep that ends a wait, if nothing else does. It outlives the wait: most waits end by a notify, and a timer that was made and
   * called off for each of them would cost more than the rest of the loop.
   */
  #alarm: { readonly dueMs: number; readonly off: AbortController } | null = null;

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
    while (!this.#rung && this.#clock.monotonicMs() < untilMs) {
      if (untilMs < (this.#alarm?.dueMs ?? Infinity)) this.#setAlarm(untilMs);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    this.#rung = false;
  }

  /** No more waits. */
  close(): void {
    this.#alarm?.off.abort();
    this.#alarm = null;
  }

  #setAlarm(dueMs: number): void {
    this.close();
    const alarm = { dueMs, off: new AbortController() };
    this.#alarm = alarm;
    void this.#ringAt(alarm);
  }

  async #ringAt(alarm: { readonly dueMs: number; readonly off: AbortController }): Promise<void> {
    const { signal } = alarm.off;
    try {
      await this.#clock.sleep(alarm.dueMs - this.#clock.monotonicMs(), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return;
    }
    if (this.#alarm === alarm) this.#alarm = null;
    this.#wake?.();
  }
}
