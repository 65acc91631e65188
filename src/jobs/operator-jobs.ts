import type { Clock } from '../base/clock.js';
import type { Random } from '../base/random.js';
import { StorageError, describeError, isStorageError } from '../base/storage-error.js';
import type { JobRecord } from '../inventory/records.js';
import { makeJobId, type JobId } from '../terms/ids.js';
import { isAtWork, type JobState } from '../terms/job-words.js';
import { refuseUnnamed } from './destroyed-volume.js';
import { JOB_LIMITS } from './job-limits.js';
import { endedJob, pendingStep, type JobEnd } from './job-outcome.js';
import { JobRun, type JobWorld } from './job-run.js';
import type { Procedure } from './procedure.js';

export interface OperatorJobsOptions extends JobWorld {
  readonly clock: Clock;
  readonly random: Random;
}

interface RunningJob {
  readonly run: JobRun;
  readonly ended: Promise<void>;
}

/**
 * Operators' orders as jobs. A job is in the inventory before anything is touched; who asks for it sees the same, during and
 * after it, and after a crash: a job that was at work then is `interrupted`, never begun again by itself.
 */
export class OperatorJobs {
  readonly #options: OperatorJobsOptions;
  readonly #running = new Map<JobId, RunningJob>();
  #stopping: StorageError | null = null;

  constructor(options: OperatorJobsOptions) {
    this.#options = options;
    options.requests.watch(() => {
      for (const { run } of this.#running.values()) void this.#noteRequests(run);
    });
  }

  /** How many are at work or wait. */
  get count(): number {
    return this.#running.size;
  }

  /** At start, before the first order: what the last end of the daemon cut off. */
  async recover(): Promise<void> {
    const { inventory, clock, logger } = this.#options;
    const all = await inventory.jobs({ limit: MOST_KEPT });
    const cut = all.filter(({ state }) => isAtWork(state));
    if (cut.length === 0) return;
    const nowMs = clock.wallMs();
    await inventory.commit({ jobs: cut.map((record) => endedJob(record, nowMs, CUT_OFF)) });
    for (const { jobId, title } of cut)
      logger.log('warn', 'job.interrupted', `Job "${title}" was at work when the daemon last ended.`, { job: jobId });
  }

  /** JOB_LIMIT, JOB_SHUTTING_DOWN, and what the procedure's plan refuses: then there is no job. */
  async start(who: string, procedure: Procedure): Promise<JobRecord> {
    this.#refuseMore();
    const plan = await procedure.plan();
    refuseUnnamed(plan);
    const { title, steps } = plan;
    if (steps.length > JOB_LIMITS.steps) throw tooLarge(steps.length);
    const removeJobs = await this.#beyondLimit();
    this.#refuseMore();
    const { clock, random, inventory, logger } = this.#options;
    const createdMs = clock.wallMs();
    const record: JobRecord = {
      jobId: makeJobId(createdMs, random),
      kind: procedure.kind,
      who,
      title,
      state: 'running',
      createdMs,
      endedMs: null,
      steps: steps.map(({ subject }) => pendingStep(subject)),
      waitingFor: '',
      error: null,
      result: {},
    };
    const run = new JobRun(this.#options, record);
    const begun = inventory.commit({ jobs: [record], removeJobs });
    this.#running.set(record.jobId, { run, ended: this.#untilEnded(begun, run, procedure) });
    await begun;
    logger.log('info', 'job.started', `${who} ordered: ${title}.`, { job: record.jobId, kind: record.kind, who });
    return run.record;
  }

  /** Newest first. */
  async list(filter: { readonly state?: JobState; readonly limit: number }): Promise<readonly JobRecord[]> {
    return (await this.#options.inventory.jobs(filter)).map(
      (kept) => this.#running.get(kept.jobId)?.run.record ?? kept,
    );
  }

  /** JOB_UNKNOWN. */
  async show(jobId: JobId): Promise<JobRecord> {
    const record = this.#running.get(jobId)?.run.record ?? (await this.#options.inventory.job(jobId));
    if (record !== null) return record;
    throw new StorageError('JOB_UNKNOWN', `There is no job ${jobId}; see \`tapeloom job list\`.`, {
      context: { jobId },
    });
  }

  /** The job when it has ended, or as it is after `waitMs`. JOB_UNKNOWN. */
  async wait(jobId: JobId, waitMs: number): Promise<JobRecord> {
    const running = this.#running.get(jobId);
    if (running !== undefined && waitMs > 0) {
      const late = new AbortController();
      const sleep = this.#options.clock.sleep(Math.min(waitMs, JOB_LIMITS.waitMs), late.signal).catch(() => undefined);
      await Promise.race([running.ended, sleep]);
      late.abort();
    }
    return this.show(jobId);
  }

  /** Ends what the job waits for, and the job before its next step. One that has ended stays as it is. JOB_UNKNOWN. */
  async cancel(who: string, jobId: JobId): Promise<JobRecord> {
    const running = this.#running.get(jobId);
    if (running !== undefined) {
      running.run.abort(
        new StorageError('JOB_CANCELLED', `${who} cancelled the job. What its steps say was done, was done.`, {
          context: { jobId },
        }),
      );
      this.#options.logger.log('info', 'job.cancel', `${who} cancels "${running.run.record.title}".`, {
        job: jobId,
        who,
      });
    }
    return this.show(jobId);
  }

  /** No new jobs; those at work end before their next step. One whose step takes too long is left as interrupted. */
  async stop(): Promise<void> {
    this.#stopping = new StorageError(
      'JOB_SHUTTING_DOWN',
      'The daemon is stopping. What the steps of the job say was done, was done; order the rest again when it is back.',
    );
    const { clock } = this.#options;
    for (const { run } of this.#running.values()) run.abort(this.#stopping);
    const late = new AbortController();
    const patience = clock.sleep(JOB_LIMITS.stopMs, late.signal).catch(() => undefined);
    await Promise.race([Promise.all([...this.#running.values()].map(async ({ ended }) => ended)), patience]);
    late.abort();
    for (const { run } of this.#running.values()) await run.abandon(clock.wallMs(), CUT_OFF);
  }

  #refuseMore(): void {
    if (this.#stopping !== null) throw this.#stopping;
    if (this.#running.size < JOB_LIMITS.running) return;
    throw new StorageError(
      'JOB_LIMIT',
      `${String(this.#running.size)} jobs are at work or wait already. Nothing was begun; see \`tapeloom job list\`, and cancel what is not needed.`,
    );
  }

  /** Resolves when the job has ended, however. A mistake of ours is nobody's to handle: it ends the daemon. */
  async #untilEnded(begun: Promise<void>, run: JobRun, procedure: Procedure): Promise<void> {
    const work = begun.then(
      async () => this.#carryOut(run, procedure),
      // Who ordered the job is told.
      () => undefined,
    );
    await new Promise<void>((resolve) => {
      void work.finally(resolve);
    });
    this.#running.delete(run.record.jobId);
  }

  async #carryOut(run: JobRun, procedure: Procedure): Promise<void> {
    const { clock, logger } = this.#options;
    let end: JobEnd | null = null;
    try {
      await procedure.run(run);
    } catch (error) {
      // A mistake of ours ends the daemon, unless that ends anyhow.
      if (!isStorageError(error) && !run.isAbandoned) throw error;
      end = this.#endBy(run, error);
    }
    if (run.isAbandoned) return;
    try {
      const { state, title, jobId, error } = await run.end(clock.wallMs(), end);
      const why = error === null ? '' : ` ${error.message}`;
      logger.log(state === 'succeeded' ? 'info' : 'warn', 'job.ended', `Job "${title}" ${state}.${why}`, {
        job: jobId,
        state,
        code: error?.code ?? null,
      });
    } catch (error) {
      if (!isStorageError(error)) throw error;
      logger.log('error', 'job.not-recorded', `The end of a job was not recorded: ${error.message}`, {
        job: run.record.jobId,
        code: error.code,
      });
    }
  }

  #endBy(run: JobRun, error: unknown): JobEnd {
    const kept = { code: isStorageError(error) ? error.code : 'INTERNAL', message: describeError(error) };
    const { signal } = run;
    // A step that failed while the job was being cancelled says so itself.
    if (!signal.aborted) return { state: 'failed', error: kept };
    const reason = signal.reason as StorageError;
    return {
      state: reason.code === 'JOB_CANCELLED' ? 'cancelled' : 'interrupted',
      error: { code: reason.code, message: reason.message },
    };
  }

  async #noteRequests(run: JobRun): Promise<void> {
    try {
      await run.noteRequests();
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.#options.logger.log('error', 'job.not-recorded', error.message, { job: run.record.jobId, code: error.code });
    }
  }

  /** Ended jobs that give way to a new one. */
  async #beyondLimit(): Promise<readonly JobId[]> {
    const ended = (await this.#options.inventory.jobs({ limit: MOST_KEPT })).filter(({ state }) => !isAtWork(state));
    return ended.slice(JOB_LIMITS.kept - 1).map(({ jobId }) => jobId);
  }
}

/** What the inventory can hold of jobs at most. */
const MOST_KEPT = JOB_LIMITS.kept + JOB_LIMITS.running;

const CUT_OFF: JobEnd = {
  state: 'interrupted',
  error: {
    code: 'JOB_INTERRUPTED',
    message:
      'The daemon ended during this. Look where the cartridge is (`tapeloom changer inventory`), then order again what is not done.',
  },
};

function tooLarge(steps: number): StorageError {
  return new StorageError(
    'JOB_LIMIT',
    `That would be ${String(steps)} steps; a job has at most ${String(JOB_LIMITS.steps)}. Nothing was begun; order it in parts.`,
  );
}
