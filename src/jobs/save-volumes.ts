import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { describeError, isStorageError, type StorageError } from '../base/storage-error.js';
import type { Inventory } from '../inventory/inventory.js';
import type { PoolRecord } from '../inventory/records.js';
import type { WritingSession } from '../media/allocation-period.js';
import type { Barcode } from '../terms/barcode.js';
import type { VolumeId } from '../terms/ids.js';
import type { CartridgeLoading } from '../media/cartridge-loading.js';
import { byDaemon } from '../media/cartridge-register.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { DriveLease, DriveLeases } from '../media/drive-leases.js';
import type { HealthWatch } from '../media/health-watch.js';
import { MediaWatch } from '../media/media-watch.js';
import type { OperatorRequests } from '../media/operator-requests.js';
import type { VolumeMounting } from '../media/volume-mounting.js';
import type { OpenVolume, OpenVolumeReason } from '../transfer/open-volume.js';
import type { TellWaiting, VolumeSupply } from '../transfer/volume-supply.js';
import { OperatorWait, isForOperator } from './operator-wait.js';
import type { SaveLimits } from './save-limits.js';
import { VolumePreparation, type HeldVolume } from './volume-preparation.js';

export interface SaveVolumesOptions {
  readonly pool: PoolRecord;
  /** The session these volumes are for. */
  readonly session: WritingSession;
  /** The drive it begins on; null: one is waited for. */
  readonly lease: DriveLease | null;
  readonly inventory: Inventory;
  readonly leases: DriveLeases;
  readonly mounting: VolumeMounting;
  readonly loading: CartridgeLoading;
  readonly requests: OperatorRequests;
  readonly health: HealthWatch;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: SaveLimits;
  /** The daemon stops. */
  readonly signal: AbortSignal;
  /** The session writes to this volume from now on. */
  readonly onOpened: (volumeId: VolumeId) => void;
}

/**
 * The volumes of one save session and the drives they are in. When a volume is full the session goes on with the one that
 * was got ready on another drive, while the old one is unloaded behind it; without another drive the volumes are changed in
 * the one it has. When there is no volume, or no drive, a person is asked, and the session goes on by itself when there is.
 */
export class SaveVolumes implements VolumeSupply {
  readonly #options: SaveVolumesOptions;
  readonly #watch: MediaWatch;
  #pool: PoolRecord;
  #held: HeldVolume | null = null;
  /** Not used yet. */
  #given: DriveLease | null;
  #preparation: VolumePreparation | null = null;
  /** Of the volume in hand: there is none to get ready, or a drive that failed to. */
  #hasNoNext = false;
  readonly #failedDrives = new Set<DriveBay>();
  /** What the volume in hand could not be written for. */
  #writeError: StorageError | null = null;
  /** Drives that failed to write more than once in this session, or for a reason of their own. */
  readonly #suspectDrives = new Set<DriveBay>();
  readonly #wroteBadly = new Set<DriveBay>();
  #looking: Promise<void> | null = null;
  #isWaitingForOperator = false;
  #isClosed = false;
  /** Drives that are being emptied behind the session. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(options: SaveVolumesOptions) {
    this.#options = options;
    this.#watch = new MediaWatch(options.inventory, options.clock);
    this.#pool = options.pool;
    this.#given = options.lease;
  }

  /** The drive that is written on; null: none yet, or any more. */
  get bay(): DriveBay | null {
    return this.#held?.lease.bay ?? null;
  }
  /** Of the volume that is written. */
  get barcode(): Barcode | null {
    return this.#held?.volume.barcode ?? null;
  }
  get preparing(): { readonly bay: DriveBay; readonly barcode: string | null } | null {
    const preparation = this.#preparation;
    if (preparation === null || preparation.isOver) return null;
    return { bay: preparation.lease.bay, barcode: preparation.volume?.barcode ?? null };
  }
  get isWaitingForOperator(): boolean {
    return this.#isWaitingForOperator;
  }
  /** Has no volume yet, or is between two. */
  get isMounting(): boolean {
    return this.#held === null;
  }
  /** Somebody waits for the drive, or for the volume. */
  get isContended(): boolean {
    return this.#held === null ? this.#given?.contended === true : isContended(this.#held);
  }

  /** The volume in hand could not be written: nothing that is known of what is in the drive holds any more. */
  noteWriteError(error: StorageError): void {
    const { bay } = this;
    if (bay === null) return;
    this.#writeError = error;
    if (isDriveFault(error) || this.#wroteBadly.has(bay)) this.#suspectDrives.add(bay);
    this.#wroteBadly.add(bay);
  }

  async next(reason: OpenVolumeReason, waiting: TellWaiting): Promise<OpenVolume> {
    const before = this.#held;
    this.#held = null;
    const prepared = await this.#takePrepared(waiting);
    const moves = prepared !== null || (reason === 'failed' && before !== null && this.#mustLeave(before));
    if (before !== null && reason === 'failed') before.lease.bay.mounted = null;
    if (before !== null && moves) this.#leaveBehind(before);
    this.#held = await this.#mountNext(prepared ?? (moves ? null : before), prepared, waiting);
    const { lease, volume } = this.#held;
    lease.bay.activity = `saving to ${volume.barcode}`;
    this.#options.onOpened(volume.volumeId);
    return {
      thread: lease.bay.thread,
      volumeId: volume.volumeId,
      barcode: volume.barcode,
      blockSizeBytes: volume.blockSizeBytes,
      endOfData: volume.endOfData,
      written: { blocks: volume.blocks, bytes: volume.bytes },
    };
  }

  prepare(): void {
    if (this.#looking !== null || this.#hasNoNext || this.#isClosed) return;
    if (this.#preparation?.isOver === false) return;
    this.#noteOver(this.#preparation);
    this.#preparation = null;
    if (!this.#otherDrives().some((bay) => this.#options.leases.isFree(bay))) return;
    this.#looking = this.#startPreparing().finally(() => (this.#looking = null));
  }

  /**
   * The session is over: gives everything back. `isTrusted`: what is known of the volume in the drive is right. Resolves
   * when nothing is at work for the session any more; its drive is free at once.
   */
  async close(isTrusted: boolean): Promise<void> {
    this.#isClosed = true;
    this.#takeGiven()?.release();
    const held = this.#held;
    this.#held = null;
    if (held !== null) {
      if (!isTrusted) held.lease.bay.mounted = null;
      held.reservation.release();
      held.lease.release();
    }
    await this.#looking;
    await this.#preparation?.callOff();
    await Promise.all(this.#leaving);
  }

  async #takePrepared(waiting: TellWaiting): Promise<HeldVolume | null> {
    await this.#looking;
    const preparation = this.#preparation;
    if (preparation !== null) {
      const { name } = preparation.lease.bay;
      waiting('mount', `the next volume of pool ${this.#pool.name} is being mounted in drive ${name}`);
    }
    const prepared = (await preparation?.take()) ?? null;
    this.#noteOver(preparation);
    this.#preparation = null;
    this.#hasNoNext = false;
    this.#failedDrives.clear();
    return prepared;
  }

  /** The drive may be what failed, and there is another one. */
  #mustLeave({ lease: { bay } }: HeldVolume): boolean {
    return bay.down !== null || this.#suspectsToAvoid().has(bay);
  }

  /** Drives that may be what failed, as long as there is one that is not. */
  #suspectsToAvoid(): Set<DriveBay> {
    const isSuspect = (bay: DriveBay): boolean => this.#suspectDrives.has(bay);
    return new Set(this.#drives().every(isSuspect) ? [] : this.#suspectDrives);
  }

  #noteOver(preparation: VolumePreparation | null): void {
    const failure = preparation?.failure ?? null;
    if (preparation === null || failure === null) return;
    const { bay } = preparation.lease;
    this.#failedDrives.add(bay);
    this.#options.logger.log(
      'warn',
      'session.preparation-failed',
      `The next volume of pool ${this.#pool.name} could not be got ready in drive ${bay.name}: ${failure.message}`,
      { pool: this.#pool.name, drive: bay.name, code: failure.code },
    );
  }

  #otherDrives(): readonly DriveBay[] {
    return this.#drives().filter((bay) => bay !== this.bay && !this.#failedDrives.has(bay));
  }

  /** Of the pool's kind, and up. */
  #drives(): readonly DriveBay[] {
    return this.#options.leases.bays.filter((bay) => bay.kind === this.#pool.kind && bay.down === null);
  }

  async #startPreparing(): Promise<void> {
    const { leases, mounting, logger, session } = this.#options;
    const pool = this.#pool;
    try {
      const ranks = await mounting.drivesFor({ pool, session }, this.#otherDrives());
      if (this.#isClosed || this.bay === null) return;
      const lease = leases.tryAcquire({
        fits: (bay) => ranks.has(bay),
        preference: (bay) => ranks.get(bay) ?? 0,
      });
      if (lease === null) return;
      this.#preparation = new VolumePreparation({
        lease,
        health: this.#options.health,
        mount: async (signal) =>
          mounting.mountForAppend(lease.bay, { pool, session }, AbortSignal.any([signal, this.#options.signal])),
      });
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.#hasNoNext = true;
      logger.log('warn', 'session.no-next-volume', `When the volume in hand is full: ${error.message}`, {
        pool: pool.name,
        code: error.code,
      });
    }
  }

  /**
   * What was got ready, if nothing has touched it since; else another volume: in the drive in hand, unless somebody waits for
   * that, then behind them.
   */
  async #mountNext(inHand: HeldVolume | null, prepared: HeldVolume | null, waiting: TellWaiting): Promise<HeldVolume> {
    const { mounting, health } = this.#options;
    if (prepared !== null && (await mounting.isStillMounted(prepared.lease.bay, prepared.volume))) return prepared;
    let lease = inHand === null ? this.#takeGiven() : keepDrive(inHand);
    const wait = new OperatorWait({ ...this.#options, watch: this.#watch }, waiting);
    const failed = this.#suspectsToAvoid();
    for (;;) {
      try {
        lease ??= await this.#acquireDrive(failed, waiting);
        return await this.#mountOn(lease, waiting);
      } catch (error) {
        const bay = lease?.bay ?? null;
        if (bay !== null) {
          bay.mounted = null;
          if (isStorageError(error)) await health.failed(bay, bay.loaded, 'read-error', error);
        }
        lease?.release();
        lease = null;
        if (!isStorageError(error)) throw error;
        if (bay !== null && isDriveFault(error)) {
          failed.add(bay);
          if (this.#drives().some((one) => !failed.has(one))) continue;
        }
        if (!isForOperator(error)) throw error;
        await this.#awaitOperator(wait, error);
        failed.clear();
      }
    }
  }

  #takeGiven(): DriveLease | null {
    const given = this.#given;
    this.#given = null;
    return given;
  }

  async #mountOn(lease: DriveLease, waiting: TellWaiting): Promise<HeldVolume> {
    const { mounting, signal, session } = this.#options;
    waiting('mount', `mounting a volume of pool ${this.#pool.name} in drive ${lease.bay.name}`);
    return { lease, ...(await mounting.mountForAppend(lease.bay, { pool: this.#pool, session }, signal)) };
  }

  async #acquireDrive(failed: ReadonlySet<DriveBay>, waiting: TellWaiting): Promise<DriveLease> {
    const { leases, mounting, signal, session } = this.#options;
    const pool = this.#pool;
    const drives = this.#drives().filter((bay) => !failed.has(bay));
    // With none up the leases say why.
    const ranks = drives.length === 0 ? null : await mounting.drivesFor({ pool, session }, drives);
    waiting('drive', `waiting for a drive of pool ${pool.name}`);
    return leases.acquire({
      fits: (bay) => bay.kind === pool.kind && (ranks?.has(bay) ?? true),
      preference: (bay) => ranks?.get(bay) ?? 0,
      signal,
    });
  }

  async #awaitOperator(wait: OperatorWait, error: StorageError): Promise<void> {
    const { inventory, mounting, session } = this.#options;
    this.#isWaitingForOperator = true;
    try {
      await wait.until(error, async () => {
        // What a person changes of the pool while they are asked for a volume is meant for this session, too.
        this.#pool = (await inventory.pool(this.#pool.name)) ?? this.#pool;
        const drives = this.#drives();
        return drives.length > 0 && (await mounting.drivesFor({ pool: this.#pool, session }, drives)).size > 0;
      });
    } finally {
      this.#isWaitingForOperator = false;
    }
  }

  /** The volume that was left goes back to its slot while the session writes on the next one. */
  #leaveBehind(before: HeldVolume): void {
    const why = this.#writeError === null ? 'unloaded: it is full' : 'unloaded: it could not be written';
    this.#writeError = null;
    const leaving = this.#unload(before, why).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  async #unload(before: HeldVolume, why: string): Promise<void> {
    const { loading, logger, signal } = this.#options;
    const { lease, reservation, volume } = before;
    const { bay } = lease;
    try {
      // Who waits for the drive unloads it anyway, and who waits for the volume would have it brought back.
      if (!isContended(before)) await loading.unload(bay, byDaemon(why), signal);
    } catch (error) {
      bay.mounted = null;
      if (!isStorageError(error) && !signal.aborted) throw error;
      logger.log(
        'warn',
        'volume.not-unloaded',
        `Volume ${volume.barcode} was not unloaded from ${bay.name}: ${describeError(error)}`,
        { barcode: volume.barcode, drive: bay.name },
      );
    } finally {
      reservation.release();
      lease.release();
    }
  }
}

function isContended({ lease, reservation }: HeldVolume): boolean {
  return lease.contended || reservation.contended;
}

/** Gives the volume back, and the drive too when somebody waits. */
function keepDrive(before: HeldVolume): DriveLease | null {
  const { lease, reservation } = before;
  const givesWay = isContended(before);
  reservation.release();
  if (!givesWay) return lease;
  lease.release();
  return null;
}

/** The drive is at fault, or may be: another one may do. */
function isDriveFault({ code, disposition }: StorageError): boolean {
  return disposition === 'take-drive-down' || code.startsWith('DRIVE_') || code.startsWith('DEVICE_');
}
