import type { ErrorCode } from '../base/error-codes.js';
import { StorageError, isStorageError } from '../base/storage-error.js';
import type { VolumeId } from '../terms/ids.js';
import type { VolumeState } from '../terms/media-state.js';
import type { PoolRecord, VolumeRecord } from '../inventory/records.js';
import { readLabel, type LabelReading } from '../volume/label-io.js';
import { allocateVolume } from './allocation.js';
import type { CartridgeLoading } from './cartridge-loading.js';
import { byDaemon } from './cartridge-register.js';
import type { CartridgeReservation } from './cartridge-reservations.js';
import type { DriveBay } from './drive-bay.js';
import { settleEndOfData } from './end-of-data.js';
import type { MediaEnvironment } from './media-environment.js';
import { withStateByDaemon } from './state-changes.js';
import { updateVolume } from './update-volume.js';

/** A volume that stands where its data ends, and the right to use it: who has it releases that. */
export interface VolumeForAppend {
  readonly volume: VolumeRecord;
  readonly reservation: CartridgeReservation;
}

/**
 * The mount procedure: from "pool" or "volume" to a drive that stands where the next block goes, the label read and
 * matched (invariant 2), the end of data compared with the inventory (invariant 3). The caller holds the drive's lease.
 */
export class VolumeMounting {
  readonly #environment: MediaEnvironment;
  readonly #loading: CartridgeLoading;

  constructor(environment: MediaEnvironment, loading: CartridgeLoading) {
    this.#environment = environment;
    this.#loading = loading;
  }

  /**
   * Mounts the volume of `pool` to write next. A volume that turns out unfit (write-protected, suspect, another label) is
   * marked and the next one is tried; one that somebody else uses is passed over. JOB_NO_VOLUME when none is left, with what
   * was wrong with each.
   */
  async mountForAppend(bay: DriveBay, pool: PoolRecord, signal: AbortSignal): Promise<VolumeForAppend> {
    const { reservations } = this.#environment;
    const problems: string[] = [];
    const passedOver = new Set<VolumeId>();
    for (;;) {
      signal.throwIfAborted();
      const { order, reasons } = await this.#allocate(bay, pool);
      const next = order.find(({ volume }) => !passedOver.has(volume.volumeId));
      if (next === undefined)
        throw noVolume(pool, [...problems, ...reasons.map((one) => `${one.barcode} ${one.reason}`)]);
      const reservation = reservations.tryReserve(next.volume.barcode, `saving to pool ${pool.name}`);
      if (reservation === null) continue;
      try {
        return { volume: await this.#prepareAppend(bay, pool, next.volume, signal), reservation };
      } catch (error) {
        reservation.release();
        if (!isStorageError(error)) throw error;
        // The robot could not bring it: another one may do.
        if (NOT_BROUGHT.has(error.code)) passedOver.add(next.volume.volumeId);
        else if (!(await this.#setAside(next.volume, error))) throw error;
        problems.push(`${next.volume.barcode}: ${error.message}`);
      }
    }
  }

  /**
   * Which of these drives can get a volume of `pool` to write on, with how well: 2 when it holds one, 1 when it is empty, 0
   * when something must be unloaded first. JOB_NO_VOLUME when none can, with what is wrong with each volume.
   */
  async drivesFor(pool: PoolRecord, bays: readonly DriveBay[]): Promise<ReadonlyMap<DriveBay, number>> {
    const ranks = new Map<DriveBay, number>();
    const problems = new Set<string>();
    for (const bay of bays) {
      const { order, reasons } = await this.#allocate(bay, pool);
      const [first] = order;
      if (first !== undefined) ranks.set(bay, first.mounted ? 2 : bay.loaded === null ? 1 : 0);
      else for (const one of reasons) problems.add(`${one.barcode} ${one.reason}`);
    }
    if (ranks.size === 0) throw noVolume(pool, [...problems]);
    return ranks;
  }

  /**
   * Whether a volume that was mounted to be appended still stands where its data ends, and nothing has touched the medium since
   * its label was read (invariant 2). False also when the drive cannot say.
   */
  async isStillMounted(bay: DriveBay, volume: VolumeRecord): Promise<boolean> {
    try {
      const { medium, mediumGeneration } = await bay.thread.readStatus();
      const isSame = bay.mounted?.volumeId === volume.volumeId && bay.mounted.mediumGeneration === mediumGeneration;
      if (!isSame || medium !== 'ready') return false;
      return (await bay.thread.readPosition()).blockAddress === volume.endOfData.blockAddress;
    } catch (error) {
      if (!isStorageError(error)) throw error;
      return false;
    }
  }

  /** Mounts a volume, which the caller has reserved, to read it; the position is anywhere. VOLUME_UNKNOWN, VOLUME_LABEL_MISMATCH, CHANGER_*, DRIVE_*. */
  async mountForRead(bay: DriveBay, volumeId: VolumeId, signal: AbortSignal): Promise<VolumeRecord> {
    const volume = await this.#environment.inventory.volume(volumeId);
    if (volume === null)
      throw new StorageError('VOLUME_UNKNOWN', `The inventory knows no volume ${volumeId}.`, { context: { volumeId } });
    await this.#mount(bay, volume, 'loaded to be read', signal);
    return volume;
  }

  async #allocate(bay: DriveBay, pool: PoolRecord): Promise<ReturnType<typeof allocateVolume>> {
    const volumes = (await this.#environment.inventory.volumes()).filter((volume) => volume.pool === pool.name);
    const reachable = await bay.changer.cartridges();
    const candidates = volumes.map((volume) => ({
      volume,
      mounted: bay.loaded === volume.barcode,
      inUse: this.#environment.reservations.purposeOf(volume.barcode),
      reachable: reachable.some(
        ({ barcode, reachableBy, location }) =>
          barcode === volume.barcode &&
          reachableBy.includes(bay.name) &&
          (location.kind !== 'drive' || location.drive === bay.name),
      ),
    }));
    return allocateVolume(pool, candidates);
  }

  async #prepareAppend(
    bay: DriveBay,
    pool: PoolRecord,
    volume: VolumeRecord,
    signal: AbortSignal,
  ): Promise<VolumeRecord> {
    const status = await this.#mount(bay, volume, `loaded to save to pool ${pool.name}`, signal);
    if (status.writeProtected)
      throw new StorageError(
        'MEDIUM_WRITE_PROTECTED',
        `Cartridge ${volume.barcode} is write-protected. It is not written until its tab is set and its state is append again.`,
        { context: { barcode: volume.barcode, drive: bay.name } },
      );
    bay.activity = `positioning ${volume.barcode}`;
    await bay.thread.locateEndOfData();
    const settled = await settleEndOfData(this.#environment, bay.thread, volume);
    return settled;
  }

  /** Loads it and reads its label, unless that was done and nothing has touched the medium since. */
  async #mount(
    bay: DriveBay,
    volume: VolumeRecord,
    why: string,
    signal: AbortSignal,
  ): Promise<{ writeProtected: boolean }> {
    const before = await bay.thread.readStatus();
    if (
      bay.mounted?.volumeId === volume.volumeId &&
      before.medium === 'ready' &&
      bay.mounted.mediumGeneration === before.mediumGeneration
    )
      return before;
    await this.#loading.load(bay, volume.barcode, byDaemon(why), signal);
    bay.activity = `mounting ${volume.barcode}`;
    bay.mounted = null;
    const status = await bay.thread.readStatus();
    const slot = this.#environment.slots.take();
    try {
      matchLabel(volume, bay, await readLabel(bay.thread, slot));
    } catch (error) {
      // The wrong cartridge goes back: it is not the one the books say is in the drive.
      if (isStorageError(error, 'VOLUME_LABEL_MISMATCH'))
        await this.#loading.unload(bay, byDaemon('unloaded: its label is not that of the volume wanted'), signal);
      throw error;
    } finally {
      this.#environment.slots.give(slot);
    }
    const after = await bay.thread.readStatus();
    if (after.mediumGeneration !== status.mediumGeneration)
      throw new StorageError(
        'DRIVE_POSITION_LOST',
        `The medium in drive ${bay.name} may have been changed while its label was read. Nothing was written; try again.`,
        { context: { drive: bay.name, barcode: volume.barcode } },
      );
    bay.mounted = { volumeId: volume.volumeId, barcode: volume.barcode, mediumGeneration: after.mediumGeneration };
    await updateVolume(this.#environment, volume.volumeId, (current) => ({ ...current, mounts: current.mounts + 1 }));
    this.#environment.logger.log('info', 'volume.mounted', `Volume ${volume.barcode} is mounted in ${bay.name}.`, {
      volume: volume.volumeId,
      barcode: volume.barcode,
      drive: bay.name,
    });
    return after;
  }

  /** Marks a volume that must not be written; false when the failure is not the volume's. */
  async #setAside(volume: VolumeRecord, error: StorageError): Promise<boolean> {
    const state = stateAfter(error);
    if (state === null) return false;
    await updateVolume(this.#environment, volume.volumeId, (current) =>
      withStateByDaemon({ ...current, errors: current.errors + 1 }, state, error.message),
    );
    this.#environment.logger.log('warn', 'volume.set-aside', `Volume ${volume.barcode} is ${state}: ${error.message}`, {
      volume: volume.volumeId,
      barcode: volume.barcode,
      code: error.code,
    });
    return true;
  }
}

const NOT_BROUGHT: ReadonlySet<ErrorCode> = new Set([
  'CHANGER_NO_CARTRIDGE',
  'CHANGER_MOVE_FAILED',
  'CHANGER_DUPLICATE_BARCODE',
]);

/** What a volume becomes when it could not be mounted for writing; null: it is not the volume's fault. */
function stateAfter(error: StorageError): VolumeState | null {
  switch (error.code) {
    case 'MEDIUM_WRITE_PROTECTED':
      return 'read-only';
    case 'VOLUME_SUSPECT':
    case 'VOLUME_LABEL_MISMATCH':
    case 'VOLUME_LABEL_DAMAGED':
    case 'VOLUME_UNSUPPORTED_FORMAT':
    case 'VOLUME_BLANK':
    case 'VOLUME_FOREIGN':
      return 'suspect';
    case 'MEDIUM_READ_ERROR':
    case 'MEDIUM_WRITE_ERROR':
      return 'damaged';
    default:
      return null;
  }
}

function matchLabel(volume: VolumeRecord, bay: DriveBay, reading: LabelReading): void {
  const context = { barcode: volume.barcode, drive: bay.name, volume: volume.volumeId };
  const kept = 'Nothing was written.';
  switch (reading.kind) {
    case 'blank':
      throw new StorageError(
        'VOLUME_BLANK',
        `The medium in drive ${bay.name} should be volume ${volume.barcode} but is blank. ${kept} Look for the right cartridge; if this is it, its data is gone.`,
        { context },
      );
    case 'foreign':
      throw new StorageError(
        'VOLUME_FOREIGN',
        `The medium in drive ${bay.name} should be volume ${volume.barcode} but holds ${reading.what}. ${kept} Look for the right cartridge.`,
        { context },
      );
    case 'damaged':
      throw new StorageError(
        reading.code,
        `The label of volume ${volume.barcode} in drive ${bay.name} cannot be trusted: ${reading.reason}. ${kept} Clean the drive and try again, or read the volume with the stand-alone reader.`,
        { context },
      );
    case 'tapeloom':
      if (reading.label.volumeId === volume.volumeId) return;
      throw new StorageError(
        'VOLUME_LABEL_MISMATCH',
        `The medium in drive ${bay.name} should be volume ${volume.barcode} (${volume.volumeId}) but its label says ${reading.label.barcode} (${reading.label.volumeId}). ${kept} The cartridge was unloaded; insert the right one.`,
        { context: { ...context, found: reading.label.volumeId, foundBarcode: reading.label.barcode } },
      );
  }
}

function noVolume(pool: PoolRecord, reasons: readonly string[]): StorageError {
  const why = reasons.length === 0 ? 'it has no volumes' : reasons.join('; ');
  return new StorageError(
    'JOB_NO_VOLUME',
    `Pool ${pool.name} has no volume to write: ${why}. Label a cartridge: \`tapeloom media label BARCODE --pool ${pool.name}\`.`,
    { context: { pool: pool.name } },
  );
}
