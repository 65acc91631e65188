import { assert } from '../base/assert.js';
import { StorageError, isStorageError } from '../base/storage-error.js';
import type { DriveBay } from './drive-bay.js';

/** The right to use a drive alone (invariant 4). Released exactly once. */
export interface DriveLease {
  readonly bay: DriveBay;
  /** Somebody else waits for this drive. */
  readonly contended: boolean;
  release(): void;
}

export interface LeaseRequest {
  /** Drives that would do; asked again each time one becomes free. */
  readonly fits: (bay: DriveBay) => boolean;
  /** Higher is better among the free ones that fit; of equals the one that was used longest ago. */
  readonly preference: (bay: DriveBay) => number;
  readonly signal: AbortSignal;
  /** Also a drive that is down: to open or close it. */
  readonly evenDown?: boolean;
}

interface Waiter extends LeaseRequest {
  readonly grant: (lease: DriveLease) => void;
  readonly refuse: (error: StorageError) => void;
}

/** Who uses which drive. First come, first served among those a drive fits. */
export class DriveLeases {
  readonly bays: readonly DriveBay[];
  readonly #leased = new Set<DriveBay>();
  readonly #waiters: Waiter[] = [];

  constructor(bays: readonly DriveBay[]) {
    this.bays = bays;
  }

  isLeased(bay: DriveBay): boolean {
    return this.#leased.has(bay);
  }

  /** By name or by number, counted from 0. DRIVE_UNKNOWN. */
  find(drive: string): DriveBay {
    const bay = this.bays.find((one) => one.name === drive || String(one.number) === drive);
    if (bay === undefined)
      throw new StorageError(
        'DRIVE_UNKNOWN',
        `There is no drive ${drive}. Drives here: ${this.bays.map((one) => `${String(one.number)} ${one.name}`).join(', ')}.`,
        { context: { drive } },
      );
    return bay;
  }

  /**
   * Waits for a drive. Rejects with the signal's reason when aborted, with DRIVE_DOWN when every drive that would fit is
   * down or goes down, and with DRIVE_UNKNOWN when none fits at all.
   */
  async acquire(request: LeaseRequest): Promise<DriveLease> {
    request.signal.throwIfAborted();
    this.#refuseHopeless(request);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        leave();
        reject(request.signal.reason as Error);
      };
      const leave = (): void => {
        request.signal.removeEventListener('abort', onAbort);
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      };
      const waiter: Waiter = {
        ...request,
        grant: (lease) => {
          leave();
          resolve(lease);
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      request.signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
      this.#serve();
    });
  }

  /** A drive went down or came up: who waited for it in vain is refused, who waits for it now gets it. */
  reconsider(): void {
    for (const waiter of [...this.#waiters]) {
      try {
        this.#refuseHopeless(waiter);
      } catch (error) {
        if (!isStorageError(error)) throw error;
        waiter.refuse(error);
      }
    }
    this.#serve();
  }

  #refuseHopeless(request: LeaseRequest): void {
    const fitting = this.bays.filter((bay) => request.fits(bay));
    if (fitting.length === 0)
      throw new StorageError('DRIVE_UNKNOWN', 'No drive of this node can do that; see `tapeloom drive list`.');
    if (request.evenDown === true || fitting.some((bay) => bay.down === null)) return;
    const reasons = fitting.map((bay) => `${bay.name} (${bay.down?.reason ?? ''})`).join(', ');
    throw new StorageError(
      'DRIVE_DOWN',
      `Every drive that could do that is down: ${reasons}. Nothing was done; \`tapeloom drive up\` when the cause is mended.`,
      { context: { drives: fitting.map(({ name }) => name).join(' ') } },
    );
  }

  #serve(): void {
    for (const waiter of [...this.#waiters]) {
      const free = this.bays
        .filter((bay) => !this.#leased.has(bay) && mayHave(waiter, bay))
        .sort(
          (a, b) =>
            waiter.preference(b) - waiter.preference(a) || (a.record.lastUsedMs ?? 0) - (b.record.lastUsedMs ?? 0),
        );
      const bay = free[0];
      if (bay !== undefined) waiter.grant(this.#lease(bay));
    }
  }

  #lease(bay: DriveBay): DriveLease {
    assert(!this.#leased.has(bay), `drive ${bay.name} has one lease`);
    this.#leased.add(bay);
    let released = false;
    const isContended = (): boolean => this.#waiters.some((waiter) => mayHave(waiter, bay));
    return {
      bay,
      get contended() {
        return isContended();
      },
      release: () => {
        assert(!released, `the lease on ${bay.name} is released once`);
        released = true;
        this.#leased.delete(bay);
        bay.activity = '';
        this.#serve();
      },
    };
  }
}

function mayHave(request: LeaseRequest, bay: DriveBay): boolean {
  return (bay.down === null || request.evenDown === true) && request.fits(bay);
}
