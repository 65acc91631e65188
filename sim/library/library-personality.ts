import { LibraryShape } from './library-shape.js';

/** What a library answers when a move is asked of a drive that has not ejected. */
export type LoadedDriveRule =
  /** It has the drive unload first (the drive must be idle). */
  | 'auto-unload'
  /** 5/53/03, medium removal prevented by the drive. */
  | 'removal-prevented'
  /** 5/3B/90, vendor specific: the cartridge is inside the drive (Exabyte Magnum). */
  | 'vendor-3b';

/** In which a library differs from what SMC-3 has in mind, or from others. FACTS 5.5 and 5.9. */
export interface LibraryQuirks {
  readonly loadedDrive: LoadedDriveRule;
  /** Asked for tags and drive identifiers at once, it leaves the tags out. */
  readonly tagsOrIdentifiers: boolean;
  /** The last descriptor of a reply ends before bytes that carry nothing. */
  readonly shortLastDescriptor: boolean;
  /** Of the allocation length of READ ELEMENT STATUS only the lower 16 bits count. */
  readonly sixteenBitLengths: boolean;
  /** False: it has no barcode reader; tags are blanks or zeros, whatever is in the element. */
  readonly readsLabels: boolean;
  /** Descriptors end with room for an identifier also when none was asked for; those of SCSI-2 times do not. */
  readonly roomForIdentifiers: boolean;
  /** False: SVALID is never set. */
  readonly tellsSource: boolean;
  /** What identifies a drive: vendor, product and serial number, or the serial number alone. */
  readonly driveIdentifier: 'full' | 'serial';
  /** Knows INITIALIZE ELEMENT STATUS WITH RANGE. */
  readonly initializesRanges: boolean;
  /** Tells what is wrong with an element in ASC 83h, as IBM libraries do. */
  readonly vendorExceptions: boolean;
}

/** Simulated seconds. */
export interface LibraryTimes {
  /** From one element to a neighbour, and more for each element further. */
  readonly reachSeconds: number;
  readonly perElementSeconds: number;
  readonly pickSeconds: number;
  readonly placeSeconds: number;
  /** Reading one label. */
  readonly scanSeconds: number;
  /** Before the inventory at power on. */
  readonly startSeconds: number;
}

export interface LibraryPersonality {
  readonly name: string;
  readonly vendor: string;
  readonly product: string;
  readonly shape: LibraryShape;
  readonly quirks: LibraryQuirks;
  readonly times: LibraryTimes;
}

const STANDARD: LibraryQuirks = {
  loadedDrive: 'removal-prevented',
  tagsOrIdentifiers: false,
  shortLastDescriptor: false,
  sixteenBitLengths: false,
  readsLabels: true,
  roomForIdentifiers: true,
  tellsSource: true,
  driveIdentifier: 'full',
  initializesRanges: true,
  vendorExceptions: false,
};

/** A library of the middle size moves in ten to twenty seconds and reads a label in about one and a half. */
const TIMES: LibraryTimes = {
  reachSeconds: 2,
  perElementSeconds: 0.2,
  pickSeconds: 4,
  placeSeconds: 4,
  scanSeconds: 1.5,
  startSeconds: 20,
};

/** One drive, eight slots, one import/export slot, addresses close together as small machines have them. */
function smallShape(): LibraryShape {
  return new LibraryShape(
    {
      transport: { first: 0, count: 1 },
      drive: { first: 1, count: 1 },
      slot: { first: 2, count: 8 },
      mailslot: { first: 10, count: 1 },
    },
    [0],
  );
}

/** Two drives, 24 slots, four import/export slots, addresses as IBM's TS3200 has them. */
function mediumShape(driveNumbers: readonly number[] = [0, 1]): LibraryShape {
  return new LibraryShape(
    {
      transport: { first: 1, count: 1 },
      mailslot: { first: 16, count: 4 },
      drive: { first: 256, count: 2 },
      slot: { first: 4096, count: 24 },
    },
    driveNumbers,
  );
}

interface Variation {
  readonly shape?: LibraryShape;
  readonly product?: string;
  readonly quirks?: Partial<LibraryQuirks>;
  readonly times?: Partial<LibraryTimes>;
}

/** Two libraries as they should be, and one for each way of not being so. */
const VARIATIONS: ReadonlyMap<string, Variation> = new Map<string, Variation>(
  Object.entries({
    autoloader: {
      shape: smallShape(),
      product: 'AUTOLOADER 1x8',
      quirks: { loadedDrive: 'vendor-3b', roomForIdentifiers: false },
    },
    library: {},
    'voltag-or-dvcid': { quirks: { tagsOrIdentifiers: true } },
    'short-last-descriptor': { quirks: { shortLastDescriptor: true } },
    'sixteen-bit-lengths': { quirks: { sixteenBitLengths: true } },
    'no-voltags': { quirks: { readsLabels: false } },
    'slow-ready': { times: { startSeconds: 180, scanSeconds: 3 } },
    'needs-unload': { quirks: { loadedDrive: 'vendor-3b' } },
    'auto-unload': { quirks: { loadedDrive: 'auto-unload' } },
    'no-source': { quirks: { tellsSource: false } },
    'serial-only-dvcid': { quirks: { driveIdentifier: 'serial' } },
    'no-range-init': { quirks: { initializesRanges: false } },
    'vendor-sense-83': { quirks: { vendorExceptions: true } },
    'crossed-drives': { shape: mediumShape([1, 0]) },
  }),
);

export const LIBRARY_NAMES: readonly string[] = [...VARIATIONS.keys()];

/** Null when there is no library of this name. */
export function libraryPersonality(name: string): LibraryPersonality | null {
  const variation = VARIATIONS.get(name);
  if (variation === undefined) return null;
  return {
    name,
    vendor: 'TPLOOM',
    product: variation.product ?? 'LIBRARY 2x24',
    shape: variation.shape ?? mediumShape(),
    quirks: { ...STANDARD, ...variation.quirks },
    times: { ...TIMES, ...variation.times },
  };
}
