import { UsageError } from './usage-error.js';

/** Slots as people count them: from 1, import/export slots on from the last storage slot. */
export function parseSlotArgument(text: string): number {
  const slot = Number(text);
  if (/^\d{1,5}$/.test(text) && slot >= 1) return slot;
  throw new UsageError(`"${text}" is no slot: they are counted from 1, as \`tapeloom changer status\` shows them`);
}
