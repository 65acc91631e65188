import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';

/** Something only a person can do. */
export interface OperatorRequest {
  readonly id: number;
  readonly sinceMs: number;
  readonly drive: string | null;
  readonly message: string;
}

/** What the daemon waits for a person to do: shown in `status` and the log until it is done. */
export class OperatorRequests {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pending = new Map<number, OperatorRequest>();
  #nextId = 1;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  get pending(): readonly OperatorRequest[] {
    return [...this.#pending.values()];
  }

  /** Asks, runs `wait`, and takes the request back whatever came of it. */
  async during<T>(drive: string | null, message: string, wait: () => Promise<T>): Promise<T> {
    const request = { id: this.#nextId++, sinceMs: this.#clock.wallMs(), drive, message };
    this.#pending.set(request.id, request);
    this.#logger.log('warn', 'operator.requested', message, { request: request.id, drive });
    try {
      return await wait();
    } finally {
      this.#pending.delete(request.id);
      this.#logger.log('info', 'operator.request-ended', `No longer waiting: ${message}`, {
        request: request.id,
        drive,
      });
    }
  }
}
