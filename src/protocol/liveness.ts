import type { Clock } from '../base/clock.js';

/** docs/PROTOCOL.md, HEARTBEAT: so many of the peer's may be missing before it counts as gone. */
export const MISSED_HEARTBEATS = 3;

export interface LivenessOptions {
  readonly clock: Clock;
  readonly heartbeatMs: number;
  /** One's own silence lasted `heartbeatMs`. */
  readonly speak: () => void;
  /** The peer's silence lasted three times as long. Called once; the watch has ended. */
  readonly silent: (silentMs: number) => void;
}

/**
 * Both peers' duty to say something now and then. It watches from `start` to `stop`, with one timer that looks at the two times, so that
 * `heard` and `spoke`, called for every frame, cost nothing.
 */
export class Liveness {
  readonly #options: LivenessOptions;
  readonly #stopping = new AbortController();
  #heardMs: number;
  #spokeMs: number;
  #deaf = false;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#heardMs = this.#spokeMs = options.clock.monotonicMs();
  }

  start(): void {
    this.heard();
    this.spoke();
    void this.#watch();
  }

  stop(): void {
    this.#stopping.abort();
  }

  heard(): void {
    this.#heardMs = this.#options.clock.monotonicMs();
  }

  spoke(): void {
    this.#spokeMs = this.#options.clock.monotonicMs();
  }

  /** While we do not listen ourselves, silence says nothing about the peer. */
  set deaf(deaf: boolean) {
    this.#deaf = deaf;
    this.heard();
  }

  async #watch(): Promise<void> {
    const { clock, heartbeatMs, speak, silent } = this.#options;
    const patienceMs = heartbeatMs * MISSED_HEARTBEATS;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const nowMs = clock.monotonicMs();
      if (!this.#deaf && nowMs - this.#heardMs >= patienceMs) {
        this.stop();
        silent(nowMs - this.#heardMs);
        return;
      }
      if (nowMs - this.#spokeMs >= heartbeatMs) {
        this.#spokeMs = nowMs;
        speak();
      }
      const heardDueMs = this.#deaf ? Infinity : this.#heardMs + patienceMs;
      const waitMs = Math.max(1, Math.min(this.#spokeMs + heartbeatMs, heardDueMs) - nowMs);
      await clock.sleep(Math.ceil(waitMs), signal).catch(ignoreAbort(signal));
    }
  }
}

/** A sleep cut short by its own signal is no failure; anything else is. */
export function ignoreAbort(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}
