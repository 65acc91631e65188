import type { StorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { CartridgeRecord, VolumeRecord } from '../inventory/records.js';
import type { MediaEnvironment } from './media-environment.js';
import { withConditionByDaemon, withStateByDaemon } from './state-changes.js';
import { updateVolume } from './update-volume.js';

/**
 * Marks a medium that could not be made ready to be written, so that nobody tries it again before a person looked at it. False when
 * it is not the medium that is at fault, and trying another one would not help.
 */
export async function setAside(
  environment: MediaEnvironment,
  { cartridge, volume }: { readonly cartridge: CartridgeRecord; readonly volume: VolumeRecord | null },
  error: StorageError,
): Promise<boolean> {
  const { barcode } = cartridge;
  const state = stateAfter(error);
  if (state === null) return isPassedOver(error);
  if (volume === null) await noteCondition(environment, barcode, state === 'read-only' ? 'suspect' : state, error);
  else
    await updateVolume(environment, volume.volumeId, (current) =>
      withStateByDaemon({ ...current, errors: current.errors + 1 }, state, error.message),
    );
  environment.logger.log('warn', 'volume.set-aside', `${barcode} is ${state}: ${error.message}`, {
    volume: volume?.volumeId ?? null,
    barcode,
    code: error.code,
  });
  return true;
}

async function noteCondition(
  { inventory, bookkeeping }: MediaEnvironment,
  barcode: Barcode,
  state: 'suspect' | 'damaged',
  error: StorageError,
): Promise<void> {
  await bookkeeping.run(async () => {
    const cartridge = await inventory.cartridge(barcode);
    if (cartridge?.volumeId !== null) return;
    await inventory.commit({ cartridges: [withConditionByDaemon(cartridge, state, error.message)] });
  });
}

/** What a medium becomes when it could not be mounted or labelled; null: it is not its fault. */
function stateAfter(error: StorageError): 'read-only' | 'suspect' | 'damaged' | null {
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

/** It cannot be had or used now, by this drive; another one can. */
function isPassedOver({ code }: StorageError): boolean {
  switch (code) {
    case 'VOLUME_LIVE':
    case 'VOLUME_BUSY':
    case 'MEDIUM_INCOMPATIBLE':
    case 'CHANGER_NO_CARTRIDGE':
    case 'CHANGER_MOVE_FAILED':
    case 'CHANGER_DUPLICATE_BARCODE':
      return true;
    default:
      return false;
  }
}
