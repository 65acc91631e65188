import type { FilePort } from '../src/device/file-port.js';
import { makeLibrary, openLibrary, type Library } from './library/library.js';
import type { LibraryPersonality } from './library/library-personality.js';
import { RackError, type Rack } from './rack.js';

/** Blank cartridges beside a stand-alone drive. */
const STAND_ALONE_CARTRIDGES = 8;
/** Of the slots of a library so many get one: the rest is room to move. */
const FILLED = 5 / 6;

export interface Stock {
  /** Null: a usual number. */
  readonly cartridges: number | null;
  /** Native bytes of each new cartridge; the generation's own when null. */
  readonly capacityBytes: number | null;
}

/** Makes the blank cartridges TPL001L9, TPL002L9, ... that are not there yet, in the rack. */
export function stockRack(rack: Rack, { cartridges, capacityBytes }: Stock): readonly string[] {
  const there = new Set<string>(rack.list().map(({ barcode }) => barcode));
  const barcodes = Array.from(
    { length: cartridges ?? STAND_ALONE_CARTRIDGES },
    (_, index) => `TPL${String(index + 1).padStart(3, '0')}L9`,
  );
  const fresh = barcodes.filter((barcode) => !there.has(barcode));
  for (const barcode of fresh) rack.create(barcode, capacityBytes === null ? {} : { capacityBytes });
  return fresh;
}

/**
 * The library beside the rack, made and filled when there is none: blank cartridges in the first slots, cleaning cartridges
 * in the last. RackError when there is another one.
 */
export function stockLibrary(
  files: FilePort,
  rackDirectory: string,
  rack: Rack,
  personality: LibraryPersonality,
  { cartridges, capacityBytes }: Stock,
): Library {
  const there = openLibrary(files, rackDirectory);
  if (there !== null && there.personality.name !== personality.name)
    throw new RackError(`The rack in ${rackDirectory} stands beside the library ${there.personality.name}.`);
  const slots = personality.shape.of('slot');
  const wanted = cartridges ?? Math.floor(slots.length * FILLED);
  const fresh = stockRack(rack, { cartridges: wanted, capacityBytes });
  if (there !== null) return there;
  const library = makeLibrary(files, rackDirectory, personality);
  const cleaning = ['CLN001L9', 'CLNU01CU'];
  for (const barcode of cleaning) rack.create(barcode);
  // Cartridges for which there is no slot stay in the rack.
  for (const [index, barcode] of fresh.slice(0, slots.length - cleaning.length).entries())
    library.putIn(barcode, slots[index]?.address ?? 0);
  for (const [index, barcode] of cleaning.entries()) library.putIn(barcode, slots.at(-1 - index)?.address ?? 0);
  return library;
}
