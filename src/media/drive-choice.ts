import type { Barcode } from '../terms/barcode.js';
import type { DriveBay } from './drive-bay.js';

/**
 * Drives that may be used for a cartridge: the one it is in, else those that its changer can bring it to (`reachableBy`;
 * null: any). To be asked again whenever a drive becomes free, since the cartridge may have moved.
 */
export function fitsCartridge(
  bays: readonly DriveBay[],
  barcode: Barcode,
  reachableBy: readonly string[] | null,
): (bay: DriveBay) => boolean {
  return (bay) => {
    const holder = bays.find(({ loaded }) => loaded === barcode);
    return holder === undefined ? (reachableBy?.includes(bay.name) ?? true) : holder === bay;
  };
}

/** An empty drive rather than one from which something must be unloaded first. */
export function preferHolding(barcode: Barcode): (bay: DriveBay) => number {
  return ({ loaded }) => (loaded === barcode ? 2 : loaded === null ? 1 : 0);
}
