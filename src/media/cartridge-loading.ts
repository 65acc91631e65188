import { StorageError, isStorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import type { CartridgeRegister, MoveCause } from './cartridge-register.js';
import type { DriveBay } from './drive-bay.js';
import type { MediaEnvironment } from './media-environment.js';
import { updateVolume } from './update-volume.js';

/**
 * Brings cartridges into drives and out, and keeps the books: the changer moves, the drive loads or ejects, the inventory
 * is told. The caller holds the drive's lease.
 */
export class CartridgeLoading {
  readonly #environment: MediaEnvironment;
  readonly #register: CartridgeRegister;

  constructor(environment: MediaEnvironment, register: CartridgeRegister) {
    this.#environment = environment;
    this.#register = register;
  }

  /**
   * Afterwards the drive holds that cartridge, ready. Another one in it is unloaded first. CHANGER_DUPLICATE_BARCODE when there are
   * two of that barcode, wherever they are.
   */
  async load(bay: DriveBay, barcode: Barcode, cause: MoveCause, signal: AbortSignal): Promise<void> {
    const { health } = this.#environment;
    await this.#register.refuseDuplicate(barcode);
    const status = await bay.thread.readStatus();
    if (bay.loaded === barcode && status.medium === 'ready') return;
    // One that a library has put there and nobody could identify is in the way, too.
    const isStranger = bay.loaded === null && bay.changer.kind === 'scsi' && status.medium !== 'no-medium';
    if (isStranger || (bay.loaded !== null && bay.loaded !== barcode))
      await this.unload(bay, { who: cause.who, reason: `unloaded to make room for ${barcode}` }, signal);
    bay.activity = `loading ${barcode}`;
    bay.mounted = null;
    await this.#move(bay, barcode, cause, async () => bay.changer.load(barcode, bay.name, signal));
    bay.loaded = barcode;
    await this.#register.place(barcode, { kind: 'drive', drive: bay.name }, cause);
    try {
      await bay.thread.load();
    } catch (error) {
      if (isStorageError(error)) {
        await this.#noteCartridgeError(barcode);
        await health.failed(bay, barcode, 'load-error', error);
      }
      throw error;
    }
    await health.mounted(bay, barcode);
    this.#environment.logger.log('info', 'cartridge.loaded', `Cartridge ${barcode} is in drive ${bay.name}.`, {
      barcode,
      drive: bay.name,
    });
  }

  /**
   * Afterwards the drive is empty; the cartridge is in `slot` where that is given, else where the changer puts it. Returns where
   * it is; null when the drive held none.
   */
  async unload(bay: DriveBay, cause: MoveCause, signal: AbortSignal, slot?: number): Promise<CartridgeLocation | null> {
    const { changer } = bay;
    const { health } = this.#environment;
    const barcode = bay.loaded;
    bay.activity = `unloading ${barcode ?? ''}`.trimEnd();
    await health.unmounting(bay);
    bay.mounted = null;
    try {
      await bay.thread.unload();
    } catch (error) {
      if (isStorageError(error)) await health.failed(bay, barcode, 'load-error', error);
      throw error;
    }
    if (barcode !== null) await health.unmounted(bay, barcode);
    const location = await this.#move(bay, barcode, cause, async () => changer.unload(bay.name, signal, slot));
    bay.loaded = null;
    if (barcode === null) return location;
    // Somebody has taken it out of the drive: a library tells whether it has it elsewhere.
    if (location === null && changer.kind === 'scsi') await this.#register.settle(changer, cause, barcode, bay);
    else await this.#register.place(barcode, location ?? { kind: 'shelf' }, cause);
    this.#environment.logger.log('info', 'cartridge.unloaded', `Cartridge ${barcode} left drive ${bay.name}.`, {
      barcode,
      drive: bay.name,
    });
    return location;
  }

  async #move<T>(bay: DriveBay, barcode: Barcode | null, cause: MoveCause, move: () => Promise<T>): Promise<T> {
    try {
      return await this.#register.moving({ changer: bay.changer, barcode, bay }, cause, move);
    } catch (error) {
      if (isStorageError(error)) await this.#environment.health.failed(bay, barcode, 'move-error', error);
      throw error;
    }
  }

  async #noteCartridgeError(barcode: Barcode): Promise<void> {
    const volumeId = (await this.#environment.inventory.cartridge(barcode))?.volumeId ?? null;
    if (volumeId !== null)
      await updateVolume(this.#environment, volumeId, (volume) => ({ ...volume, errors: volume.errors + 1 }));
  }
}

/** A cartridge the inventory must know. */
export function unknownCartridge(barcode: Barcode): StorageError {
  return new StorageError(
    'VOLUME_UNKNOWN',
    `No cartridge ${barcode} is known here. \`tapeloom media list\` shows what is; \`tapeloom media label\` makes a volume of a new one.`,
    { context: { barcode } },
  );
}
