import { StorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { VolumeState } from '../terms/media-state.js';
import type { InventoryChange } from '../inventory/inventory.js';
import { unknownCartridge } from './cartridge-loading.js';
import type { MediaEnvironment } from './media-environment.js';
import { stateChangeProblem, stateOf } from './state-changes.js';

/** What people say of the state of media. */
export class MediaStates {
  readonly #environment: MediaEnvironment;

  constructor(environment: MediaEnvironment) {
    this.#environment = environment;
  }

  /**
   * A session that writes on the volume at this moment goes on to the end of it; nobody begins one.
   * VOLUME_UNKNOWN, VOLUME_STATE_REFUSED.
   */
  async set(who: string, barcode: Barcode, to: VolumeState, reason: string): Promise<void> {
    const { inventory, clock, logger, bookkeeping } = this.#environment;
    await bookkeeping.run(async () => {
      const cartridge = await inventory.cartridge(barcode);
      if (cartridge === null) throw unknownCartridge(barcode);
      const volume = cartridge.volumeId === null ? null : await inventory.volume(cartridge.volumeId);
      const problem = stateChangeProblem(cartridge, volume, to, 'operator');
      if (problem !== null)
        throw new StorageError('VOLUME_STATE_REFUSED', `${barcode} ${problem}. Nothing was changed.`, {
          context: { barcode, state: to },
        });
      const from = stateOf(cartridge, volume);
      const change: InventoryChange =
        volume === null
          ? { cartridges: [{ ...cartridge, condition: isCondition(to) ? { state: to, reason } : null }] }
          : { volumes: [{ ...volume, state: to, stateReason: reason }] };
      await inventory.commit({
        ...change,
        audit: [{ timeMs: clock.wallMs(), who, what: 'media.set-state', barcode, details: { from, to, reason } }],
      });
      logger.log('info', 'media.state-set', `${barcode} is ${to}, was ${from}: ${reason}`, { barcode, from, to, who });
    });
  }
}

function isCondition(state: VolumeState): state is 'suspect' | 'damaged' | 'retired' | 'foreign' {
  return state === 'suspect' || state === 'damaged' || state === 'retired' || state === 'foreign';
}
