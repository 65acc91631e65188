import type { Logger } from '../base/logger.js';
import { StorageError, isStorageError } from '../base/storage-error.js';
import type { ErrorCode } from '../base/error-codes.js';
import type { Inventory } from '../inventory/inventory.js';
import type { JobRecord, JobStep, JobValue } from '../inventory/records.js';
import type { CartridgeReservations } from '../media/cartridge-reservations.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { DriveLeases, LeaseRequest } from '../media/drive-leases.js';
import type { OperatorRequests } from '../media/operator-requests.js';
import type { Barcode } from '../terms/barcode.js';
import { JOB_LIMITS } from './job-limits.js';
import { endedJob, pendingStep, withStep, type JobEnd } from './job-outcome.js';

/** What running jobs have in common. */
export interface JobWorld {
  readonly inventory: Inventory;
  readonly leases: DriveLeases;
  readonly reservations: CartridgeReservations;
  readonly requests: OperatorRequests;
  readonly logger: Logger;
}

/** Says what a step is doing, for who watches; it is not kept. */
export type Say = (doing: string) => void;

/**
 * A job at work. Its record is in the inventory before a step is begun and after it has ended, so that after a crash it
 * says what was done. What it waits for, a drive or a person, is in the record while it waits.
 */
export class JobRun {
  readonly #world: JobWorld;
  readonly #abort = new AbortController();
  readonly #drives = new Set<string>();
  /** What is waited for that is no operator request. */
  readonly #waits = new Map<symbol, string>();
  #record: JobRecord;
  /** The daemon did not wait for it any longer: the record says so already and stays so. */
  #isAbandoned = false;

  constructor(world: JobWorld, record: JobRecord) {
    this.#world = world;
    this.#record = record;
  }

  get record(): JobRecord {
    return this.#record;
  }

  get who(): string {
    return this.#record.who;
  }

  /** Aborts with JOB_CANCELLED or JOB_SHUTTING_DOWN. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Ends the job before its next step, and what it waits for. The first reason counts. */
  abort(reason: StorageError): void {
    this.#abort.abort(reason);
  }

  /**
   * Carries out one step; what `body` returns is its message. Resolves to false when it failed and the next one may be
   * tried all the same; throws what ends the job.
   */
  async step(subject: string, body: (say: Say) => Promise<string>): Promise<boolean> {
    this.signal.throwIfAborted();
    const index = await this.#begin(subject);
    let message: string;
    try {
      message = await body((doing) => {
        this.#record = withStep(this.#record, index, { message: doing });
      });
    } catch (error) {
      if (!isStorageError(error)) throw error;
      await this.#commitStep(index, { state: 'failed', message: error.message, code: error.code });
      if (this.signal.aborted || endsJob(error)) throw error;
      return false;
    }
    await this.#commitStep(index, { state: 'done', message });
    return true;
  }

  /** Runs `body` for every subject, in order, `atOnce` at the same time; the first failure that ends the job lets none begin. */
  async each<T>(subjects: readonly T[], atOnce: number, body: (subject: T) => Promise<void>): Promise<void> {
    const waiting = [...subjects];
    const work = async (): Promise<void> => {
      try {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await body(next);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    };
    const workers = Array.from({ length: Math.max(1, atOnce) }, work);
    for (const outcome of await Promise.allSettled(workers)) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** A step that need not be done. */
  async skip(subject: string, why: string): Promise<void> {
    const index = await this.#begin(subject);
    await this.#commitStep(index, { state: 'skipped', message: why });
  }

  /** Notes what was found or made. */
  async report(result: Readonly<Record<string, JobValue>>): Promise<void> {
    await this.#commit({ ...this.#record, result: { ...this.#record.result, ...result } });
  }

  /**
   * Runs `body` with a cartridge, alone; the wait for it shows. Who needs a drive for it as well takes the cartridge first.
   * `purpose` is for others who wait for it: 'being labelled'.
   */
  async withCartridge<T>(barcode: Barcode, purpose: string, body: () => Promise<T>): Promise<T> {
    const { reservations } = this.#world;
    const use = reservations.purposeOf(barcode);
    const reservation = await this.#waiting(use === null ? null : `cartridge ${barcode}, ${use}`, async () =>
      reservations.reserve(barcode, purpose, this.signal),
    );
    try {
      return await body();
    } finally {
      reservation.release();
    }
  }

  /** Runs `body` with a drive, alone; the wait for it shows. */
  async withDrive<T>(request: Omit<LeaseRequest, 'signal'>, body: (bay: DriveBay) => Promise<T>): Promise<T> {
    const { leases } = this.#world;
    const lease = await this.#waiting(this.#busyDrives(request), async () =>
      leases.acquire({ ...request, signal: this.signal }),
    );
    const { name } = lease.bay;
    this.#drives.add(name);
    try {
      return await body(lease.bay);
    } finally {
      this.#drives.delete(name);
      lease.release();
    }
  }

  /** Asks a person, and waits until `wait` sees that it was done. */
  async askOperator<T>(message: string, wait: () => Promise<T>): Promise<T> {
    return this.#world.requests.during(null, message, wait, this.#record.jobId);
  }

  /** What people are asked for has changed: some of it may be for this job. */
  async noteRequests(): Promise<void> {
    await this.#settleWaiting();
  }

  /** The record as it is kept. */
  async end(nowMs: number, end: JobEnd | null): Promise<JobRecord> {
    await this.#commit(endedJob(this.#record, nowMs, end));
    return this.#record;
  }

  /** The daemon stops while a step is still in hand: what becomes of that, the next start must find out. */
  async abandon(nowMs: number, end: JobEnd): Promise<void> {
    await this.end(nowMs, end);
    this.#isAbandoned = true;
  }

  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  async #begin(subject: string): Promise<number> {
    let index = this.#record.steps.findIndex((step) => step.subject === subject && step.state === 'pending');
    if (index < 0) {
      index = this.#record.steps.length;
      if (index >= JOB_LIMITS.steps) throw tooManySteps();
      this.#record = { ...this.#record, steps: [...this.#record.steps, pendingStep(subject)] };
    }
    await this.#commitStep(index, { state: 'running' });
    return index;
  }

  async #commitStep(index: number, change: Partial<JobStep>): Promise<void> {
    await this.#commit(withStep(this.#record, index, change));
  }

  /** The record of this moment: commits are written in the order they are called. */
  async #commit(record: JobRecord): Promise<void> {
    if (this.#isAbandoned) return;
    this.#record = record;
    await this.#world.inventory.commit({ jobs: [record] });
  }

  #busyDrives(request: Omit<LeaseRequest, 'signal'>): string | null {
    const { leases } = this.#world;
    const fitting = leases.bays.filter((bay) => bay.down === null && request.fits(bay));
    if (fitting.length === 0 || fitting.some((bay) => !leases.isLeased(bay))) return null;
    return fitting.map(({ name, activity }) => `drive ${name}${activity === '' ? '' : `, ${activity}`}`).join('; or ');
  }

  async #waiting<T>(what: string | null, wait: () => Promise<T>): Promise<T> {
    if (what === null) return wait();
    const mark = Symbol('wait');
    this.#waits.set(mark, what);
    await this.#settleWaiting();
    try {
      return await wait();
    } finally {
      this.#waits.delete(mark);
      await this.#settleWaiting();
    }
  }

  /** A person who is waited for comes first: nobody else can help. */
  async #settleWaiting(): Promise<void> {
    const asked = this.#world.requests.pending.find(
      ({ job, drive }) => job === this.#record.jobId || (drive !== null && this.#drives.has(drive)),
    );
    const waitingFor = asked?.message ?? [...this.#waits.values()][0] ?? '';
    const state = asked === undefined ? 'running' : 'waiting-for-operator';
    if (waitingFor === this.#record.waitingFor && state === this.#record.state) return;
    await this.#commit({ ...this.#record, state, waitingFor });
  }
}

/** Failures after which the next cartridge would fare no better, or would make it worse. */
const JOB_ENDING: ReadonlySet<ErrorCode> = new Set([
  'CHANGER_MOVE_FAILED',
  'CHANGER_HARDWARE',
  'CHANGER_DOOR_OPEN',
  'CHANGER_NOT_READY',
  'CHANGER_UNKNOWN',
  'CHANGER_NO_FREE_SLOT',
  'DRIVE_DOWN',
  'DRIVE_UNKNOWN',
  'JOB_LIMIT',
]);

function endsJob(error: StorageError): boolean {
  return error.disposition === 'take-drive-down' || error.disposition === 'stop' || JOB_ENDING.has(error.code);
}

function tooManySteps(): StorageError {
  return new StorageError(
    'JOB_LIMIT',
    `A job has at most ${String(JOB_LIMITS.steps)} steps. Those before were done; order the rest in a job of its own.`,
  );
}
