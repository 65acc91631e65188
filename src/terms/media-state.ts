/**
 * What a cartridge and the volume on it are good for: one word for people.
 *
 * | word        | means                                                                                      |
 * | ----------- | ------------------------------------------------------------------------------------------ |
 * | blank       | never labelled by this node                                                                |
 * | scratch     | an empty volume of the pool `scratch`: any pool that draws from it may take it             |
 * | append      | its pool writes on it                                                                      |
 * | full        | closed: nothing is written any more until it is recycled                                   |
 * | read-only   | write-protected, or set so by a person                                                     |
 * | suspect     | does not agree with the inventory, or failed on several drives: not written, can be read   |
 * | damaged     | the medium failed: not written, what can be read may be restored                           |
 * | retired     | taken out of use by a person or by wear: not written, can be read                          |
 * | cleaning    | a cleaning cartridge                                                                       |
 * | foreign     | holds another program's data, or a volume of another node                                  |
 */
export const VOLUME_STATES = [
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
] as const;
export type VolumeState = (typeof VOLUME_STATES)[number];

/** Where a cartridge is. Numbers count as mtx does: slots from 1, import/export slots after the storage slots. */
export type CartridgeLocation =
  | { readonly kind: 'slot'; readonly changer: string; readonly slot: number }
  | { readonly kind: 'import-export'; readonly changer: string; readonly slot: number }
  /** In the robot's hand: a move failed half-way. */
  | { readonly kind: 'transport'; readonly changer: string }
  | { readonly kind: 'drive'; readonly drive: string }
  /** At hand, outside any changer. For a disk volume: its directory. */
  | { readonly kind: 'shelf' }
  /** At another place; `dueMs`: when it should be back, milliseconds since the epoch. */
  | { readonly kind: 'vault'; readonly vault: string; readonly dueMs: number | null }
  /** A changer or a stock-take looked for it where it should be, and it was not there. */
  | { readonly kind: 'missing' };

/** With people: no changer can tell. */
export type OffsiteLocation = Extract<CartridgeLocation, { readonly kind: 'shelf' | 'vault' }>;

export function sameLocation(a: CartridgeLocation | null | undefined, b: CartridgeLocation | null): boolean {
  if (a === null || a === undefined || b === null) return (a ?? null) === b;
  const left: Readonly<Record<string, unknown>> = { ...a };
  const right: Readonly<Record<string, unknown>> = { ...b };
  return Object.keys({ ...left, ...right }).every((key) => left[key] === right[key]);
}
