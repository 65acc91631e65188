import type { CartridgeRecord } from '../inventory/records.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';

/** A place that only a person can count. */
export type CountedPlace = { readonly kind: 'shelf' } | { readonly kind: 'vault'; readonly vault: string };

export interface StockTake {
  /** Booked there and found there. */
  readonly present: readonly Barcode[];
  /** Booked there and not found. */
  readonly missing: readonly Barcode[];
  /** Found there; the books have it elsewhere (`booked`) or do not know it (null). */
  readonly unexpected: readonly { readonly barcode: Barcode; readonly booked: CartridgeLocation | null }[];
}

/** What was found at a place against what the books have there. Pure. Disk volumes lie on no shelf. */
export function takeStock(
  records: readonly CartridgeRecord[],
  place: CountedPlace,
  found: ReadonlySet<Barcode>,
): StockTake {
  const booked = records.filter(
    ({ barcode, location }) => mediumOfBarcode(barcode) !== 'disk' && isAt(location, place),
  );
  const expected = new Set(booked.map(({ barcode }) => barcode));
  const known = new Map(records.map((record) => [record.barcode, record.location]));
  return {
    present: [...expected].filter((barcode) => found.has(barcode)),
    missing: [...expected].filter((barcode) => !found.has(barcode)),
    unexpected: [...found]
      .filter((barcode) => !expected.has(barcode))
      .map((barcode) => ({ barcode, booked: known.get(barcode) ?? null })),
  };
}

function isAt(location: CartridgeLocation, place: CountedPlace): boolean {
  return (
    location.kind === place.kind && (location.kind !== 'vault' || !('vault' in place) || location.vault === place.vault)
  );
}
