import { assert } from '../base/assert.js';
import type { Barcode } from '../terms/barcode.js';

/** The right to use a cartridge alone, wherever it is. Released exactly once. */
export interface CartridgeReservation {
  readonly barcode: Barcode;
  /** Somebody else waits for it. */
  readonly contended: boolean;
  /** Calls `listener` once, when somebody begins to wait for it; at once if somebody does. */
  onContended(listener: () => void): void;
  release(): void;
}

interface Holding {
  /** For people: 'saving to pool daily'. */
  readonly purpose: string;
  readonly waiters: Waiter[];
  /** Who wants to hear that others wait. */
  readonly listeners: (() => void)[];
}

interface Waiter {
  readonly purpose: string;
  readonly grant: (reservation: CartridgeReservation) => void;
}

/**
 * Who uses which cartridge, so that no two ask for the same one (invariant 4). Who needs a cartridge and a drive takes the
 * cartridge first and then waits for the drive; who has a drive already only ever tries (`tryReserve`): so nobody waits for a
 * cartridge whose holder waits for his drive.
 */
export class CartridgeReservations {
  readonly #held = new Map<Barcode, Holding>();

  /** What the cartridge is used for; null: it is free. */
  purposeOf(barcode: Barcode): string | null {
    return this.#held.get(barcode)?.purpose ?? null;
  }

  /** Null when somebody else has it. */
  tryReserve(barcode: Barcode, purpose: string): CartridgeReservation | null {
    return this.#held.has(barcode) ? null : this.#grant(barcode, purpose, []);
  }

  /** Waits for it, behind those who came before. Rejects with the signal's reason when aborted. */
  async reserve(barcode: Barcode, purpose: string, signal: AbortSignal): Promise<CartridgeReservation> {
    signal.throwIfAborted();
    const holding = this.#held.get(barcode);
    if (holding === undefined) return this.#grant(barcode, purpose, []);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const { waiters } = this.#held.get(barcode) ?? holding;
        waiters.splice(waiters.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        purpose,
        grant: (reservation) => {
          signal.removeEventListener('abort', onAbort);
          resolve(reservation);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      holding.waiters.push(waiter);
      for (const listener of holding.listeners.splice(0)) listener();
    });
  }

  #grant(barcode: Barcode, purpose: string, waiters: Waiter[]): CartridgeReservation {
    assert(!this.#held.has(barcode), `cartridge ${barcode} has one reservation`);
    const listeners: (() => void)[] = [];
    this.#held.set(barcode, { purpose, waiters, listeners });
    let isReleased = false;
    return {
      barcode,
      get contended() {
        return waiters.length > 0;
      },
      onContended: (listener) => {
        if (waiters.length > 0) listener();
        else listeners.push(listener);
      },
      release: () => {
        assert(!isReleased, `the reservation of ${barcode} is released once`);
        isReleased = true;
        this.#held.delete(barcode);
        const next = waiters.shift();
        next?.grant(this.#grant(barcode, next.purpose, waiters));
      },
    };
  }
}
