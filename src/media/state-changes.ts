import { mediumOfBarcode } from '../terms/barcode.js';
import { SCRATCH_POOL } from '../terms/pool-policy.js';
import type { VolumeState } from '../terms/media-state.js';
import type { CartridgeRecord, VolumeRecord } from '../inventory/records.js';

/** A person with a reason, or the daemon by itself. */
export type StateChanger = 'operator' | 'daemon';

/**
 * Who may change which state to which. Labelling and erasing are not in it: they make another volume, or none. The daemon
 * only ever takes media out of use; a person may also bring them back, since mounting checks label and end of data anew.
 */
const CHANGES: Readonly<Record<VolumeState, Readonly<Record<StateChanger, readonly VolumeState[]>>>> = {
  blank: {
    operator: ['suspect', 'damaged', 'retired'],
    daemon: ['suspect', 'damaged', 'retired', 'foreign'],
  },
  scratch: {
    operator: ['read-only', 'suspect', 'damaged', 'retired'],
    daemon: ['read-only', 'suspect', 'damaged', 'retired'],
  },
  append: {
    operator: ['full', 'read-only', 'suspect', 'damaged', 'retired'],
    daemon: ['full', 'read-only', 'suspect', 'damaged', 'retired'],
  },
  full: {
    operator: ['append', 'read-only', 'suspect', 'damaged', 'retired'],
    daemon: ['read-only', 'suspect', 'damaged', 'retired'],
  },
  'read-only': {
    operator: ['append', 'full', 'scratch', 'suspect', 'damaged', 'retired'],
    daemon: ['suspect', 'damaged', 'retired'],
  },
  suspect: {
    operator: ['append', 'full', 'scratch', 'blank', 'cleaning', 'read-only', 'damaged', 'retired'],
    daemon: ['damaged', 'retired'],
  },
  damaged: {
    operator: ['append', 'full', 'scratch', 'blank', 'cleaning', 'read-only', 'suspect', 'retired'],
    daemon: ['retired'],
  },
  retired: {
    operator: ['append', 'full', 'scratch', 'blank', 'cleaning', 'read-only', 'suspect', 'damaged'],
    daemon: [],
  },
  cleaning: { operator: ['suspect', 'damaged', 'retired'], daemon: ['damaged', 'retired'] },
  foreign: { operator: ['blank', 'suspect', 'damaged', 'retired'], daemon: [] },
};

/** The one word for a cartridge and the volume on it. */
export function stateOf(cartridge: CartridgeRecord, volume: VolumeRecord | null): VolumeState {
  return volume?.state ?? cartridge.condition?.state ?? unusedState(cartridge);
}

/** Why it is in that state, for people; '' when there is nothing to say. */
export function stateReasonOf(cartridge: CartridgeRecord, volume: VolumeRecord | null): string {
  return volume === null ? (cartridge.condition?.reason ?? '') : volume.stateReason;
}

/** Why the state may not be changed so, as the end of a sentence that begins with the barcode; null when it may. */
export function stateChangeProblem(
  cartridge: CartridgeRecord,
  volume: VolumeRecord | null,
  to: VolumeState,
  by: StateChanger,
): string | null {
  const from = stateOf(cartridge, volume);
  if (from === to) return `is ${to} already`;
  if (!CHANGES[from][by].includes(to))
    return `is ${from}; ${by === 'operator' ? 'a person' : 'the daemon'} cannot make it ${to}${wayTo(to)}`;
  return volume === null ? unlabelledProblem(cartridge, to) : volumeProblem(volume, to);
}

/** A volume as the daemon sets it aside; as it was when its state may not be changed so. */
export function withStateByDaemon(volume: VolumeRecord, to: VolumeState, reason: string): VolumeRecord {
  return CHANGES[volume.state].daemon.includes(to) ? { ...volume, state: to, stateReason: reason } : volume;
}

/** A cartridge without a volume as the daemon sets it aside. */
export function withConditionByDaemon(
  cartridge: CartridgeRecord,
  to: NonNullable<CartridgeRecord['condition']>['state'],
  reason: string,
): CartridgeRecord {
  return CHANGES[stateOf(cartridge, null)].daemon.includes(to)
    ? { ...cartridge, condition: { state: to, reason } }
    : cartridge;
}

function unusedState({ barcode }: CartridgeRecord): VolumeState {
  return mediumOfBarcode(barcode) === 'cleaning' ? 'cleaning' : 'blank';
}

function unlabelledProblem(cartridge: CartridgeRecord, to: VolumeState): string | null {
  switch (to) {
    case 'suspect':
    case 'damaged':
    case 'retired':
    case 'foreign':
      return null;
    case 'blank':
    case 'cleaning':
      return unusedState(cartridge) === to ? null : `is ${to === 'blank' ? 'a cleaning' : 'no cleaning'} cartridge`;
    case 'scratch':
    case 'append':
    case 'full':
    case 'read-only':
      return `carries no volume; it becomes ${to === 'scratch' ? 'scratch' : 'one'} with \`tapeloom media label\``;
  }
}

function volumeProblem(volume: VolumeRecord, to: VolumeState): string | null {
  const isScratch = volume.pool === SCRATCH_POOL;
  switch (to) {
    case 'scratch':
      return isScratch
        ? null
        : `belongs to pool ${volume.pool}; \`tapeloom media label --pool ${SCRATCH_POOL}\` frees it`;
    case 'append':
      if (isScratch) return `belongs to pool ${SCRATCH_POOL}; the pool that draws it labels it`;
      return volume.closed ? 'was closed at its end; nothing can be appended, it can be full' : null;
    case 'full':
      return isScratch ? 'is an empty scratch volume' : null;
    case 'blank':
    case 'cleaning':
    case 'foreign':
      return 'carries a volume; `tapeloom media erase` ends that';
    case 'read-only':
    case 'suspect':
    case 'damaged':
    case 'retired':
      return null;
  }
}

function wayTo(to: VolumeState): string {
  switch (to) {
    case 'scratch':
      return ` (\`tapeloom media label --pool ${SCRATCH_POOL}\` does)`;
    case 'blank':
      return ' (`tapeloom media erase` does)';
    case 'append':
      return ' (`tapeloom media label` does)';
    case 'full':
    case 'read-only':
    case 'suspect':
    case 'damaged':
    case 'retired':
    case 'cleaning':
    case 'foreign':
      return '';
  }
}
