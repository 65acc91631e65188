import type { CartridgeLocation } from '../terms/media-state.js';
import type { AskedChanger, Reconciliation } from './reconciliation.js';

/** Something about cartridges that only a person can put right. */
export interface CartridgeProblem {
  readonly kind: 'changer-silent' | 'duplicate-barcode' | 'unread-barcode' | 'unknown-drive' | 'not-imported';
  readonly message: string;
}

/** What an operator must look at of what a changer has. `drives`: those of the configuration. */
export function problemsOf(
  { name, cartridges }: AskedChanger,
  { duplicates, moves }: Reconciliation,
  drives: readonly string[],
): readonly CartridgeProblem[] {
  const problems: CartridgeProblem[] = [];
  for (const barcode of duplicates) {
    const places = cartridges.filter((one) => one.barcode === barcode).map(({ location }) => describePlace(location));
    if (places.length > 0)
      problems.push({
        kind: 'duplicate-barcode',
        message: `Two cartridges carry the barcode ${barcode}; in ${name} it is in ${places.join(' and ')}. Neither is used; take one out.`,
      });
  }
  for (const { barcode, tag, location } of cartridges) {
    const place = `${describePlace(location)} of ${name}`;
    if (barcode === null)
      problems.push({
        kind: 'unread-barcode',
        message:
          tag === ''
            ? `The barcode of the cartridge in ${place} cannot be read. It is not used; look at its label.`
            : `The cartridge in ${place} is labelled "${tag}", which is no barcode of a kind used here. It is not used.`,
      });
    if (location.kind === 'drive' && !drives.includes(location.drive))
      problems.push({
        kind: 'unknown-drive',
        message: `Cartridge ${barcode ?? ''} is in ${place}, which the configuration does not know. It cannot be used there.`,
      });
    const isNew = moves.some((move) => move.barcode === barcode && move.record === null);
    if (location.kind === 'import-export' && isNew)
      problems.push({
        kind: 'not-imported',
        message: `New cartridge ${barcode ?? ''} is in ${place}: \`tapeloom media import\` brings it in.`,
      });
  }
  return problems;
}

/** Where it is, in words; without the changer's name. */
export function describePlace(location: CartridgeLocation): string {
  switch (location.kind) {
    case 'slot':
      return `slot ${String(location.slot)}`;
    case 'import-export':
      return `import/export slot ${String(location.slot)}`;
    case 'drive':
      return `drive ${location.drive}`;
    case 'transport':
      return 'the hand';
    case 'shelf':
    case 'missing':
      return location.kind;
    case 'vault':
      return `vault ${location.vault}`;
  }
}
