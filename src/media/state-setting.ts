import { StorageError } from '../base/storage-error.js';
import type { CartridgeRecord, VolumeRecord } from '../inventory/records.js';
import type { Barcode } from '../terms/barcode.js';
import type { VolumeState } from '../terms/media-state.js';
import { unknownCartridge } from './cartridge-loading.js';
import type { MediaEnvironment } from './media-environment.js';
import { stateChangeProblem, stateOf } from './state-changes.js';

/** A person's word on what a cartridge and the volume on it are good for. */
export interface StateOrder {
  readonly who: string;
  readonly barcode: Barcode;
  readonly state: VolumeState;
  readonly reason: string;
}

/** VOLUME_UNKNOWN, VOLUME_STATE_REFUSED: the table in state-changes.ts says why. Returns the state it was in. */
export async function setState(environment: MediaEnvironment, order: StateOrder): Promise<VolumeState> {
  const { inventory, bookkeeping, clock, logger } = environment;
  const { who, barcode, state, reason } = order;
  const before = await bookkeeping.run(async () => {
    const { cartridge, volume } = await find(environment, barcode);
    refuse(cartridge, volume, state);
    const was = stateOf(cartridge, volume);
    await inventory.commit({
      ...(volume === null
        ? { cartridges: [{ ...cartridge, condition: conditionOf(state, reason) }] }
        : { volumes: [{ ...volume, state, stateReason: reason }] }),
      audit: [
        { timeMs: clock.wallMs(), who, what: 'media.set-state', barcode, details: { from: was, to: state, reason } },
      ],
    });
    return was;
  });
  logger.log('info', 'media.state-set', `${barcode} is ${state}, said ${who}: ${reason}`, {
    who,
    barcode,
    from: before,
    to: state,
  });
  return before;
}

/** Before it is ordered. VOLUME_UNKNOWN, VOLUME_STATE_REFUSED. */
export async function refuseState(environment: MediaEnvironment, barcode: Barcode, state: VolumeState): Promise<void> {
  const { cartridge, volume } = await find(environment, barcode);
  refuse(cartridge, volume, state);
}

async function find(
  { inventory }: MediaEnvironment,
  barcode: Barcode,
): Promise<{ readonly cartridge: CartridgeRecord; readonly volume: VolumeRecord | null }> {
  const cartridge = await inventory.cartridge(barcode);
  if (cartridge === null) throw unknownCartridge(barcode);
  return { cartridge, volume: cartridge.volumeId === null ? null : await inventory.volume(cartridge.volumeId) };
}

function refuse(cartridge: CartridgeRecord, volume: VolumeRecord | null, state: VolumeState): void {
  const problem = stateChangeProblem(cartridge, volume, state, 'operator');
  if (problem === null) return;
  throw new StorageError('VOLUME_STATE_REFUSED', `${cartridge.barcode} ${problem}. Nothing was changed.`, {
    context: { barcode: cartridge.barcode, from: stateOf(cartridge, volume), to: state },
  });
}

/** Of a cartridge without a volume; what the barcode says is no condition. */
function conditionOf(state: VolumeState, reason: string): CartridgeRecord['condition'] {
  switch (state) {
    case 'suspect':
    case 'damaged':
    case 'retired':
    case 'foreign':
      return { state, reason };
    case 'blank':
    case 'cleaning':
    case 'scratch':
    case 'append':
    case 'full':
    case 'read-only':
      return null;
  }
}
