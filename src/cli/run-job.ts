import type { Command } from 'commander';
import { isErrorCode } from '../base/error-codes.js';
import { StorageError } from '../base/storage-error.js';
import { ControlClient } from '../client/control-client.js';
import type { JobRequest, JobStepView, JobView } from '../protocol/job-api.js';
import { isAtWork } from '../terms/job-words.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import { ProgressLine } from './progress-line.js';
import { printable } from './words.js';

/** Options of every command that orders a job. */
export interface JobOptions {
  readonly detach?: true;
}

export function addJobOptions(command: Command): Command {
  return command.option('--detach', 'print the id of the job and do not wait for it');
}

/**
 * Orders a job and, unless detached, follows it to its end. Interrupted, it cancels the job: what was asked for on a terminal
 * ends with the command; a lost connection does not end it.
 */
export async function runJob(environment: CommandEnvironment, request: JobRequest, options: JobOptions): Promise<void> {
  const job = await environment.control.job.start(request);
  if (options.detach === true) {
    if (environment.options.json) writeJson(environment, { message_type: 'job-started', job });
    else writeLine(environment.stdout, job.jobId);
    return;
  }
  try {
    await followJob(environment, job);
  } catch (error) {
    if (environment.signal.aborted) await cancelBehindUs(environment, job);
    throw error;
  }
}

/** Shows how far the job is until it has ended, then what it did. Throws what it failed with. */
export async function followJob(environment: CommandEnvironment, begun: JobView): Promise<void> {
  let job = begun;
  const progress = new ProgressLine(environment);
  let shown = '';
  let asked = '';
  try {
    while (isAtWork(job.state)) {
      if (job.state === 'waiting-for-operator' && job.waitingFor !== asked && !environment.options.quiet) {
        progress.end();
        writeLine(environment.stderr, `waiting: ${printable(job.waitingFor)}`);
      }
      asked = job.state === 'waiting-for-operator' ? job.waitingFor : '';
      const record = { message_type: 'job-progress', job };
      const text = JSON.stringify(record);
      if (text !== shown && progress.show(record, describeProgress(job))) shown = text;
      job = await environment.control.job.show(job.jobId, POLL_MS);
    }
  } finally {
    progress.end();
  }
  if (environment.options.json) writeJson(environment, { message_type: 'job-ended', job });
  else writeOutcome(environment, job);
  if (job.state !== 'succeeded') throw failureOf(job);
}

/** How long one question for the job stays open, milliseconds: a second between two lines of progress. */
const POLL_MS = 1_000;

/** The command was interrupted, and with it its control client. */
async function cancelBehindUs({ options, user, stderr }: CommandEnvironment, { jobId }: JobView): Promise<void> {
  const control = new ControlClient({ socketPath: options.socket, user });
  try {
    const { state } = await control.job.cancel(jobId);
    if (isAtWork(state))
      writeLine(stderr, `tapeloom: job ${jobId} ends before its next step; see \`tapeloom job show\``);
  } catch {
    writeLine(stderr, `tapeloom: job ${jobId} could not be cancelled; see \`tapeloom job show\``);
  }
}

function describeProgress(job: JobView): string {
  const ended = job.steps.filter(({ state }) => state !== 'pending' && state !== 'running').length;
  const doing = job.steps
    .filter(({ state }) => state === 'running')
    .map(({ subject, message }) => `${subject}${message === '' ? '' : ` ${message}`}`);
  const waiting = job.waitingFor === '' ? '' : `; waiting for ${job.waitingFor}`;
  return printable(
    `${job.title}: ${String(ended)} of ${String(job.steps.length)}${doing.length === 0 ? '' : `, ${doing.join(', ')}`}${waiting}`,
  );
}

function writeOutcome(environment: CommandEnvironment, job: JobView): void {
  const { stdout } = environment;
  for (const step of job.steps) {
    // The only step's failure is the command's, which `main` prints.
    if (step.state === 'failed' && job.steps.length === 1) continue;
    writeLine(stdout, printable(`${step.subject}: ${describeStep(step)}`));
  }
  for (const line of describeResult(job)) writeLine(stdout, printable(line));
}

export function describeStep({ state, message, code }: JobStepView): string {
  switch (state) {
    case 'done':
      return message === '' ? 'done' : message;
    case 'failed':
      return `failed: ${message}${code === '' ? '' : ` [${code}]`}`;
    case 'skipped':
      return `not done${message === '' ? '' : `: ${message}`}`;
    case 'pending':
    case 'running':
      return `${state}${message === '' ? '' : `: ${message}`}`;
  }
}

/** What it found or made: a line each; a list is a line and one more for each of its items. */
export function describeResult({ result }: JobView): readonly string[] {
  return Object.entries(result).flatMap(([key, value]) => {
    const name = key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    if (!Array.isArray(value)) return [`${name}: ${String(value)}`];
    return [`${name}:${value.length === 0 ? ' none' : ''}`, ...value.map((item) => `  ${item}`)];
  });
}

function failureOf({ jobId, state, steps, error }: JobView): Error {
  const failed = steps.filter((step) => step.state === 'failed').length;
  const first = error?.message ?? `The job is ${state}.`;
  const message = failed > 1 ? `${String(failed)} of ${String(steps.length)} steps failed, the first: ${first}` : first;
  const code = error?.code ?? '';
  return isErrorCode(code) ? new StorageError(code, message, { context: { job: jobId } }) : new Error(message);
}
