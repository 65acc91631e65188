/** The pool anyone may draw from: its volumes are empty and nobody's. No stream is saved to it and no pool gets its name. */
export const SCRATCH_POOL = 'scratch';

/** Pool names stand in commands, in logs and on media. */
export function isPoolName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}

/** Longest retention that can be asked for, in days: a hundred years. */
export const MAX_RETENTION_DAYS = 36_500;

/**
 * How a pool uses drives when nobody says otherwise: one at a time, as every job of other programs does; and where it may have
 * more, four streams each, which together feed a drive that none of them could.
 */
export const DRIVE_SHARING = { maxDrives: 1, streamsPerDrive: 4 } as const;

/** When a pool begins a new volume although the last has room. */
export type AllocationPolicy =
  /** Never: volumes are filled up, one after another. */
  | { readonly kind: 'continue' }
  /** Every session begins one of its own. */
  | { readonly kind: 'always' }
  /** The first session of each period begins one: what goes to a vault together lies together. In the node's time zone. */
  | { readonly kind: 'calendar'; readonly period: AllocationPeriod };

export type AllocationPeriod = 'day' | 'week' | 'month';

/** One word for each policy, in the configuration, in commands and in what they print. */
export const ALLOCATION_WORDS = ['continue', 'always', 'daily', 'weekly', 'monthly'] as const;
export type AllocationWord = (typeof ALLOCATION_WORDS)[number];

const POLICIES: Readonly<Record<AllocationWord, AllocationPolicy>> = {
  continue: { kind: 'continue' },
  always: { kind: 'always' },
  daily: { kind: 'calendar', period: 'day' },
  weekly: { kind: 'calendar', period: 'week' },
  monthly: { kind: 'calendar', period: 'month' },
};

export function allocationOfWord(word: AllocationWord): AllocationPolicy {
  return POLICIES[word];
}

export function wordOfAllocation(policy: AllocationPolicy): AllocationWord {
  if (policy.kind !== 'calendar') return policy.kind;
  return policy.period === 'day' ? 'daily' : policy.period === 'week' ? 'weekly' : 'monthly';
}

/** WORM cartridges in a pool. */
export const WORM_RULES = ['required', 'allowed', 'refused'] as const;
export type WormRule = (typeof WORM_RULES)[number];
