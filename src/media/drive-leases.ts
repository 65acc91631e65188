import { assert } from '../base/assert.js';
import { StorageError, isStorageError } from '../base/storage-error.js';
import type { DriveBay } from './drive-bay.js';

/** The right to use a drive alone (invariant 4). Released exactly once. */
export interface DriveLease {
  readonly bay: DriveBay;
  /** Somebody else waits for this drive. */
  readonly contended: boolean;
  /** Calls `listener` once, when somebody begins to wait for this drive; at once if somebody does. */
  onContended(listener: () => void): void;
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
  /** With who wants to hear that others wait. */
  readonly #leased = new Map<DriveBay, (() => void)[]>();
  readonly #waiters: Waiter[] = [];

  constructor(bays: readonly DriveBay[]) {
    this.bays = bays;
  }

  isLeased(bay: DriveBay): boolean {
    return this.#leased.has(bay);
  }

  /** Up, not leased, and nobody waits for it. */
  isFree(bay: DriveBay): boolean {
    return bay.down === null && !this.#leased.has(bay) && !this.#isWaitedFor(bay);
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
      if (this.#waiters.includes(waiter)) this.#tellHolders(waiter);
    });
  }

  /** A drive that is free now and that nobody else waits for; null when there is none. */
  tryAcquire(request: Pick<LeaseRequest, 'fits' | 'preference'>): DriveLease | null {
    const bay = this.#bestFree(request);
    return bay === null || this.#isWaitedFor(bay) ? null : this.#lease(bay);
  }

  #tellHolders(waiter: Waiter): void {
    for (const [bay, listeners] of this.#leased)
      if (mayHave(waiter, bay)) for (const listener of listeners.splice(0)) listener();
  }

  #isWaitedFor(bay: DriveBay): boolean {
    return this.#waiters.some((waiter) => mayHave(waiter, bay));
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
      const bay = this.#bestFree(waiter);
      if (bay !== null) waiter.grant(this.#lease(bay));
    }
  }

  #bestFree(request: Omit<LeaseRequest, 'signal'>): DriveBay | null {
    const free = this.bays
      .filter((bay) => !this.#leased.has(bay) && mayHave(request, bay))
      .sort(
        (a, b) =>
          request.preference(b) - request.preference(a) || (a.record.lastUsedMs ?? 0) - (b.record.lastUsedMs ?? 0),
      );
    return free[0] ?? null;
  }

  #lease(bay: DriveBay): DriveLease {
    assert(!this.#leased.has(bay), `drive ${bay.name} has one lease`);
    const listeners: (() => void)[] = [];
    this.#leased.set(bay, listeners);
    let released = false;
    const isContended = (): boolean => this.#isWaitedFor(bay);
    return {
      bay,
      get contended() {
        return isContended();
      },
      onContended: (listener) => {
        if (isContended()) listener();
        else listeners.push(listener);
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

function mayHave(request: Omit<LeaseRequest, 'signal'>, bay: DriveBay): boolean {
  return (bay.down === null || request.evenDown === true) && request.fits(bay);
}
