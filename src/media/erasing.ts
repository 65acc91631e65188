import { StorageError, isStorageError } from '../base/storage-error.js';
import type { VolumeId } from '../terms/ids.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import { readLabel } from '../volume/label-io.js';
import type { CartridgeLoading } from './cartridge-loading.js';
import type { DriveBay } from './drive-bay.js';
import type { MediaEnvironment } from './media-environment.js';
import { noteForeign, noteOverwriting, OverwriteCheck } from './overwrite-check.js';
import type { RetentionGuard } from './retention-guard.js';

export interface EraseOrder {
  readonly who: string;
  readonly barcode: Barcode;
  /** `short`: nothing can be read any more by usual means; `long`: the whole medium is overwritten, which takes hours. */
  readonly extent: 'short' | 'long';
  /** The barcode once more: also what another program, or an unknown volume of ours, left there. */
  readonly overwrite: Barcode | null;
}

/**
 * Makes a cartridge blank. Guarded as labelling is, and in the same order: everything is checked first; the books say that the
 * volume is being erased; it is erased and found to be blank; then one batch forgets it. A crash before the last leaves the
 * volume suspect, whose streams have all expired: it may be erased or labelled again.
 */
export class Erasing {
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

  /** Before a drive is taken: what can be refused from the books alone. MEDIUM_INCOMPATIBLE, VOLUME_LIVE. */
  async refuseEarly(barcode: Barcode): Promise<void> {
    const medium = mediumOfBarcode(barcode);
    if (medium === 'cleaning' || medium === 'worm')
      throw new StorageError(
        'MEDIUM_INCOMPATIBLE',
        `${barcode} is ${medium === 'worm' ? 'WORM' : 'a cleaning cartridge'}; it cannot be erased. Nothing was changed.`,
        { context: { barcode } },
      );
    await this.#guard.refuseLive(barcode);
  }

  /** The errors of `refuseEarly`, and VOLUME_FOREIGN, VOLUME_LABEL_*, MEDIUM_*, CHANGER_*, DRIVE_*. The drive keeps the cartridge. */
  async erase(bay: DriveBay, order: EraseOrder, signal: AbortSignal): Promise<void> {
    const { barcode } = order;
    await this.#loading.load(bay, barcode, { who: order.who, reason: 'loaded to be erased' }, signal);
    bay.mounted = null;
    bay.activity = `erasing ${barcode}`;
    try {
      // Checked in here once more: streams may have come to need it while the drive was waited for.
      await this.#guard.whileDestroying(barcode, async () => this.#overwrite(bay, order));
    } catch (error) {
      if (isStorageError(error)) await this.#environment.health.failed(bay, barcode, 'write-error', error);
      if (isStorageError(error, 'VOLUME_FOREIGN')) await noteForeign(this.#environment, barcode, error);
      throw error;
    }
    this.#environment.logger.log('info', 'volume.erased', `Cartridge ${barcode} was erased and is blank.`, {
      who: order.who,
      barcode,
      drive: bay.name,
      extent: order.extent,
    });
  }

  async #overwrite(bay: DriveBay, { who, barcode, extent, overwrite }: EraseOrder): Promise<void> {
    const { bookkeeping } = this.#environment;
    await this.#check.examine(bay, { barcode, overwrite, worm: 'refused', what: 'erased' });
    await noteOverwriting(this.#environment, barcode, 'it was being erased; erase it again or label it');
    await bay.thread.rewind();
    await bay.thread.erase(extent);
    await this.#proveBlank(bay, barcode);
    await bookkeeping.run(async () => this.#record(who, barcode, extent));
  }

  async #proveBlank(bay: DriveBay, barcode: Barcode): Promise<void> {
    const { slots } = this.#environment;
    const slot = slots.take();
    try {
      const { kind } = await readLabel(bay.thread, slot);
      if (kind === 'blank') return;
    } finally {
      slots.give(slot);
    }
    throw new StorageError(
      'MEDIUM_WRITE_ERROR',
      `Cartridge ${barcode} was erased in drive ${bay.name}, but something can still be read on it. Do not use it; try another drive.`,
      { context: { barcode, drive: bay.name } },
    );
  }

  /** In `bookkeeping`: the volume is forgotten and the cartridge blank, or neither. */
  async #record(who: string, barcode: Barcode, extent: EraseOrder['extent']): Promise<void> {
    const { inventory, clock } = this.#environment;
    const cartridge = await inventory.cartridge(barcode);
    if (cartridge === null) return;
    const forgotten: readonly VolumeId[] = cartridge.volumeId === null ? [] : [cartridge.volumeId];
    await inventory.commit({
      cartridges: [{ ...cartridge, volumeId: null, condition: null }],
      forgetVolumes: forgotten,
      audit: [
        {
          timeMs: clock.wallMs(),
          who,
          what: 'media.erase',
          barcode,
          details: { extent, erased: cartridge.volumeId },
        },
      ],
    });
  }
}
