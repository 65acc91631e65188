import { StorageError } from '../base/storage-error.js';
import type { Changer, ChangerElement } from '../changer/changer.js';

/** The one named; without a name the only library there is. CHANGER_UNKNOWN. */
export function chooseChanger(changers: readonly Changer[], name: string | null): Changer {
  const libraries = changers.filter(({ kind }) => kind === 'scsi');
  const fitting = name === null ? libraries : changers.filter((changer) => changer.name === name);
  const [changer] = fitting;
  if (changer !== undefined && fitting.length === 1) return changer;
  const names = (name === null ? libraries : changers).map((one) => one.name).join(', ');
  if (name !== null)
    throw new StorageError(
      'CHANGER_UNKNOWN',
      `There is no changer ${name}. Changers here: ${names}. Nothing was moved.`,
      {
        context: { changer: name },
      },
    );
  throw new StorageError(
    'CHANGER_UNKNOWN',
    libraries.length === 0
      ? 'This node has no library. Nothing was moved; `[[changer]]` in the configuration makes one known.'
      : `Which changer? ${names}. Nothing was moved.`,
  );
}

/** Slots as people count them, import/export slots on from the last storage slot. CHANGER_ELEMENT_UNKNOWN. */
export function slotNumbered(changer: Changer, elements: readonly ChangerElement[], number: number): SlotElement {
  const found = elements.find((element): element is SlotElement => isSlot(element) && element.number === number);
  if (found !== undefined) return found;
  const last = elements.filter(isSlot).reduce((most, element) => Math.max(most, element.number), 0);
  throw new StorageError(
    'CHANGER_ELEMENT_UNKNOWN',
    `Changer ${changer.name} has no slot ${String(number)}; it has ${last === 0 ? 'none' : `slots 1 to ${String(last)}`}. Nothing was moved.`,
    { context: { changer: changer.name, slot: number } },
  );
}

export type SlotElement = ChangerElement & { readonly kind: 'slot' | 'import-export' };

function isSlot(element: ChangerElement): element is SlotElement {
  return element.kind === 'slot' || element.kind === 'import-export';
}
