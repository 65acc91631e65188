import { StorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { ElementName } from './changer.js';
import { describeCartridge, describeElement, findElement, type MappedElement } from './element-map.js';

export interface Move {
  readonly from: MappedElement;
  readonly to: MappedElement;
}

/** One move, or none because the cartridge is where it should be (`at`), or because there is none (null). */
export type MovePlan =
  ({ readonly kind: 'move' } & Move) | { readonly kind: 'none'; readonly at: MappedElement | null };

/** What is known when a move is planned: every function here is pure and refuses what would be a guess. */
export interface MoveScene {
  readonly changer: string;
  readonly elements: readonly MappedElement[];
  /** Address of the transport element to move with. */
  readonly transport: number;
}

/** CHANGER_NO_CARTRIDGE, CHANGER_DUPLICATE_BARCODE, CHANGER_OCCUPIED, DRIVE_UNKNOWN. None: it is in that drive. */
export function planLoad(scene: MoveScene, barcode: Barcode, drive: string): MovePlan {
  const to = driveElement(scene, drive);
  const from = cartridgeElement(scene, barcode);
  if (from === to) return { kind: 'none', at: to };
  if (to.isFull)
    throw new StorageError(
      'CHANGER_OCCUPIED',
      `${sentence(describeElement(to))} holds ${describeCartridge(to)}; unload it before ${barcode}. Nothing was moved.`,
      { context: { changer: scene.changer, drive, barcode, occupant: to.barcode } },
    );
  if (from.kind === 'drive')
    throw new StorageError(
      'CHANGER_OCCUPIED',
      `Cartridge ${barcode} is in ${describeElement(from)}; unload it there before it goes to ${drive}. Nothing was moved.`,
      { context: { changer: scene.changer, drive, barcode, heldBy: from.drive } },
    );
  return { kind: 'move', from, to };
}

/** CHANGER_ELEMENT_UNKNOWN, CHANGER_OCCUPIED, CHANGER_NO_FREE_SLOT, DRIVE_UNKNOWN. None: the drive is empty. */
export function planUnload(scene: MoveScene, drive: string, slot: number | null): MovePlan {
  const from = driveElement(scene, drive);
  if (!from.isFull) return { kind: 'none', at: null };
  const to = slot === null ? homeOf(scene, from) : element(scene, { kind: 'slot', number: slot });
  refuseFull(scene, to);
  return { kind: 'move', from, to };
}

/** CHANGER_ELEMENT_UNKNOWN, CHANGER_NO_CARTRIDGE, CHANGER_OCCUPIED. None: from and to are the same, and full. */
export function planTransfer(scene: MoveScene, from: ElementName, to: ElementName): MovePlan {
  const source = element(scene, from);
  const destination = element(scene, to);
  if (!source.isFull)
    throw new StorageError(
      'CHANGER_NO_CARTRIDGE',
      `${sentence(describeElement(source))} is empty. Nothing was moved.`,
      {
        context: { changer: scene.changer, from: describeElement(source) },
      },
    );
  if (source === destination) return { kind: 'none', at: source };
  refuseFull(scene, destination);
  return { kind: 'move', from: source, to: destination };
}

/**
 * CHANGER_NO_CARTRIDGE, CHANGER_DUPLICATE_BARCODE, CHANGER_CARTRIDGE_LOADED, CHANGER_NO_FREE_SLOT. None: it is in the
 * operator's reach already, in an import/export slot, or in its slot where there are none: then the magazine is taken out.
 */
export function planEject(scene: MoveScene, barcode: Barcode): MovePlan {
  const from = cartridgeElement(scene, barcode);
  if (from.kind === 'drive')
    throw new StorageError(
      'CHANGER_CARTRIDGE_LOADED',
      `Cartridge ${barcode} is in ${describeElement(from)}; unload it first. Nothing was moved.`,
      { context: { changer: scene.changer, barcode, drive: from.drive } },
    );
  const exits = scene.elements.filter(({ kind }) => kind === 'import-export');
  if (from.kind === 'import-export' || (exits.length === 0 && from.kind === 'slot')) return { kind: 'none', at: from };
  // Some changers tell of no element whether cartridges may leave by it: then all are tried.
  const enabled = exits.some(({ canExport }) => canExport) ? exits.filter(({ canExport }) => canExport) : exits;
  const to = enabled.find(({ isFull, isAccessible }) => !isFull && isAccessible);
  if (to === undefined)
    throw new StorageError(
      'CHANGER_NO_FREE_SLOT',
      `No import/export slot of changer ${scene.changer} is free and closed for ${barcode}. Nothing was moved; empty the import/export station.`,
      { context: { changer: scene.changer, barcode } },
    );
  return { kind: 'move', from, to };
}

/**
 * Where a cartridge goes back to: the slot it came from, when that is known and free; else the first empty slot from which
 * no cartridge in another drive came, else any empty slot, else an empty import/export slot.
 */
function homeOf({ changer, elements }: MoveScene, from: MappedElement): MappedElement {
  const free = elements.filter(
    ({ kind, isFull, isAccessible }) => (kind === 'slot' || kind === 'import-export') && !isFull && isAccessible,
  );
  const homes = new Set(elements.filter(({ kind }) => kind === 'drive').map(({ sourceSlot }) => sourceSlot));
  const slot =
    free.find(({ number }) => number === from.sourceSlot) ??
    free.find(({ kind, number }) => kind === 'slot' && !homes.has(number)) ??
    free.find(({ kind }) => kind === 'slot') ??
    free[0];
  if (slot !== undefined) return slot;
  throw new StorageError(
    'CHANGER_NO_FREE_SLOT',
    `Changer ${changer} has no empty slot for ${describeCartridge(from)} in ${describeElement(from)}. Nothing was moved; take a cartridge out.`,
    { context: { changer, drive: from.drive, barcode: from.barcode } },
  );
}

function element({ changer, elements }: MoveScene, name: ElementName): MappedElement {
  const found = findElement(elements, name);
  if (found !== null) return found;
  throw new StorageError(
    'CHANGER_ELEMENT_UNKNOWN',
    `Changer ${changer} has no ${name.kind === 'import-export' ? 'import/export slot' : name.kind} ${String(name.number)}. Nothing was moved; \`tapeloom changer status ${changer}\` lists what there is.`,
    { context: { changer, kind: name.kind, number: name.number } },
  );
}

function driveElement({ changer, elements }: MoveScene, drive: string): MappedElement {
  const found = elements.find((one) => one.kind === 'drive' && one.drive === drive);
  if (found !== undefined) return found;
  throw new StorageError(
    'DRIVE_UNKNOWN',
    `Which drive of changer ${changer} is ${drive} cannot be told: no drive element has its serial number. Nothing was moved; \`tapeloom doctor\` shows the serial numbers. Check the device of the drive, or give it a changer_drive.`,
    { context: { changer, drive } },
  );
}

function cartridgeElement({ changer, elements }: MoveScene, barcode: Barcode): MappedElement {
  const [found, another] = elements.filter((one) => one.barcode === barcode);
  if (found === undefined)
    throw new StorageError(
      'CHANGER_NO_CARTRIDGE',
      `No cartridge ${barcode} is in changer ${changer}. Nothing was moved; put it in, or look with \`tapeloom changer inventory\` whether its label was read.`,
      { context: { changer, barcode } },
    );
  if (another !== undefined)
    throw new StorageError(
      'CHANGER_DUPLICATE_BARCODE',
      `Two cartridges of changer ${changer} have the barcode ${barcode}: one in ${describeElement(found)}, one in ${describeElement(another)}. Nothing was moved; take one of them out and put another label on it.`,
      { context: { changer, barcode, first: describeElement(found), second: describeElement(another) } },
    );
  return found;
}

function refuseFull({ changer }: MoveScene, to: MappedElement): void {
  if (!to.isFull) return;
  throw new StorageError(
    'CHANGER_OCCUPIED',
    `${sentence(describeElement(to))} of changer ${changer} holds ${describeCartridge(to)}. Nothing was moved.`,
    { context: { changer, to: describeElement(to), occupant: to.barcode } },
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
