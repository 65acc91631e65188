import { assert } from '../base/assert.js';
import { StorageError, isStorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { VolumeId } from '../terms/ids.js';
import type { PoolRecord, VolumeRecord } from '../inventory/records.js';
import { readLabel, type LabelReading } from '../volume/label-io.js';
import type { AllocationChoice, Consideration } from './allocation.js';
import type { CartridgeLoading } from './cartridge-loading.js';
import { byDaemon } from './cartridge-register.js';
import type { CartridgeReservation } from './cartridge-reservations.js';
import type { DriveBay } from './drive-bay.js';
import { DAEMON } from './drive-book.js';
import { settleEndOfData } from './end-of-data.js';
import type { Labelling } from './labelling.js';
import type { MediaEnvironment } from './media-environment.js';
import { noVolume } from './no-volume.js';
import { setAside } from './set-aside.js';
import { updateVolume } from './update-volume.js';
import type { AppendRequest, VolumeSelection } from './volume-selection.js';

/** A volume that stands where its data ends, and the right to use it: who has it releases that. */
export interface VolumeForAppend {
  readonly volume: VolumeRecord;
  readonly reservation: CartridgeReservation;
}

/** Words of the log for what becomes a volume of a pool. */
const EVENT = { recycle: 'recycled', draw: 'drawn', label: 'labelled' } as const;
const DOING = {
  recycle: 'expired and is used again by pool',
  draw: 'drawn from scratch by pool',
  label: 'blank and is labelled for pool',
} as const;

/**
 * The mount procedure: from "pool" or "volume" to a drive that stands where the next block goes, the label read and
 * matched (invariant 2), the end of data compared with the inventory (invariant 3). The caller holds the drive's lease.
 */
export class VolumeMounting {
  readonly #environment: MediaEnvironment;
  readonly #loading: CartridgeLoading;
  readonly #labelling: Labelling;
  readonly #selection: VolumeSelection;

  constructor(
    environment: MediaEnvironment,
    parts: { readonly loading: CartridgeLoading; readonly labelling: Labelling; readonly selection: VolumeSelection },
  ) {
    this.#environment = environment;
    this.#loading = parts.loading;
    this.#labelling = parts.labelling;
    this.#selection = parts.selection;
  }

  /**
   * Mounts the volume the pool writes next: one with room, or an expired, a scratch or a blank one that is labelled for it
   * (allocation.ts). One that turns out unfit (write-protected, suspect, another label) is marked and the next one is tried; one
   * that somebody else uses is passed over. JOB_NO_VOLUME when none is left, with what was wrong with each.
   */
  async mountForAppend(bay: DriveBay, request: AppendRequest, signal: AbortSignal): Promise<VolumeForAppend> {
    const { reservations, health } = this.#environment;
    const { pool } = request;
    const begunFor = this.#selection.begunFor(request);
    const tried = new Map<Barcode, string>();
    for (;;) {
      signal.throwIfAborted();
      const [next] = (await this.#selection.select(bay, request, tried)).order;
      if (next === undefined) throw await this.#noVolume(request, [bay], tried);
      const { barcode } = next.candidate.cartridge;
      const reservation = reservations.tryReserve(barcode, `saving to pool ${pool.name}`);
      if (reservation === null) continue;
      try {
        const volume = await this.#makeReady(bay, pool, next, signal);
        return { volume: await this.#prepareAppend(bay, pool, volume, begunFor, signal), reservation };
      } catch (error) {
        reservation.release();
        if (isStorageError(error)) await health.failed(bay, barcode, 'read-error', error);
        if (!isStorageError(error) || !(await setAside(this.#environment, next.candidate, error))) throw error;
        tried.set(barcode, `was tried: ${error.message}`);
      }
    }
  }

  /** A volume of the pool, labelled first where it is none yet. */
  async #makeReady(
    bay: DriveBay,
    pool: PoolRecord,
    { action, candidate }: AllocationChoice,
    signal: AbortSignal,
  ): Promise<VolumeRecord> {
    const { cartridge, volume } = candidate;
    if (action === 'append') {
      assert(volume !== null, 'what is appended to is a volume');
      return volume;
    }
    const { barcode } = cartridge;
    this.#environment.logger.log(
      'info',
      `allocation.${EVENT[action]}`,
      `${barcode} is ${DOING[action]} ${pool.name}.`,
      {
        barcode,
        pool: pool.name,
        drive: bay.name,
        volume: cartridge.volumeId,
      },
    );
    const expected = action === 'label' ? 'blank' : 'volume';
    return this.#labelling.label(bay, { who: DAEMON, barcode, pool, overwrite: null, expected }, signal);
  }

  /**
   * Which of these drives can get a volume of the pool to write on, with how well: 2 when it holds one, 1 when it is empty, 0
   * when something must be unloaded first. JOB_NO_VOLUME when none can, with what is wrong with each.
   */
  async drivesFor(request: AppendRequest, bays: readonly DriveBay[]): Promise<ReadonlyMap<DriveBay, number>> {
    const ranks = await this.rankDrives(request, bays, 0);
    if (ranks.size === 0) throw await this.#noVolume(request, bays, new Map());
    return ranks;
  }

  /** The same, none also being an answer, when `others` will take a volume of the pool first. */
  async rankDrives(
    request: AppendRequest,
    bays: readonly DriveBay[],
    others: number,
  ): Promise<ReadonlyMap<DriveBay, number>> {
    const ranks = new Map<DriveBay, number>();
    for (const bay of bays) {
      const { order } = await this.#selection.select(bay, request);
      const [first] = order;
      if (first === undefined || order.length <= others) continue;
      ranks.set(bay, first.candidate.cartridge.barcode === bay.loaded ? 2 : bay.loaded === null ? 1 : 0);
    }
    return ranks;
  }

  /** With every reason, also of what a glance had passed over. */
  async #noVolume(
    request: AppendRequest,
    bays: readonly DriveBay[],
    tried: ReadonlyMap<Barcode, string>,
  ): Promise<StorageError> {
    const considered: Consideration[] = [];
    for (const bay of bays) considered.push(...(await this.#selection.explain(bay, request, tried)).considered);
    return noVolume(request.pool, considered);
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

  async #prepareAppend(
    bay: DriveBay,
    pool: PoolRecord,
    volume: VolumeRecord,
    begunFor: string,
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
    if (settled.firstWrittenMs !== null || settled.begunFor === begunFor) return settled;
    return (
      (await updateVolume(this.#environment, settled.volumeId, (current) => ({ ...current, begunFor }))) ?? settled
    );
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
