import { StorageError } from '../base/storage-error.js';
import type { CartridgeRecord, HealthRecord, VolumeRecord } from '../inventory/records.js';
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

  /** Before it is ordered. VOLUME_UNKNOWN, VOLUME_STATE_REFUSED: the table in state-changes.ts says why. */
  async refuse(barcode: Barcode, to: VolumeState): Promise<void> {
    const { cartridge, volume } = await this.#find(barcode);
    refuse(cartridge, volume, to);
  }

  /**
   * A session that writes on the volume at this moment goes on to the end of it; nobody begins one. Who brings a cartridge back
   * into use vouches for it: errors from before count against it no more. Returns the state it was in.
   * VOLUME_UNKNOWN, VOLUME_STATE_REFUSED.
   */
  async set(who: string, barcode: Barcode, to: VolumeState, reason: string): Promise<VolumeState> {
    const { inventory, clock, logger, bookkeeping } = this.#environment;
    const from = await bookkeeping.run(async () => {
      const { cartridge, volume } = await this.#find(barcode);
      refuse(cartridge, volume, to);
      const was = stateOf(cartridge, volume);
      const timeMs = clock.wallMs();
      const change: InventoryChange =
        volume === null
          ? { cartridges: [{ ...cartridge, condition: isCondition(to) ? { state: to, reason } : null }] }
          : { volumes: [{ ...volume, state: to, stateReason: reason }] };
      await inventory.commit({
        ...change,
        health: isInUse(to) ? [vouched(barcode, timeMs, `${was} to ${to} by ${who}: ${reason}`)] : [],
        audit: [{ timeMs, who, what: 'media.set-state', barcode, details: { from: was, to, reason } }],
      });
      return was;
    });
    logger.log('info', 'media.state-set', `${barcode} is ${to}, was ${from}: ${reason}`, { barcode, from, to, who });
    return from;
  }

  async #find(
    barcode: Barcode,
  ): Promise<{ readonly cartridge: CartridgeRecord; readonly volume: VolumeRecord | null }> {
    const { inventory } = this.#environment;
    const cartridge = await inventory.cartridge(barcode);
    if (cartridge === null) throw unknownCartridge(barcode);
    return { cartridge, volume: cartridge.volumeId === null ? null : await inventory.volume(cartridge.volumeId) };
  }
}

function refuse(cartridge: CartridgeRecord, volume: VolumeRecord | null, to: VolumeState): void {
  const problem = stateChangeProblem(cartridge, volume, to, 'operator');
  if (problem === null) return;
  throw new StorageError('VOLUME_STATE_REFUSED', `${cartridge.barcode} ${problem}. Nothing was changed.`, {
    context: { barcode: cartridge.barcode, from: stateOf(cartridge, volume), to },
  });
}

function vouched(barcode: Barcode, timeMs: number, message: string): HealthRecord {
  return { timeMs, drive: null, driveSerial: '', barcode, kind: 'cleared', code: '', message, figures: {} };
}

function isCondition(state: VolumeState): state is 'suspect' | 'damaged' | 'retired' | 'foreign' {
  return state === 'suspect' || state === 'damaged' || state === 'retired' || state === 'foreign';
}

/** Read-only is none of both: it says nothing of the medium. */
function isInUse(state: VolumeState): boolean {
  return !isCondition(state) && state !== 'read-only';
}
