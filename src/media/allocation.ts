import type { Barcode } from '../terms/barcode.js';
import type { PoolRecord, VolumeRecord } from '../inventory/records.js';

/** A volume considered for writing, with what the choice depends on. */
export interface AllocationCandidate {
  readonly volume: VolumeRecord;
  /** Mounted in the drive that will write. */
  readonly mounted: boolean;
  /** The changer of that drive can bring it (or it is in the drive). */
  readonly reachable: boolean;
  /** What somebody else uses it for; null: it is free. */
  readonly inUse: string | null;
}

export interface Allocation {
  /** In the order in which to try them. */
  readonly order: readonly AllocationCandidate[];
  /** One sentence a volume: why it was taken or passed over. */
  readonly reasons: readonly { readonly barcode: Barcode; readonly reason: string }[];
}

/**
 * Which volume of a pool is written next: the mounted one (no move), then the one written last (fill what is begun before
 * another is opened, so that a set is on few volumes), then never-written ones in order of barcode.
 */
export function allocateVolume(pool: PoolRecord, candidates: readonly AllocationCandidate[]): Allocation {
  const usable: AllocationCandidate[] = [];
  const reasons: { barcode: Barcode; reason: string }[] = [];
  for (const candidate of candidates) {
    const refusal = refusalOf(pool, candidate);
    if (refusal === null) usable.push(candidate);
    else reasons.push({ barcode: candidate.volume.barcode, reason: refusal });
  }
  usable.sort(
    (a, b) =>
      Number(b.mounted) - Number(a.mounted) ||
      (b.volume.lastWrittenMs ?? 0) - (a.volume.lastWrittenMs ?? 0) ||
      a.volume.barcode.localeCompare(b.volume.barcode),
  );
  for (const candidate of usable)
    reasons.push({ barcode: candidate.volume.barcode, reason: preferenceOf(candidate, candidate === usable[0]) });
  return { order: usable, reasons };
}

function refusalOf(pool: PoolRecord, { volume, reachable, inUse }: AllocationCandidate): string | null {
  if (volume.pool !== pool.name) return `belongs to pool ${volume.pool}`;
  if (volume.state !== 'append')
    return `is ${volume.state}${volume.stateReason === '' ? '' : ` (${volume.stateReason})`}`;
  if (inUse !== null) return `is in use (${inUse})`;
  return reachable ? null : 'is not where the drive can get it';
}

function preferenceOf(candidate: AllocationCandidate, first: boolean): string {
  const why = candidate.mounted
    ? 'is mounted and has room'
    : candidate.volume.lastWrittenMs === null
      ? 'is labelled and empty'
      : 'is begun and has room';
  return first ? `chosen: ${why}` : why;
}
