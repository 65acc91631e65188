import { assert } from '../base/assert.js';
import { StorageError } from '../base/storage-error.js';
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
  /** Higher is better among the free ones that fit. */
  readonly preference: (bay: DriveBay) => number;
  readonly signal: AbortSignal;
}

interface Waiter extends LeaseRequest {
  readonly grant: (lease: DriveLease) => void;
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
   * down, and with DRIVE_UNKNOWN when none fits at all.
   */
  async acquire(request: LeaseRequest): Promise<DriveLease> {
    request.signal.throwIfAborted();
    this.#refuseHopeless(request);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(request.signal.reason as Error);
      };
      const waiter: Waiter = {
        ...request,
        grant: (lease) => {
          request.signal.removeEventListener('abort', onAbort);
          resolve(lease);
        },
      };
      request.signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
      this.#serve();
    });
  }

  #refuseHopeless(request: LeaseRequest): void {
    const fitting = this.bays.filter((bay) => request.fits(bay));
    if (fitting.length === 0)
      throw new StorageError('DRIVE_UNKNOWN', 'No drive of this node can do that; see `tapeloom drive list`.');
    const down = fitting.filter((bay) => bay.downReason !== '');
    if (down.length === fitting.length)
      throw new StorageError(
        'DRIVE_DOWN',
        `Every drive that could do that is down: ${down.map((bay) => `${bay.name} (${bay.downReason})`).join(', ')}.`,
      );
  }

  #serve(): void {
    for (const waiter of [...this.#waiters]) {
      const free = this.bays
        .filter((bay) => !this.#leased.has(bay) && bay.downReason === '' && waiter.fits(bay))
        .sort((a, b) => waiter.preference(b) - waiter.preference(a));
      const bay = free[0];
      if (bay === undefined) continue;
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.grant(this.#lease(bay));
    }
  }

  #lease(bay: DriveBay): DriveLease {
    assert(!this.#leased.has(bay), `drive ${bay.name} has one lease`);
    this.#leased.add(bay);
    let released = false;
    const isContended = (): boolean => this.#waiters.some((waiter) => waiter.fits(bay));
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
