import { StorageError, isStorageError } from '../base/storage-error.js';
import { makeVolumeId, type VolumeId } from '../terms/ids.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import { SCRATCH_POOL } from '../terms/pool-policy.js';
import type { CartridgeRecord, PoolRecord, VolumeRecord } from '../inventory/records.js';
import { FIRST_END_OF_DATA, writeLabel } from '../volume/label-io.js';
import type { VolumeLabel } from '../volume/volume-label.js';
import type { CartridgeLoading } from './cartridge-loading.js';
import { stampCartridgeMemory } from './cartridge-memory-stamp.js';
import { newCartridge } from './cartridge-register.js';
import type { DriveBay } from './drive-bay.js';
import type { MediaEnvironment } from './media-environment.js';
import { noteForeign, noteOverwriting, OverwriteCheck, type ExpectedContent } from './overwrite-check.js';
import type { RetentionGuard } from './retention-guard.js';

export interface LabelOrder {
  readonly who: string;
  readonly barcode: Barcode;
  readonly pool: PoolRecord;
  /** The barcode once more: overwrite what another program, or an unknown volume of ours, left there. */
  readonly overwrite: Barcode | null;
  /** What the medium must carry for the daemon to label it by itself; absent: a person named it, who knows. */
  readonly expected?: ExpectedContent;
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
  readonly #check: OverwriteCheck;

  constructor(environment: MediaEnvironment, loading: CartridgeLoading, guard: RetentionGuard) {
    this.#environment = environment;
    this.#loading = loading;
    this.#guard = guard;
    this.#check = new OverwriteCheck(environment);
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
      if (isStorageError(error, 'VOLUME_FOREIGN')) await noteForeign(this.#environment, order.barcode, error);
      throw error;
    }
  }

  async #overwrite(bay: DriveBay, order: LabelOrder): Promise<VolumeRecord> {
    const { slots, bookkeeping } = this.#environment;
    const { barcode, overwrite, pool, expected } = order;
    const { mediumSerial } = await this.#check.examine(bay, {
      barcode,
      overwrite,
      worm: pool.worm,
      what: 'labelled',
      ...(expected === undefined ? {} : { expected }),
    });
    const slot = slots.take();
    try {
      const label = await this.#makeLabel(order);
      await noteOverwriting(this.#environment, barcode, 'its label was being overwritten; label it again');
      await writeLabel(bay.thread, slot, label);
      return await bookkeeping.run(async () => this.#record(order, label, mediumSerial));
    } finally {
      slots.give(slot);
    }
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
