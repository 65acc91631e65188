/** What a volume is good for. */
export type VolumeState =
  'blank' | 'scratch' | 'append' | 'full' | 'read-only' | 'suspect' | 'damaged' | 'retired' | 'cleaning' | 'foreign';

export const VOLUME_STATES: readonly VolumeState[] = [
  'blank',
  'scratch',
  'append',
  'full',
  'read-only',
  'suspect',
  'damaged',
  'retired',
  'cleaning',
  'foreign',
];

/** Where a cartridge is. Numbers count as mtx does: drives from 0, slots from 1. */
export type CartridgeLocation =
  | { readonly kind: 'slot'; readonly slot: number }
  | { readonly kind: 'drive'; readonly drive: string }
  | { readonly kind: 'import-export'; readonly slot: number }
  | { readonly kind: 'shelf' }
  | { readonly kind: 'vault'; readonly vault: string }
  | { readonly kind: 'missing' };
