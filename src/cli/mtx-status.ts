import type { ChangerStatusView, ElementView } from '../protocol/changer-api.js';
import { printable } from './words.js';

/**
 * What `mtx status` prints, to the letter, for scripts that read it; but tags are not padded with spaces. Storage and
 * import/export elements are numbered together, and counted together as slots.
 */
export function formatMtxStatus({ device, elements }: ChangerStatusView): string {
  const drives = elements.filter(({ kind }) => kind === 'drive');
  const exits = elements.filter(({ kind }) => kind === 'import-export');
  const slots = [...elements.filter(({ kind }) => kind === 'slot'), ...exits];
  const head = `  Storage Changer ${device}:${String(drives.length)} Drives, ${String(slots.length)} Slots ( ${String(exits.length)} Import/Export )`;
  return [head, ...drives.map(formatDrive), ...slots.map(formatSlot)].join('\n');
}

function formatDrive(element: ElementView): string {
  const name = `Data Transfer Element ${String(element.number)}:`;
  if (!element.isFull) return `${name}Empty`;
  const source =
    element.sourceSlot === null
      ? 'Full (Unknown Storage Element Loaded)'
      : `Full (Storage Element ${String(element.sourceSlot)} Loaded)`;
  return `${name}${source}${formatTag(element, ' = ')}`;
}

function formatSlot(element: ElementView): string {
  const kind = element.kind === 'import-export' ? ' IMPORT/EXPORT' : '';
  // Behind `Full` mtx leaves a space, with a tag or without.
  const content = element.isFull ? `Full ${formatTag(element, '=')}` : 'Empty';
  return `      Storage Element ${String(element.number)}${kind}:${content}`;
}

function formatTag({ barcode, tag }: ElementView, sign: string): string {
  const label = barcode ?? tag;
  return label === '' ? '' : `:VolumeTag${sign}${printable(label)}`;
}
