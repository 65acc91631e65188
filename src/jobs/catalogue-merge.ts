import { isDeepStrictEqual } from 'node:util';
import type { CartridgeRecord, PoolRecord, StreamRecord, VolumeRecord } from '../inventory/records.js';
import { asCatalogued } from '../media/catalogued-volume.js';
import type { VolumeId } from '../terms/ids.js';

/**
 * What becomes of a record of a catalogue. `enter`: the inventory has none, or an older one. `same`: it has it. `newer`: it has
 * another one that is not older, which is kept unless the order names it; then `record` is what it becomes. `left`: what the
 * record tells of is no more, or is told better elsewhere.
 */
export type Merge<T> =
  | { readonly kind: 'enter'; readonly record: T }
  | { readonly kind: 'same' }
  | { readonly kind: 'newer'; readonly name: string; readonly why: string; readonly record: T }
  | { readonly kind: 'left'; readonly why: string };

const SAME = { kind: 'same' } as const;

/** The configuration alone changes what it declares. */
export function mergePool(told: PoolRecord, known: PoolRecord | null): Merge<PoolRecord> {
  const record = { ...told, declared: false };
  if (known === null) return { kind: 'enter', record };
  if (isDeepStrictEqual({ ...known, declared: false }, record)) return SAME;
  if (known.declared) return { kind: 'left', why: `pool ${told.name} is as the configuration says` };
  return { kind: 'newer', name: `pool:${told.name}`, why: 'it has another policy here', record };
}

/** Where a cartridge is, the books know better; what it carries, whoever tells of the later label. */
export function mergeCartridge(told: CartridgeRecord, known: CartridgeRecord | null): Merge<CartridgeRecord> {
  if (known === null) return { kind: 'enter', record: told };
  const { barcode } = told;
  if (known.volumeId !== told.volumeId && told.volumeId !== null) {
    if (known.volumeId !== null)
      return {
        kind: 'left',
        why:
          told.labelCount > known.labelCount
            ? `${barcode} was labelled again later than the inventory knows: read it with \`catalog rebuild\``
            : `${barcode} carries another volume since`,
      };
    if (known.labelCount >= Math.max(1, told.labelCount))
      return { kind: 'left', why: `${barcode} was erased since, or carries another volume` };
  }
  const record: CartridgeRecord = {
    ...known,
    volumeId: known.volumeId ?? told.volumeId,
    labelCount: Math.max(known.labelCount, told.labelCount),
    mediumSerial: known.mediumSerial ?? told.mediumSerial,
    cleaningUses: Math.max(known.cleaningUses, told.cleaningUses),
    condition: known.volumeId === null && told.volumeId !== null ? null : (known.condition ?? told.condition),
  };
  return isDeepStrictEqual(record, known) ? SAME : { kind: 'enter', record };
}

/** `carried`: what the cartridge carries, as the books have it. A volume's content only grows, whoever is believed. */
export function mergeVolume(
  told: VolumeRecord,
  known: VolumeRecord | null,
  carried: VolumeId | null,
  catalogueMs: number,
): Merge<VolumeRecord> {
  if (carried !== told.volumeId)
    return { kind: 'left', why: `volume ${told.volumeId} is not on ${told.barcode} any more` };
  if (known === null) return { kind: 'enter', record: asCatalogued(told, catalogueMs) };
  if (isDeepStrictEqual(told, known) || isDeepStrictEqual(asCatalogued(told, catalogueMs), known)) return SAME;
  if (told.endOfData.sequence > known.endOfData.sequence)
    return { kind: 'enter', record: asCatalogued(told, catalogueMs) };
  const { state, stateReason, begunFor } = told;
  return {
    kind: 'newer',
    name: told.barcode,
    why: `its volume is ${known.state} here, ${state} there`,
    record: { ...known, state: known.closed && state === 'append' ? known.state : state, stateReason, begunFor },
  };
}

/**
 * Without what lies where: the extents that follow are entered one by one. `volumes`: those of the stream that the books have.
 * Retention is never shortened, and a hold stays.
 */
export function mergeStream(
  told: StreamRecord,
  known: StreamRecord | null,
  volumes: readonly VolumeId[],
): Merge<StreamRecord> {
  const { streamId, retentionEndMs } = told.descriptor;
  if (volumes.length === 0 && told.volumes.length > 0)
    return { kind: 'left', why: `the volumes of stream ${streamId} were used again` };
  const base = known ?? { ...told, blocks: 0, extents: 0, volumes: [] };
  const merged: StreamRecord = { ...base, volumes: [...new Set([...base.volumes, ...volumes])] };
  if (known === null) return { kind: 'enter', record: { ...merged, ...standingOf(told, volumes) } };
  const descriptor = {
    ...told.descriptor,
    retentionEndMs: Math.max(retentionEndMs, known.descriptor.retentionEndMs),
  };
  if (tellsMore(told, known)) return { kind: 'enter', record: { ...merged, ...standingOf(told, volumes), descriptor } };
  if (isSameButForPlaces(told, known))
    return isDeepStrictEqual(merged, known) ? SAME : { kind: 'enter', record: merged };
  return {
    kind: 'newer',
    name: streamId,
    why: `it is ${known.state} with ${String(known.lengthBytes)} bytes here, ${told.state} with ${String(told.lengthBytes)} there`,
    record: { ...merged, descriptor, hold: known.hold ?? told.hold },
  };
}

/** What was being written when the catalogue was made was not completed, as far as that tells. */
function standingOf(
  { state, lengthBytes, crc32c, startedMs, endedMs, reason, hold, volumes: all }: StreamRecord,
  volumes: readonly VolumeId[],
): Pick<StreamRecord, 'state' | 'lengthBytes' | 'crc32c' | 'startedMs' | 'endedMs' | 'reason' | 'hold'> {
  const standing = { lengthBytes, crc32c, startedMs, endedMs, hold };
  if (volumes.length < all.length)
    return { ...standing, state: 'incomplete', reason: 'part of it lay on a volume that was used again' };
  if (state !== 'open') return { ...standing, state, reason };
  return { ...standing, state: 'incomplete', reason: 'it was being written when the catalogue was made' };
}

function tellsMore(told: StreamRecord, known: StreamRecord): boolean {
  const isComplete = told.state === 'complete';
  if (isComplete !== (known.state === 'complete')) return isComplete;
  return told.lengthBytes > known.lengthBytes;
}

/** Blocks, extents and volumes are counted from what is entered; how an unfinished stream ended is told in different words. */
function isSameButForPlaces(told: StreamRecord, known: StreamRecord): boolean {
  const { descriptor, lengthBytes, crc32c, hold, state } = known;
  const isSame =
    isDeepStrictEqual(told.descriptor, descriptor) &&
    told.lengthBytes === lengthBytes &&
    told.crc32c === crc32c &&
    isDeepStrictEqual(told.hold, hold);
  return isSame && (told.state === state || (told.state === 'open' && state === 'incomplete'));
}
