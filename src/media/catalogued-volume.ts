import type { VolumeRecord } from '../inventory/records.js';

const PREFIX = 'known only from a catalogue of ';

/**
 * A volume as a catalogue tells of it that may have been written since: it can be read, but nothing is appended to it until its
 * medium was read (`catalog rebuild BARCODE`), so that what came since is not taken for the tail of a crash.
 */
export function asCatalogued(volume: VolumeRecord, catalogueMs: number): VolumeRecord {
  if (volume.closed || volume.state !== 'append') return volume;
  const stateReason = `${PREFIX}${new Date(catalogueMs).toISOString()}; \`catalog rebuild ${volume.barcode}\` reads what came since`;
  return { ...volume, state: 'suspect', stateReason };
}

/** Its medium was not read since the books have it from a catalogue. */
export function isOnlyCatalogued({ state, stateReason }: VolumeRecord): boolean {
  return state === 'suspect' && stateReason.startsWith(PREFIX);
}
