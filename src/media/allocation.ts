import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import { SCRATCH_POOL } from '../terms/pool-policy.js';
import type { CartridgeRecord, PoolRecord, VolumeRecord } from '../inventory/records.js';
import { writeProblem } from './lto-rules.js';
import { poolMediumProblem } from './pool-media.js';
import { stateOf, stateReasonOf } from './state-changes.js';

/** Who wants to write, and with what. */
export interface AllocationRequest {
  readonly pool: PoolRecord;
  readonly drive: {
    readonly name: string;
    readonly loaded: Barcode | null;
    /** Null: not known; then the drive itself will say what it cannot write. */
    readonly ltoGeneration: number | null;
  };
  /** What volumes are begun for now (allocation-period.ts). */
  readonly begunFor: string;
}

/** A cartridge and the volume on it, with all that the choice depends on. */
export interface AllocationCandidate {
  readonly cartridge: CartridgeRecord;
  readonly volume: VolumeRecord | null;
  /** Where it is, and that the drive's changer can bring it to the drive. */
  readonly location: CartridgeLocation;
  readonly reachable: boolean;
  /** What it is used for at this moment; null: nothing. */
  readonly inUse: string | null;
  /** Why what is on it must be kept (protection.ts); empty: nothing must. */
  readonly protectedBy: readonly string[];
  /** How many streams the books know on the volume, expired or not. */
  readonly streams: number;
  /** What else is against it, as the end of a sentence that begins with the barcode; null: nothing. */
  readonly problem: string | null;
}

/**
 * How a cartridge becomes the volume that is written: it is one of the pool with room; an expired one of the pool is labelled again; a
 * scratch volume is labelled for the pool; a blank cartridge is.
 */
export const ALLOCATION_ACTIONS = ['append', 'recycle', 'draw', 'label'] as const;
export type AllocationAction = (typeof ALLOCATION_ACTIONS)[number];

export interface AllocationChoice {
  readonly action: AllocationAction;
  readonly candidate: AllocationCandidate;
}

export interface Consideration {
  readonly barcode: Barcode;
  /** Null: it is passed over. */
  readonly action: AllocationAction | null;
  /** Its place in the order of trying, from 0; null: it is passed over. */
  readonly rank: number | null;
  /** The end of a sentence that begins with the barcode. */
  readonly reason: string;
}

export interface Allocation {
  /** In the order in which to try them. */
  readonly order: readonly AllocationChoice[];
  /** One a candidate: those that can be used in their order, then those passed over, volumes of the pool first. */
  readonly considered: readonly Consideration[];
}

type Judgement =
  { readonly action: AllocationAction; readonly reason: string } | { readonly action: null; readonly reason: string };

/**
 * Which volume a pool writes next, and why no other. First volumes of the pool that have room, the mounted one before others (no
 * move), begun ones before empty ones and the one written last first (what is begun is filled, so that a set lies on few
 * volumes). Then, as the pool's policy allows, its expired volumes, the one that expired first; then scratch volumes; then blank
 * cartridges. `candidates` is every cartridge known.
 */
export function allocateVolume(request: AllocationRequest, candidates: readonly AllocationCandidate[]): Allocation {
  const belonging = candidates.filter(({ volume }) => volume?.pool === request.pool.name).length;
  const usable: { readonly choice: AllocationChoice; readonly reason: string }[] = [];
  const refused: { readonly candidate: AllocationCandidate; readonly reason: string }[] = [];
  for (const candidate of candidates) {
    const { action, reason } = judge(request, candidate, belonging);
    if (action === null) refused.push({ candidate, reason });
    else usable.push({ choice: { action, candidate }, reason });
  }
  usable.sort((a, b) => compareChoices(request, a.choice, b.choice));
  refused.sort((a, b) => Number(isOwn(request, b.candidate)) - Number(isOwn(request, a.candidate)) || byBarcode(a, b));
  return {
    order: usable.map(({ choice }) => choice),
    considered: [
      ...usable.map(({ choice: { action, candidate }, reason }, rank) => ({
        barcode: candidate.cartridge.barcode,
        action,
        rank,
        reason,
      })),
      ...refused.map(({ candidate, reason }) => ({
        barcode: candidate.cartridge.barcode,
        action: null,
        rank: null,
        reason,
      })),
    ],
  };
}

function judge(request: AllocationRequest, candidate: AllocationCandidate, belonging: number): Judgement {
  const problem = stateProblem(request, candidate) ?? placeProblem(request, candidate);
  if (problem !== null) return { action: null, reason: problem };
  const { volume } = candidate;
  if (volume === null) return judgeNew(request, belonging, 'label');
  if (volume.pool === SCRATCH_POOL) return judgeNew(request, belonging, 'draw');
  return judgeOwn(request, candidate, volume);
}

/** What speaks against a cartridge wherever it is. */
function stateProblem({ pool, drive }: AllocationRequest, candidate: AllocationCandidate): string | null {
  const { cartridge, volume, problem } = candidate;
  const { barcode } = cartridge;
  if (volume !== null && volume.pool !== pool.name && volume.pool !== SCRATCH_POOL)
    return `belongs to pool ${volume.pool}`;
  const medium = poolMediumProblem(pool, barcode);
  if (medium !== null) return medium;
  const state = stateOf(cartridge, volume);
  const isFit =
    volume === null
      ? state === 'blank'
      : volume.pool === pool.name
        ? state === 'append' || state === 'full'
        : state === 'scratch';
  if (!isFit) {
    const reason = stateReasonOf(cartridge, volume);
    return `is ${state}${reason === '' ? '' : ` (${reason})`}`;
  }
  return problem ?? writeProblem(drive.ltoGeneration, barcode);
}

function placeProblem(
  { drive }: AllocationRequest,
  { location, reachable, inUse }: AllocationCandidate,
): string | null {
  if (inUse !== null) return `is in use: ${inUse}`;
  switch (location.kind) {
    case 'vault':
      return `is in vault ${location.vault}`;
    case 'missing':
      return 'is missing';
    case 'import-export':
      return `is in import/export slot ${String(location.slot)}; import it first`;
    case 'transport':
      return `is in the hand of ${location.changer}`;
    case 'drive':
      return location.drive === drive.name ? null : `is in drive ${location.drive}`;
    case 'slot':
    case 'shelf':
      return reachable ? null : `is where drive ${drive.name} cannot get it`;
  }
}

/** A scratch volume or a blank cartridge: it would become a volume of the pool. */
function judgeNew({ pool }: AllocationRequest, belonging: number, action: 'draw' | 'label'): Judgement {
  const may = action === 'draw' ? pool.drawsFromScratch : pool.labelsBlank;
  if (!may)
    return {
      action: null,
      reason:
        action === 'draw'
          ? `is scratch, and pool ${pool.name} does not draw from scratch`
          : `is blank, and pool ${pool.name} does not label blank cartridges by itself`,
    };
  if (pool.maxVolumes !== null && belonging >= pool.maxVolumes)
    return {
      action: null,
      reason: `is ${action === 'draw' ? 'scratch' : 'blank'}, but pool ${pool.name} has the ${String(pool.maxVolumes)} volumes it may have`,
    };
  return { action, reason: action === 'draw' ? 'is scratch and can be drawn' : 'is blank and can be labelled' };
}

function judgeOwn(request: AllocationRequest, candidate: AllocationCandidate, volume: VolumeRecord): Judgement {
  const { pool, begunFor, drive } = request;
  if (volume.state === 'append' && !volume.closed) {
    const isFree = pool.allocation.kind === 'continue' || isUnwritten(volume) || volume.begunFor === begunFor;
    if (isFree) {
      const where = drive.loaded === volume.barcode ? 'is mounted, ' : 'is ';
      return {
        action: 'append',
        reason: `${where}${isUnwritten(volume) ? 'labelled and empty' : 'begun and has room'}`,
      };
    }
  }
  const why = volume.state === 'append' && !volume.closed ? describeBegun(request, volume) : 'is full';
  if (!pool.recycles) return { action: null, reason: `${why}, and pool ${pool.name} does not use volumes again` };
  if (mediumOfBarcode(volume.barcode) === 'worm')
    return { action: null, reason: `${why}, and is WORM: it can never be written again` };
  if (volume.blocks > 0 && candidate.streams === 0)
    return { action: null, reason: `${why}, and the books do not know what streams its data is of` };
  const [first, ...more] = candidate.protectedBy;
  if (first !== undefined)
    return {
      action: null,
      reason: `${why}; ${first}${more.length === 0 ? '' : ` and ${String(more.length)} more must be kept`}`,
    };
  return { action: 'recycle', reason: `${why}, and all its streams have expired` };
}

function describeBegun({ begunFor, pool }: AllocationRequest, volume: VolumeRecord): string {
  const was = volume.begunFor === '' ? 'was begun earlier' : `was begun for ${volume.begunFor}`;
  return `${was}; pool ${pool.name} begins a volume for each ${pool.allocation.kind === 'always' ? 'session' : `period (${begunFor})`}`;
}

function isUnwritten({ firstWrittenMs, blocks }: VolumeRecord): boolean {
  return firstWrittenMs === null && blocks === 0;
}

function isOwn({ pool }: AllocationRequest, { volume }: AllocationCandidate): boolean {
  return volume?.pool === pool.name;
}

function compareChoices({ drive }: AllocationRequest, a: AllocationChoice, b: AllocationChoice): number {
  const rank = ALLOCATION_ACTIONS.indexOf(a.action) - ALLOCATION_ACTIONS.indexOf(b.action);
  if (rank !== 0) return rank;
  if (a.action === 'recycle') {
    const end = ({ candidate }: AllocationChoice): number => candidate.volume?.retentionEndMs ?? 0;
    return end(a) - end(b) || byBarcode(a, b);
  }
  const isMounted = ({ candidate }: AllocationChoice): number => Number(candidate.cartridge.barcode === drive.loaded);
  const written = ({ candidate }: AllocationChoice): number => candidate.volume?.lastWrittenMs ?? 0;
  const bytes = ({ candidate }: AllocationChoice): number => candidate.volume?.bytes ?? 0;
  return isMounted(b) - isMounted(a) || written(b) - written(a) || bytes(b) - bytes(a) || byBarcode(a, b);
}

function byBarcode(
  a: { readonly candidate: AllocationCandidate },
  b: { readonly candidate: AllocationCandidate },
): number {
  return a.candidate.cartridge.barcode < b.candidate.cartridge.barcode ? -1 : 1;
}
