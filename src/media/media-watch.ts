import type { Clock } from '../base/clock.js';
import type { Inventory, InventoryChange } from '../inventory/inventory.js';

/** Lets who has no volume, or no drive, sleep until something was done about media or drives. */
export class MediaWatch {
  readonly #inventory: Inventory;
  readonly #clock: Clock;

  constructor(inventory: Inventory, clock: Clock) {
    this.#inventory = inventory;
    this.#clock = clock;
  }

  /**
   * Resolves when a procedure has changed a cartridge, a volume, a pool or a drive, and after `withinMs` in any case, for what
   * nobody enters: a cartridge put in by hand, a drive that others are done with. Rejects with the signal's reason.
   */
  async change(withinMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const changed = new AbortController();
    const unwatch = this.#inventory.watch((change) => {
      if (concernsMedia(change)) changed.abort();
    });
    try {
      await this.#clock.sleep(withinMs, AbortSignal.any([signal, changed.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (!changed.signal.aborted) throw error;
    } finally {
      unwatch();
    }
  }
}

/** Checkpoints change volumes all the time, and their streams with them. */
function concernsMedia({ streams, cartridges, volumes, pools, drives }: InventoryChange): boolean {
  if ((streams ?? []).length > 0) return false;
  return [cartridges, volumes, pools, drives].some((records) => (records ?? []).length > 0);
}
