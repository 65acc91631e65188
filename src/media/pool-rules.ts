import { isMediaType, mediumOfMediaType } from '../terms/barcode.js';
import { isPoolName, MAX_RETENTION_DAYS, SCRATCH_POOL } from '../terms/pool-policy.js';
import type { PoolRecord } from '../inventory/records.js';

/** More volumes than a node will ever know: the limit is for what is typed. */
const MAX_VOLUMES = 1_000_000;
const MAX_DRIVES = 256;
const MAX_STREAMS = 4096;

/** What is wrong with a pool as somebody asked for it, and with which of its fields; null: nothing. */
export function poolProblem(pool: PoolRecord): { readonly field: keyof PoolRecord; readonly problem: string } | null {
  const { name, kind, retentionDays, mediaTypes, maxVolumes, maxDrives, streamsPerDrive, worm, encryption } = pool;
  if (name === SCRATCH_POOL)
    return { field: 'name', problem: `is "${SCRATCH_POOL}", which is reserved for empty volumes of nobody's` };
  if (!isPoolName(name))
    return { field: 'name', problem: 'is not a name: letters, digits, dot, dash and underscore, 1 to 64' };
  if (!(retentionDays >= 0 && retentionDays <= MAX_RETENTION_DAYS))
    return { field: 'retentionDays', problem: `is not a number of days from 0 to ${String(MAX_RETENTION_DAYS)}` };
  if (maxVolumes !== null && !isCount(maxVolumes, MAX_VOLUMES))
    return { field: 'maxVolumes', problem: `is not a number of volumes from 1 to ${String(MAX_VOLUMES)}` };
  if (!isCount(maxDrives, MAX_DRIVES))
    return { field: 'maxDrives', problem: `is not a number of drives from 1 to ${String(MAX_DRIVES)}` };
  if (!isCount(streamsPerDrive, MAX_STREAMS))
    return { field: 'streamsPerDrive', problem: `is not a number of streams from 1 to ${String(MAX_STREAMS)}` };
  for (const type of mediaTypes) {
    const problem = mediaTypeProblem(type, kind, worm);
    if (problem !== null) return { field: 'mediaTypes', problem };
  }
  if (kind === 'disk' && worm === 'required') return { field: 'worm', problem: 'is "required", but no disk is WORM' };
  // Said to be encrypted and written in the clear would be worse than refused.
  if (encryption)
    return { field: 'encryption', problem: 'is asked for, but this version cannot have drives encrypt; leave it out' };
  return null;
}

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

function mediaTypeProblem(type: string, kind: PoolRecord['kind'], worm: PoolRecord['worm']): string | null {
  if (!isMediaType(type)) return `names "${type}", which is no media type: L1 to L9, LA, M8, LT to LZ, or DK for disk`;
  const medium = mediumOfMediaType(type);
  if (medium === 'cleaning') return `names ${type}, which is that of cleaning cartridges`;
  if ((medium === 'disk') !== (kind === 'disk')) return `names ${type}, but the pool is of kind ${kind}`;
  if (medium === 'worm' && worm === 'refused') return `names ${type}, which is WORM, and the pool refuses WORM`;
  if (medium === 'data' && worm === 'required') return `names ${type}, which is not WORM, and the pool requires WORM`;
  return null;
}
