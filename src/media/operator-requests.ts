import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { JobId } from '../terms/ids.js';

/** Something only a person can do. */
export interface OperatorRequest {
  readonly id: number;
  readonly sinceMs: number;
  readonly drive: string | null;
  /** The job that waits for it; null for a session, and for a job that waits through the drive it has. */
  readonly job: JobId | null;
  readonly message: string;
}

/** What the daemon waits for a person to do: shown in `status` and the log until it is done. */
export class OperatorRequests {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pending = new Map<number, OperatorRequest>();
  readonly #watchers = new Set<() => void>();
  #nextId = 1;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  get pending(): readonly OperatorRequest[] {
    return [...this.#pending.values()];
  }

  /** `onChange` is called whenever `pending` has changed. */
  watch(onChange: () => void): void {
    this.#watchers.add(onChange);
  }

  /** Asks, runs `wait`, and takes the request back whatever came of it. */
  async during<T>(drive: string | null, message: string, wait: () => Promise<T>, job: JobId | null = null): Promise<T> {
    const request = { id: this.#nextId++, sinceMs: this.#clock.wallMs(), drive, job, message };
    const fields = { request: request.id, drive, job };
    this.#pending.set(request.id, request);
    this.#logger.log('warn', 'operator.requested', message, fields);
    this.#notify();
    try {
      return await wait();
    } finally {
      this.#pending.delete(request.id);
      this.#logger.log('info', 'operator.request-ended', `No longer waiting: ${message}`, fields);
      this.#notify();
    }
  }

  #notify(): void {
    for (const onChange of this.#watchers) onChange();
  }
}
