import type { Barcode } from '../terms/barcode.js';
import { sameLocation, type CartridgeLocation } from '../terms/media-state.js';
import type { ReachableCartridge } from '../changer/changer.js';
import type { CartridgeRecord } from '../inventory/records.js';

/** What a changer said when it was asked. */
export interface AskedChanger {
  readonly name: string;
  readonly kind: 'scsi' | 'manual' | 'disk';
  readonly drives: readonly string[];
  readonly cartridges: readonly ReachableCartridge[];
}

/** What there is at all, asked or not: what the books say of anything else is out of date. */
export interface KnownPlaces {
  readonly changers: readonly string[];
  readonly drives: readonly string[];
}

export interface FoundMove {
  readonly barcode: Barcode;
  /** Null: the books do not know the cartridge. */
  readonly record: CartridgeRecord | null;
  readonly to: CartridgeLocation;
}

export interface Reconciliation {
  /** What must be changed for the books to say what the changers say. */
  readonly moves: readonly FoundMove[];
  /** Barcodes that were found in two places; the books keep one of them. */
  readonly duplicates: readonly Barcode[];
  /** Cartridges whose barcode could not be read, and where they are. */
  readonly unread: readonly { readonly location: CartridgeLocation; readonly tag: string }[];
}

/**
 * The books against the changers. Pure. A cartridge is where a changer says it is; one that no changer has and the books say
 * one has is with a person, when it had been ejected or was in an import/export slot or a stand-alone drive; else it is missing. Of a changer that was not asked, nothing is known.
 */
export function reconcile(
  records: readonly CartridgeRecord[],
  asked: readonly AskedChanger[],
  known: KnownPlaces,
): Reconciliation {
  const found = new Map<Barcode, readonly CartridgeLocation[]>();
  const unread: { location: CartridgeLocation; tag: string }[] = [];
  for (const { barcode, tag, location } of asked.flatMap(({ cartridges }) => cartridges)) {
    if (barcode === null) unread.push({ location, tag });
    else found.set(barcode, [...(found.get(barcode) ?? []), location]);
  }
  const moves: FoundMove[] = [];
  for (const record of records) {
    const to = placeOf(record, found.get(record.barcode) ?? [], { asked, known, unread });
    if (!sameLocation(record.location, to)) moves.push({ barcode: record.barcode, record, to });
  }
  const books = new Set(records.map(({ barcode }) => barcode));
  for (const [barcode, [to]] of found)
    if (!books.has(barcode) && to !== undefined) moves.push({ barcode, record: null, to });
  const duplicates = [...found].filter(([, places]) => places.length > 1).map(([barcode]) => barcode);
  return { moves, duplicates, unread };
}

interface Seen {
  readonly asked: readonly AskedChanger[];
  readonly known: KnownPlaces;
  readonly unread: Reconciliation['unread'];
}

function placeOf(record: CartridgeRecord, places: readonly CartridgeLocation[], seen: Seen): CartridgeLocation {
  const { location } = record;
  const [first] = places;
  if (first === undefined) return withoutBarcode(record, seen);
  // The shelf is where a stand-alone changer believes what it does not see.
  if (first.kind === 'shelf' && !isInChanger(location)) return location;
  return places.find((place) => sameLocation(place, location)) ?? first;
}

/** Of a cartridge that no changer sees. */
function withoutBarcode(record: CartridgeRecord, { asked, known, unread }: Seen): CartridgeLocation {
  const { location, destination } = record;
  if (!isInChanger(location)) return location;
  const changer = asked.find((one) => has(one, location));
  const isForgotten =
    location.kind === 'drive' ? !known.drives.includes(location.drive) : !known.changers.includes(location.changer);
  if (changer === undefined && !isForgotten) return location;
  // A cartridge of which only the label could not be read is where it was.
  if (unread.some((one) => sameLocation(one.location, location))) return location;
  if (destination !== null) return destination;
  if (location.kind === 'import-export') return { kind: 'shelf' };
  return location.kind === 'drive' && changer?.kind !== 'scsi' ? { kind: 'shelf' } : { kind: 'missing' };
}

function has({ name, drives }: AskedChanger, location: CartridgeLocation): boolean {
  if (location.kind === 'drive') return drives.includes(location.drive);
  return 'changer' in location && location.changer === name;
}

function isInChanger(
  location: CartridgeLocation,
): location is Extract<CartridgeLocation, { kind: 'slot' | 'import-export' | 'transport' | 'drive' }> {
  switch (location.kind) {
    case 'slot':
    case 'import-export':
    case 'transport':
    case 'drive':
      return true;
    case 'shelf':
    case 'vault':
    case 'missing':
      return false;
  }
}
