import type { Clock } from '../base/clock.js';
import { isStorageError } from '../base/storage-error.js';
import type { Changer, ChangerElement } from '../changer/changer.js';

/** How often a changer is asked what a person has done at it, milliseconds: a person takes longer. */
const LOOK_MS = 5_000;

export function importExportSlots(elements: readonly ChangerElement[]): readonly ChangerElement[] {
  return elements.filter(({ kind }) => kind === 'import-export');
}

/** Waits until the import/export slots are as a person was asked to make them. While the door is open they cannot be seen. */
export async function waitForDoor(
  clock: Clock,
  changer: Changer,
  signal: AbortSignal,
  isDone: (slots: readonly ChangerElement[]) => boolean,
): Promise<void> {
  for (;;) {
    try {
      if (isDone(importExportSlots(await changer.elements()))) return;
    } catch (error) {
      if (!isStorageError(error, 'CHANGER_NOT_READY', 'CHANGER_DOOR_OPEN')) throw error;
    }
    await clock.sleep(LOOK_MS, signal);
  }
}
