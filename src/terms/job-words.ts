/** What an operator can order. Saves and restores are sessions. */
export const JOB_KINDS = [
  'label',
  'erase',
  'read-label',
  'eject',
  'import',
  'transfer',
  'load',
  'unload',
  'inventory',
  'clean',
  'set-state',
  'check-out',
  'check-in',
  'stock-take',
  'rebuild',
  'scrub',
  'verify',
  'verify-stream',
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** `interrupted`: the daemon ended before the job did; what its steps say was done, was done. */
export const JOB_STATES = [
  'running',
  'waiting-for-operator',
  'succeeded',
  'failed',
  'cancelled',
  'interrupted',
] as const;
export type JobState = (typeof JOB_STATES)[number];

export const JOB_STEP_STATES = ['pending', 'running', 'done', 'failed', 'skipped'] as const;
export type JobStepState = (typeof JOB_STEP_STATES)[number];

/** It has not ended. */
export function isAtWork(state: JobState): boolean {
  return state === 'running' || state === 'waiting-for-operator';
}
