import type { Command } from 'commander';
import type { JobView } from '../protocol/job-api.js';
import { JOB_STATES, isAtWork, type JobState } from '../terms/job-words.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import type { CommandRunner } from './run-command.js';
import { describeResult, describeStep, followJob } from './run-job.js';
import { formatPairs, formatTable } from './text-table.js';
import { UsageError } from './usage-error.js';
import { formatTime, printable } from './words.js';

export function addJobCommands(program: Command, run: CommandRunner): void {
  const job = program
    .command('job')
    .description("operators' orders: what was asked for, how far it is, what came of it");

  job
    .command('list')
    .option('--state <state>', `only those that are ${JOB_STATES.join(', ')}`)
    .option('--limit <n>', 'at most so many, newest first', '100')
    .description('jobs, newest first')
    .action(run(async (environment, options: ListOptions) => list(environment, options)));

  job
    .command('show')
    .argument('<id>')
    .description('all that is known of one')
    .action(
      run(async (environment, id: string) => {
        const view = await environment.control.job.show(id);
        if (environment.options.json) writeJson(environment, view);
        else writeLine(environment.stdout, describeJob(view));
      }),
    );

  job
    .command('wait')
    .argument('<id>')
    .description('follow a job to its end; exits as the command that ordered it would have')
    .action(run(async (environment, id: string) => followJob(environment, await environment.control.job.show(id))));

  job
    .command('cancel')
    .argument('<id>')
    .description('end a job before its next step; what is done stays done')
    .action(
      run(async (environment, id: string) => {
        const view = await environment.control.job.cancel(id);
        if (environment.options.json) writeJson(environment, view);
        else
          writeLine(
            environment.stdout,
            isAtWork(view.state) ? `${id} ends before its next step` : `${id} has ended: ${view.state}`,
          );
      }),
    );
}

interface ListOptions {
  readonly state?: string;
  readonly limit: string;
}

async function list(environment: CommandEnvironment, { state, limit }: ListOptions): Promise<void> {
  if (state !== undefined && !JOB_STATES.some((one) => one === state))
    throw new UsageError(`"${state}" is no state of a job: ${JOB_STATES.join(', ')}`);
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > 1000) throw new UsageError('--limit is a number from 1 to 1000');
  const jobs = await environment.control.job.list({
    limit: count,
    ...(state === undefined ? {} : { state: state as JobState }),
  });
  if (environment.options.json) {
    writeJson(environment, { jobs });
    return;
  }
  const rows = jobs.map((job) => [
    job.jobId,
    job.state,
    countSteps(job),
    job.who,
    formatTime(job.createdMs),
    formatTime(job.endedMs),
    job.title,
  ]);
  writeLine(environment.stdout, formatTable(['JOB', 'STATE', 'DONE', 'BY', 'BEGUN', 'ENDED', 'WHAT'], rows));
}

/** '3/24', and how many failed. */
function countSteps({ steps }: JobView): string {
  const count = (state: JobView['steps'][number]['state']): number =>
    steps.filter((step) => step.state === state).length;
  const failed = count('failed');
  return `${String(count('done'))}/${String(steps.length)}${failed === 0 ? '' : `, ${String(failed)} failed`}`;
}

function describeJob(job: JobView): string {
  const pairs: (readonly [string, string])[] = [
    ['job', job.jobId],
    ['what', job.title],
    ['ordered', `${formatTime(job.createdMs)} by ${job.who}`],
    ['state', job.endedMs === null ? job.state : `${job.state} since ${formatTime(job.endedMs)}`],
  ];
  if (job.waitingFor !== '') pairs.push(['waiting for', job.waitingFor]);
  if (job.error !== null) pairs.push(['error', `${job.error.message} [${job.error.code}]`]);
  const steps = job.steps.map((step) => [step.subject, describeStep(step)]);
  const lines = [formatPairs(pairs)];
  if (steps.length > 0) lines.push('', formatTable(['STEP', ''], steps));
  const result = describeResult(job);
  if (result.length > 0) lines.push('', ...result.map(printable));
  return lines.join('\n');
}
