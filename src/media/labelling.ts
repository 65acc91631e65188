import { StorageError } from '../base/storage-error.js';
import { makeVolumeId, type VolumeId } from '../terms/ids.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import { SCRATCH_POOL } from '../terms/pool-policy.js';
import type { CartridgeRecord, PoolRecord, StreamRecord, VolumeRecord } from '../inventory/records.js';
import { FIRST_END_OF_DATA, readLabel, writeLabel, type LabelReading } from '../volume/label-io.js';
import type { VolumeLabel } from '../volume/volume-label.js';
import type { CartridgeLoading } from './cartridge-loading.js';
import { newCartridge } from './cartridge-register.js';
import type { DriveBay } from './drive-bay.js';
import type { MediaEnvironment } from './media-environment.js';
import { protectingReasons } from './retention.js';

export interface LabelOrder {
  readonly who: string;
  readonly barcode: Barcode;
  readonly pool: PoolRecord;
  /** The barcode once more: overwrite what another program, or an unknown volume of ours, left there. */
  readonly overwrite: Barcode | null;
}

/**
 * Makes a volume of a cartridge. The order survives a power cut: everything is checked first; the label is written and read back;
 * then the inventory is told. A crash between the two leaves an empty labelled cartridge the inventory does not know, which may be
 * labelled again.
 */
export class Labelling {
  readonly #environment: MediaEnvironment;
  readonly #loading: CartridgeLoading;

  constructor(environment: MediaEnvironment, loading: CartridgeLoading) {
    this.#environment = environment;
    this.#loading = loading;
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
    await this.#refuseLive(barcode);
  }

  async label(bay: DriveBay, order: LabelOrder, signal: AbortSignal): Promise<VolumeRecord> {
    const { slots, logger } = this.#environment;
    await bay.changer.provide(order.barcode, bay.name);
    await this.#loading.load(bay, order.barcode, { who: order.who, reason: 'loaded to be labelled' }, signal);
    bay.mounted = null;
    bay.activity = `labelling ${order.barcode}`;
    const slot = slots.take();
    try {
      await this.#refuseMedium(bay, order, await readLabel(bay.thread, slot));
      // Asked again: streams may have been saved to it while the drive was waited for.
      await this.#refuseLive(order.barcode);
      const label = await this.#makeLabel(order);
      await writeLabel(bay.thread, slot, label);
      const volume = await this.#environment.bookkeeping.run(async () => this.#record(order, label));
      logger.log('info', 'volume.labelled', `Cartridge ${order.barcode} is now a volume of pool ${order.pool.name}.`, {
        who: order.who,
        barcode: order.barcode,
        volume: label.volumeId,
        drive: bay.name,
      });
      const { mediumGeneration } = await bay.thread.readStatus();
      bay.mounted = { volumeId: label.volumeId, barcode: order.barcode, mediumGeneration };
      return volume;
    } finally {
      slots.give(slot);
    }
  }

  /** Invariant 8. */
  async #refuseLive(barcode: Barcode): Promise<void> {
    const { inventory, clock } = this.#environment;
    const volumeId = (await inventory.cartridge(barcode))?.volumeId ?? null;
    if (volumeId === null) return;
    const streams: StreamRecord[] = [];
    for await (const stream of inventory.everyStream()) streams.push(stream);
    const reasons = protectingReasons(volumeId, streams, clock.wallMs());
    if (reasons.length === 0) return;
    const more = reasons.length > 3 ? ` and ${String(reasons.length - 3)} more` : '';
    throw new StorageError(
      'VOLUME_LIVE',
      `Volume ${barcode} must not be overwritten: ${reasons.slice(0, 3).join('; ')}${more}. Nothing was changed.`,
      { context: { barcode, volume: volumeId, streams: reasons.length } },
    );
  }

  /** What the medium itself says against it. */
  async #refuseMedium(bay: DriveBay, order: LabelOrder, reading: LabelReading): Promise<void> {
    const { barcode } = order;
    const context = { barcode, drive: bay.name };
    const status = await bay.thread.readStatus();
    if (status.writeProtected)
      throw new StorageError(
        'MEDIUM_WRITE_PROTECTED',
        `Cartridge ${barcode} is write-protected and was not labelled. Set its tab and try again.`,
        { context },
      );
    if (reading.kind === 'blank') return;
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

  async #refuseOurs(bay: DriveBay, order: LabelOrder, found: VolumeLabel): Promise<void> {
    const { barcode } = order;
    if (found.barcode !== barcode)
      throw new StorageError(
        'VOLUME_LABEL_MISMATCH',
        `The cartridge in drive ${bay.name} says it is ${found.barcode}, not ${barcode}. It was not touched; insert the right one.`,
        { context: { barcode, drive: bay.name, found: found.barcode } },
      );
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
  async #record(order: LabelOrder, label: VolumeLabel): Promise<VolumeRecord> {
    const { inventory } = this.#environment;
    const old = await inventory.cartridge(order.barcode);
    const cartridge: CartridgeRecord = {
      ...(old ?? { ...newCartridge(order.barcode), locationSinceMs: label.createdMs }),
      volumeId: label.volumeId,
      labelCount: label.labelCount,
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
          details: { pool: order.pool.name, volume: label.volumeId, replaced },
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
