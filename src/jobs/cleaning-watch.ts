import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { isStorageError } from '../base/storage-error.js';
import type { DriveBay } from '../media/drive-bay.js';
import { DAEMON } from '../media/drive-book.js';
import type { DriveLeases } from '../media/drive-leases.js';
import type { JobView } from '../protocol/job-api.js';
import type { JobId } from '../terms/ids.js';
import { isAtWork } from '../terms/job-words.js';
import type { JobControl } from './job-control.js';

/** How often it is looked whether a drive that wants to be cleaned is idle, milliseconds. */
const LOOK_MS = 15_000;

/**
 * A drive that asks again so soon after it was cleaned, milliseconds, has another trouble: cleaning it again and again would
 * use up the cartridges and wear the heads.
 */
const AGAIN_MS = 12 * 3_600_000;

/** Has drives cleaned that asked for it (DriveRecord.wantsCleaning), when they are idle: one job a drive. */
export class CleaningWatch {
  readonly #leases: DriveLeases;
  readonly #jobs: JobControl;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** The last job of each drive. */
  readonly #begun = new Map<DriveBay, JobId>();
  /** Drives of which it was said that they ask too soon. */
  readonly #told = new Set<DriveBay>();

  constructor(leases: DriveLeases, jobs: JobControl, clock: Clock, logger: Logger) {
    this.#leases = leases;
    this.#jobs = jobs;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#clock.sleep(LOOK_MS, signal);
        for (const bay of this.#leases.bays) await this.#tryLook(bay);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** What keeps it from ordering now may be gone when it looks again. */
  async #tryLook(bay: DriveBay): Promise<void> {
    try {
      await this.#look(bay);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.#logger.log('warn', 'cleaning.not-begun', `Drive ${bay.name} is not cleaned: ${error.message}`, {
        drive: bay.name,
        code: error.code,
      });
    }
  }

  async #look(bay: DriveBay): Promise<void> {
    const { wantsCleaning, lastCleanedMs } = bay.record;
    if (!wantsCleaning) {
      this.#begun.delete(bay);
      this.#told.delete(bay);
      return;
    }
    if (bay.down !== null || this.#leases.isLeased(bay) || (await this.#hasJob(bay))) return;
    if (lastCleanedMs !== null && this.#clock.wallMs() - lastCleanedMs < AGAIN_MS) {
      this.#tellTooSoon(bay);
      return;
    }
    const { jobId } = await this.#jobs.start(DAEMON, { kind: 'clean', drive: bay.name, cartridge: null });
    this.#begun.set(bay, jobId as JobId);
  }

  /** One that failed is not begun again by itself: who looks at it decides. */
  async #hasJob(bay: DriveBay): Promise<boolean> {
    if (this.#begun.has(bay)) return true;
    const isOf = ({ kind, state, steps }: JobView): boolean =>
      kind === 'clean' && isAtWork(state) && steps.some(({ subject }) => subject === bay.name);
    return (await this.#jobs.list({ limit: 100 })).some(isOf);
  }

  #tellTooSoon(bay: DriveBay): void {
    if (this.#told.has(bay)) return;
    this.#told.add(bay);
    this.#logger.log(
      'warn',
      'cleaning.asked-again',
      `Drive ${bay.name} asks to be cleaned again although it was not long ago. It is not cleaned by itself; \`tapeloom drive clean ${bay.name}\` does, but have it looked at.`,
      { drive: bay.name },
    );
  }
}
