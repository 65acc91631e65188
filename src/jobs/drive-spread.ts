import type { Clock } from '../base/clock.js';
import { isStorageError } from '../base/storage-error.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { DriveLease, DriveLeases } from '../media/drive-leases.js';
import type { VolumeMounting } from '../media/volume-mounting.js';
import type { AppendRequest } from '../media/volume-selection.js';

/** Milliseconds a stream that opens waits for the look at most: a robot that is busy answers in seconds, a jammed one in minutes. */
const LOOK_MS = 5_000;

/** What a session that goes on has to do with the spreading of streams. */
export interface SharedDrive {
  readonly streams: number;
  /** It is about to take a volume, and nobody knows yet which. */
  readonly isMounting: boolean;
}

/** Decides whether a pool's next stream gets a drive of its own or shares one with others. */
export class DriveSpread {
  readonly #leases: DriveLeases;
  readonly #mounting: VolumeMounting;
  readonly #clock: Clock;

  constructor(options: { readonly leases: DriveLeases; readonly mounting: VolumeMounting; readonly clock: Clock }) {
    this.#leases = options.leases;
    this.#mounting = options.mounting;
    this.#clock = options.clock;
  }

  /**
   * A free drive for another session of the pool beside those that go on, which the caller releases; null: to share. Never waits for a
   * drive or a person, and takes none for which there is no volume; a changer that fails or does not answer soon means to share.
   */
  async find(request: AppendRequest, beside: readonly SharedDrive[]): Promise<DriveLease | null> {
    const { maxDrives, streamsPerDrive } = request.pool;
    const isWanted =
      beside.length > 0 && beside.length < maxDrives && beside.every(({ streams }) => streams >= streamsPerDrive);
    if (!isWanted) return null;
    const inTime = new AbortController();
    const ranks = await Promise.race([
      this.#rank(request, beside.filter(({ isMounting }) => isMounting).length),
      this.#clock.sleep(LOOK_MS, inTime.signal).then(
        () => null,
        () => null,
      ),
    ]);
    inTime.abort();
    if (ranks === null) return null;
    return this.#leases.tryAcquire({
      fits: (bay) => ranks.has(bay),
      preference: (bay) => ranks.get(bay) ?? 0,
    });
  }

  async #rank(request: AppendRequest, othersMounting: number): Promise<ReadonlyMap<DriveBay, number> | null> {
    const free = this.#leases.bays.filter((bay) => bay.kind === request.pool.kind && this.#leases.isFree(bay));
    try {
      return await this.#mounting.rankDrives(request, free, othersMounting);
    } catch (error) {
      // Who shares a drive needs none of this; what is wrong is told where it matters.
      if (!isStorageError(error)) throw error;
      return null;
    }
  }
}
