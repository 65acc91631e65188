import type { Clock } from '../base/clock.js';
import type { StorageError } from '../base/storage-error.js';

/** How long an operator's order waits for a drive or a cartridge: longer than a session lingers behind its last stream. */
const OPERATOR_PATIENCE_MS = 10_000;

/**
 * Waits a moment for something that a session may just be giving back, not behind hours of work: then the order is refused
 * with `refusal`. `wait` ends when its signal aborts, with the signal's reason.
 */
export async function withPatience<T>(
  clock: Clock,
  signal: AbortSignal,
  refusal: () => StorageError,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const patience = new AbortController();
  const given = clock.sleep(OPERATOR_PATIENCE_MS, patience.signal).then(
    () => {
      patience.abort(refusal());
    },
    () => undefined,
  );
  try {
    return await wait(AbortSignal.any([signal, patience.signal]));
  } finally {
    patience.abort();
    await given;
  }
}
