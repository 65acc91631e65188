import type { JobRecord, JobStep } from '../inventory/records.js';
import type { JobState } from '../terms/job-words.js';
import { JOB_LIMITS } from './job-limits.js';

/** What is known of a job as its record: pure functions from one to the next. */

/** Not begun yet. */
export function pendingStep(subject: string): JobStep {
  return { subject, state: 'pending', message: '', code: '' };
}

export function withStep(record: JobRecord, index: number, change: Partial<Omit<JobStep, 'subject'>>): JobRecord {
  return {
    ...record,
    steps: record.steps.map((step, i) => (i === index ? { ...step, ...change, ...shortened(change.message) } : step)),
  };
}

function shortened(message: string | undefined): Partial<JobStep> {
  if (message === undefined || message.length <= JOB_LIMITS.messageCharacters) return {};
  return { message: `${message.slice(0, JOB_LIMITS.messageCharacters - 1)}…` };
}

/** Why a job ended as it did, when it did not simply come to its end. */
export interface JobEnd {
  readonly state: Extract<JobState, 'failed' | 'cancelled' | 'interrupted'>;
  readonly error: NonNullable<JobRecord['error']>;
}

/**
 * The job as it is kept: what was not begun is skipped, what was begun and not finished has failed. Without an `end` it
 * succeeded, unless a step failed: then the first of those tells why.
 */
export function endedJob(record: JobRecord, nowMs: number, end: JobEnd | null): JobRecord {
  const steps = record.steps.map((step) => endedStep(step, end));
  const failed = steps.find((step) => step.state === 'failed');
  const own: JobEnd | null =
    failed === undefined ? null : { state: 'failed', error: { code: failed.code, message: failed.message } };
  const { state, error } = end ?? own ?? { state: 'succeeded' as const, error: null };
  return { ...record, state, error, steps, endedMs: nowMs, waitingFor: '' };
}

function endedStep(step: JobStep, end: JobEnd | null): JobStep {
  switch (step.state) {
    case 'pending':
      return { ...step, state: 'skipped' };
    case 'running':
      return { ...step, state: 'failed', message: end?.error.message ?? '', code: end?.error.code ?? '' };
    case 'done':
    case 'failed':
    case 'skipped':
      return step;
  }
}
