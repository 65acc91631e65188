import type { Clock } from '../base/clock.js';
import type { ErrorCode } from '../base/error-codes.js';
import { StorageError, isStorageError } from '../base/storage-error.js';
import type { MediaWatch } from '../media/media-watch.js';
import type { OperatorRequests } from '../media/operator-requests.js';
import type { TellWaiting } from '../transfer/volume-supply.js';
import type { SaveLimits } from './save-limits.js';

/** Only a person can mend these; then the session goes on. */
const FOR_OPERATOR: ReadonlySet<ErrorCode> = new Set([
  'JOB_NO_VOLUME',
  'DRIVE_DOWN',
  'CHANGER_DOOR_OPEN',
  'CHANGER_NOT_READY',
  'CHANGER_NO_FREE_SLOT',
]);

export function isForOperator({ code }: StorageError): boolean {
  return FOR_OPERATOR.has(code);
}

/** How often a person is looked out for at the least, as a multiple of the usual interval: a robot that fails is spared. */
const MOST_INTERVALS = 20;

export interface OperatorWaitOptions {
  readonly requests: OperatorRequests;
  readonly watch: MediaWatch;
  readonly clock: Clock;
  readonly limits: SaveLimits;
  /** The daemon stops. */
  readonly signal: AbortSignal;
}

/** One wait of a session for a person, over as many attempts as it takes. */
export class OperatorWait {
  readonly #options: OperatorWaitOptions;
  readonly #waiting: TellWaiting;
  #sinceMs: number | null = null;
  #intervals = 1;

  constructor(options: OperatorWaitOptions, waiting: TellWaiting) {
    this.#options = options;
    this.#waiting = waiting;
  }

  /** Waits until `isAnswered`; throws `error`, and for how long was waited, when the limit is over. */
  async until(error: StorageError, isAnswered: () => Promise<boolean>): Promise<void> {
    const { requests, watch, clock, limits, signal } = this.#options;
    if (limits.operatorWaitMs === 0) throw error;
    this.#sinceMs ??= clock.monotonicMs();
    const endMs = this.#sinceMs + limits.operatorWaitMs;
    this.#waiting('operator', error.message);
    await requests.during(null, error.message, async () => {
      do {
        const leftMs = endMs - clock.monotonicMs();
        if (leftMs <= 0) throw waitedInVain(error, limits.operatorWaitMs);
        await watch.change(Math.min(leftMs, limits.operatorPollMs * this.#intervals), signal);
      } while (!(await orFalse(isAnswered)));
    });
    this.#intervals = Math.min(this.#intervals * 2, MOST_INTERVALS);
  }
}

async function orFalse(look: () => Promise<boolean>): Promise<boolean> {
  try {
    return await look();
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return false;
  }
}

function waitedInVain(error: StorageError, waitedMs: number): StorageError {
  const minutes = Math.round(waitedMs / 60_000);
  const time = minutes % 60 === 0 ? `${String(minutes / 60)} h` : `${String(minutes)} min`;
  return new StorageError(error.code, `${error.message} Nobody did within ${time}.`, {
    context: error.context,
    disposition: error.disposition,
    cause: error,
  });
}
