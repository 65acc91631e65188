import { StorageError, isStorageError, type ErrorContext } from '../base/storage-error.js';
import { makeVolumeId, type VolumeId } from '../terms/ids.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import { SCRATCH_POOL } from '../terms/pool-policy.js';
import type { DriveStatus, MediumAttributes } from '../drive/tape-drive.js';
import type { CartridgeRecord, PoolRecord, VolumeRecord } from '../inventory/records.js';
import { FIRST_END_OF_DATA, readLabel, writeLabel, type LabelReading } from '../volume/label-io.js';
import type { VolumeLabel } from '../volume/volume-label.js';
import type { CartridgeLoading } from './cartridge-loading.js';
import { stampCartridgeMemory } from './cartridge-memory-stamp.js';
import { newCartridge } from './cartridge-register.js';
import type { DriveBay } from './drive-bay.js';
import type { MediaEnvironment } from './media-environment.js';
import type { RetentionGuard } from './retention-guard.js';
import { withConditionByDaemon, withStateByDaemon } from './state-changes.js';
import { updateVolume } from './update-volume.js';

export interface LabelOrder {
  readonly who: string;
  readonly barcode: Barcode;
  readonly pool: PoolRecord;
  /** The barcode once more: overwrite what another program, or an unknown volume of ours, left there. */
  readonly overwrite: Barcode | null;
  /** What the medium must carry for the daemon to label it by itself; absent: a person named it, who knows. */
  readonly expected?: 'volume' | 'blank';
}

/**
 * Makes a volume of a cartridge. The order survives a power cut: everything is checked first; the inventory is told that the old
 * volume's label is being overwritten; the label is written and read back; then one batch forgets the old volume and knows the new
 * one. A crash before the last leaves the old volume suspect, whose streams have all expired, and on the medium an empty volume the
 * inventory does not know, or a torn label: it may be labelled again.
 */
export class Labelling {
  readonly #environment: MediaEnvironment;
  readonly #loading: CartridgeLoading;
  readonly #guard: RetentionGuard;

  constructor(environment: MediaEnvironment, loading: CartridgeLoading, guard: RetentionGuard) {
    this.#environment = environment;
    this.#loading = loading;
    this.#guard = guard;
  }

  /** Before a drive is taken: what can be refused from the books alone. */
  async refuseEarly(order: LabelOrder): Promise<void> {
    const { barcode, pool } = order;
    const medium = mediumOfBarcode(barcode);
    if (medium === 'cleaning')
      throw new StorageError('MEDIUM_INCOMPATIBLE', `${barcode} is a cleaning cartridge; it cannot hold a volume.`, {
        context: { barcode },
      });
    if ((medium === 'disk') !== (pool.kind === 'disk'))
      throw new StorageError(
        'MEDIUM_INCOMPATIBLE',
        `${barcode} is ${medium === 'disk' ? 'a disk volume' : 'a tape cartridge'}, pool ${pool.name} is of kind ${pool.kind}. Nothing was changed.`,
        { context: { barcode, pool: pool.name } },
      );
    await this.#guard.refuseLive(barcode);
  }

  /** The errors of `refuseEarly`, and VOLUME_FOREIGN, VOLUME_LABEL_*, MEDIUM_*, CHANGER_*, DRIVE_*. */
  async label(bay: DriveBay, order: LabelOrder, signal: AbortSignal): Promise<VolumeRecord> {
    const { logger } = this.#environment;
    await bay.changer.provide(order.barcode, bay.name);
    await this.#loading.load(bay, order.barcode, { who: order.who, reason: 'loaded to be labelled' }, signal);
    bay.mounted = null;
    bay.activity = `labelling ${order.barcode}`;
    try {
      // Checked in here once more: streams may have come to need it while the drive was waited for.
      const volume = await this.#guard.whileDestroying(order.barcode, async () => this.#overwrite(bay, order));
      logger.log('info', 'volume.labelled', `Cartridge ${order.barcode} is now a volume of pool ${order.pool.name}.`, {
        who: order.who,
        barcode: order.barcode,
        volume: volume.volumeId,
        drive: bay.name,
      });
      const { mediumGeneration } = await bay.thread.readStatus();
      bay.mounted = { volumeId: volume.volumeId, barcode: order.barcode, mediumGeneration };
      await stampCartridgeMemory(this.#environment, bay, volume);
      return volume;
    } catch (error) {
      if (isStorageError(error)) await this.#environment.health.failed(bay, order.barcode, 'write-error', error);
      if (isStorageError(error, 'VOLUME_FOREIGN')) await this.#noteForeign(order.barcode, error);
      throw error;
    }
  }

  async #overwrite(bay: DriveBay, order: LabelOrder): Promise<VolumeRecord> {
    const { slots, bookkeeping } = this.#environment;
    const slot = slots.take();
    try {
      const before = await bay.thread.readStatus();
      const reading = await readLabel(bay.thread, slot);
      const status = await bay.thread.readStatus();
      if (status.mediumGeneration !== before.mediumGeneration) throw mediumChanged(bay, order.barcode);
      await this.#refuseMedium(bay, order, status, reading);
      const mediumSerial = await this.#refuseOtherChip(bay, order.barcode);
      const label = await this.#makeLabel(order);
      await this.#noteOverwriting(order.barcode);
      await writeLabel(bay.thread, slot, label);
      return await bookkeeping.run(async () => this.#record(order, label, mediumSerial));
    } finally {
      slots.give(slot);
    }
  }

  /** From here on the label of the old volume is in doubt, whatever happens. */
  async #noteOverwriting(barcode: Barcode): Promise<void> {
    const { inventory } = this.#environment;
    const volumeId = (await inventory.cartridge(barcode))?.volumeId ?? null;
    if (volumeId === null) return;
    await updateVolume(this.#environment, volumeId, (volume) =>
      withStateByDaemon(volume, 'suspect', 'its label was being overwritten; label it again'),
    );
  }

  /** A cartridge that was taken for blank and is somebody else's. */
  async #noteForeign(barcode: Barcode, error: StorageError): Promise<void> {
    const { inventory, bookkeeping } = this.#environment;
    await bookkeeping.run(async () => {
      const cartridge = await inventory.cartridge(barcode);
      if (cartridge?.volumeId !== null) return;
      await inventory.commit({ cartridges: [withConditionByDaemon(cartridge, 'foreign', error.message)] });
    });
  }

  /** What the medium itself says against it. */
  async #refuseMedium(bay: DriveBay, order: LabelOrder, status: DriveStatus, reading: LabelReading): Promise<void> {
    const { barcode } = order;
    const context = { barcode, drive: bay.name };
    if (status.writeProtected)
      throw new StorageError(
        'MEDIUM_WRITE_PROTECTED',
        `Cartridge ${barcode} is write-protected and was not labelled. Set its tab and try again.`,
        { context },
      );
    refuseUnexpected(order, context, (await this.#environment.inventory.cartridge(barcode))?.volumeId ?? null, reading);
    if (reading.kind === 'blank') return;
    // Whatever may be overwritten, it is not another volume that happens to be in the drive.
    const found = reading.kind === 'foreign' ? null : reading.label;
    if (found !== null) await this.#refuseOtherVolume(bay, order, found);
    if (status.worm)
      throw new StorageError(
        'MEDIUM_INCOMPATIBLE',
        `Cartridge ${barcode} is WORM and already written; it can never be labelled again.`,
        {
          context,
        },
      );
    if (reading.kind === 'tapeloom') await this.#refuseOurs(bay, order, reading.label);
    else if (order.overwrite !== barcode)
      throw new StorageError(
        reading.kind === 'foreign' ? 'VOLUME_FOREIGN' : reading.code,
        `Cartridge ${barcode} holds ${reading.kind === 'foreign' ? reading.what : `a damaged label (${reading.reason})`}. ` +
          `It was not touched. If it may be destroyed, label it with --overwrite.`,
        { context },
      );
  }

  /** The medium says that it is another cartridge, or carries another volume that the books know. */
  async #refuseOtherVolume(bay: DriveBay, { barcode }: LabelOrder, found: VolumeLabel): Promise<void> {
    const { inventory } = this.#environment;
    const known = (await inventory.cartridge(barcode))?.volumeId ?? null;
    const isOther = known !== found.volumeId && (await inventory.volume(found.volumeId)) !== null;
    if (found.barcode === barcode && !isOther) return;
    throw new StorageError(
      'VOLUME_LABEL_MISMATCH',
      `The cartridge in drive ${bay.name} says it is ${found.barcode} with volume ${found.volumeId}, not the ${barcode} of the inventory. ` +
        'It was not touched; insert the right one.',
      { context: { barcode, drive: bay.name, found: found.barcode, foundVolume: found.volumeId } },
    );
  }

  /**
   * A medium whose label tells nothing may still be known by the serial number in its memory. Returns that; null when the drive
   * cannot tell.
   */
  async #refuseOtherChip(bay: DriveBay, barcode: Barcode): Promise<string | null> {
    const serial = (await readAttributes(bay)).mediumSerial ?? null;
    if (serial === null) return null;
    const cartridges = await this.#environment.inventory.cartridges();
    const other = cartridges.find(
      (one) => one.mediumSerial === serial && one.barcode !== barcode && one.volumeId !== null,
    );
    if (other === undefined) return serial;
    throw new StorageError(
      'VOLUME_LABEL_MISMATCH',
      `The cartridge in drive ${bay.name} has the serial number ${serial}, which is that of ${other.barcode}, not of ${barcode}. ` +
        'It was not touched; insert the right one.',
      { context: { barcode, drive: bay.name, found: other.barcode, serial } },
    );
  }

  async #refuseOurs(bay: DriveBay, order: LabelOrder, found: VolumeLabel): Promise<void> {
    const { barcode } = order;
    const known = (await this.#environment.inventory.cartridge(barcode))?.volumeId ?? null;
    if (known === found.volumeId || order.overwrite === barcode) return;
    await bay.thread.locateEndOfData();
    const { blockAddress } = await bay.thread.readPosition();
    if (blockAddress <= FIRST_END_OF_DATA.blockAddress) return;
    throw new StorageError(
      'VOLUME_FOREIGN',
      `Cartridge ${barcode} holds volume ${found.volumeId} of pool ${found.pool}, labelled by node ${found.node}, which this inventory does not know. ` +
        'It was not touched. If its data may be destroyed, label it with --overwrite.',
      { context: { barcode, drive: bay.name, found: found.volumeId } },
    );
  }

  async #makeLabel(order: LabelOrder): Promise<VolumeLabel> {
    const { inventory, clock, random, node, software, blockSizeBytes } = this.#environment;
    const record = await inventory.cartridge(order.barcode);
    const createdMs = clock.wallMs();
    return {
      volumeId: makeVolumeId(createdMs, random),
      barcode: order.barcode,
      pool: order.pool.name,
      createdMs,
      blockSizeBytes,
      labelCount: (record?.labelCount ?? 0) + 1,
      node,
      software,
    };
  }

  /** One batch: the old volume is forgotten and the new one known, or neither. */
  async #record(order: LabelOrder, label: VolumeLabel, mediumSerial: string | null): Promise<VolumeRecord> {
    const { inventory } = this.#environment;
    const old = await inventory.cartridge(order.barcode);
    const cartridge: CartridgeRecord = {
      ...(old ?? { ...newCartridge(order.barcode), locationSinceMs: label.createdMs }),
      volumeId: label.volumeId,
      labelCount: label.labelCount,
      mediumSerial: mediumSerial ?? old?.mediumSerial ?? null,
      condition: null,
    };
    const volume = emptyVolume(label);
    const replaced = old?.volumeId ?? null;
    const forgotten: readonly VolumeId[] = replaced === null ? [] : [replaced];
    // A pool that was removed while the label was written is back with its volume.
    const isPoolKnown = order.pool.name === SCRATCH_POOL || (await inventory.pool(order.pool.name)) !== null;
    await inventory.commit({
      cartridges: [cartridge],
      volumes: [volume],
      pools: isPoolKnown ? [] : [order.pool],
      forgetVolumes: forgotten,
      audit: [
        {
          timeMs: label.createdMs,
          who: order.who,
          what: 'media.label',
          barcode: order.barcode,
          details: { pool: order.pool.name, volume: label.volumeId, replaced, expected: order.expected ?? null },
        },
      ],
    });
    return volume;
  }
}

/** The daemon overwrites by itself only the volume that the books say it is, or nothing at all. */
function refuseUnexpected(
  { barcode, expected }: LabelOrder,
  context: ErrorContext,
  known: VolumeId | null,
  reading: LabelReading,
): void {
  if (expected !== 'volume' || reading.kind === 'foreign' || reading.kind === 'damaged') return;
  if (reading.kind === 'tapeloom' && reading.label.volumeId === known) return;
  const found = reading.kind === 'blank' ? 'it is blank' : `its label says ${reading.label.volumeId}`;
  throw new StorageError(
    reading.kind === 'blank' ? 'VOLUME_BLANK' : 'VOLUME_LABEL_MISMATCH',
    `Cartridge ${barcode} should carry volume ${known ?? ''}, but ${found}. It was not touched.`,
    { context },
  );
}

/** Cartridge memory is a help, not a need: a drive that cannot read it labels nevertheless. */
async function readAttributes(bay: DriveBay): Promise<MediumAttributes> {
  try {
    return await bay.thread.readMediumAttributes();
  } catch (error) {
    if (isStorageError(error, 'SCSI_CHECK_CONDITION', 'SCSI_MALFORMED_REPLY')) return {};
    throw error;
  }
}

function mediumChanged(bay: DriveBay, barcode: Barcode): StorageError {
  return new StorageError(
    'DRIVE_POSITION_LOST',
    `The medium in drive ${bay.name} may have been changed while its label was read. Nothing was written to ${barcode}; try again.`,
    { context: { drive: bay.name, barcode } },
  );
}

function emptyVolume(label: VolumeLabel): VolumeRecord {
  return {
    volumeId: label.volumeId,
    barcode: label.barcode,
    pool: label.pool,
    state: label.pool === SCRATCH_POOL ? 'scratch' : 'append',
    stateReason: '',
    labelledMs: label.createdMs,
    blockSizeBytes: label.blockSizeBytes,
    endOfData: FIRST_END_OF_DATA,
    closed: false,
    begunFor: '',
    blocks: 0,
    bytes: 0,
    mounts: 1,
    errors: 0,
    firstWrittenMs: null,
    lastWrittenMs: null,
    retentionEndMs: null,
    tails: [],
  };
}
