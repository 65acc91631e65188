import type { JobRecord, JobValue } from '../inventory/records.js';
import type { JobOrder, JobPlanView, JobView } from '../protocol/job-api.js';
import type { JobId } from '../terms/ids.js';
import type { JobState } from '../terms/job-words.js';
import { CarryProcedure } from './carry-procedure.js';
import { CleanProcedure } from './clean-procedure.js';
import { EjectProcedure } from './eject-procedure.js';
import { EraseProcedure } from './erase-procedure.js';
import { ImportProcedure } from './import-procedure.js';
import { InventoryProcedure } from './inventory-procedure.js';
import { LabelProcedure } from './label-procedure.js';
import { LoadProcedure } from './load-procedure.js';
import type { OperatorJobs } from './operator-jobs.js';
import type { Procedure } from './procedure.js';
import type { ProcedureWorld } from './procedure-world.js';
import { ReadLabelProcedure } from './read-label-procedure.js';
import { RebuildProcedure } from './rebuild-procedure.js';
import { ScrubProcedure } from './scrub-procedure.js';
import { SetStateProcedure } from './set-state-procedure.js';
import { StockTakeProcedure } from './stock-take-procedure.js';
import { TransferProcedure } from './transfer-procedure.js';
import { UnloadProcedure } from './unload-procedure.js';
import { VerifyProcedure } from './verify-procedure.js';
import { VerifyStreamProcedure } from './verify-stream-procedure.js';

/** What the control door asks of operators' jobs. Failures are StorageErrors. `who` gave the order. */
export interface JobControl {
  /** The job as it was begun. What is wrong with the order, the books and the changers tell at once: then there is no job. */
  start(who: string, order: JobOrder): Promise<JobView>;
  /** What it would do. Refused like `start`. */
  plan(who: string, order: JobOrder): Promise<JobPlanView>;
  /** Newest first. */
  list(filter: { readonly state?: JobState; readonly limit: number }): Promise<readonly JobView[]>;
  /** When it has ended, or as it is after `waitMs`. JOB_UNKNOWN. */
  show(jobId: JobId, waitMs: number): Promise<JobView>;
  /** What is done already stays done. One that has ended stays as it is. JOB_UNKNOWN. */
  cancel(who: string, jobId: JobId): Promise<JobView>;
}

/** Operators' orders, made into procedures and run as jobs. */
export class JobOrders implements JobControl {
  readonly #jobs: OperatorJobs;
  readonly #world: ProcedureWorld;

  constructor(jobs: OperatorJobs, world: ProcedureWorld) {
    this.#jobs = jobs;
    this.#world = world;
  }

  async start(who: string, order: JobOrder): Promise<JobView> {
    return viewJob(await this.#jobs.start(who, this.#procedure(who, order)));
  }

  async plan(who: string, order: JobOrder): Promise<JobPlanView> {
    const procedure = this.#procedure(who, order);
    const { title, steps } = await procedure.plan();
    return { kind: procedure.kind, title, steps: steps.map((step) => ({ ...step })) };
  }

  async list(filter: { readonly state?: JobState; readonly limit: number }): Promise<readonly JobView[]> {
    return (await this.#jobs.list(filter)).map(viewJob);
  }

  async show(jobId: JobId, waitMs: number): Promise<JobView> {
    return viewJob(await this.#jobs.wait(jobId, waitMs));
  }

  async cancel(who: string, jobId: JobId): Promise<JobView> {
    return viewJob(await this.#jobs.cancel(who, jobId));
  }

  #procedure(who: string, order: JobOrder): Procedure {
    switch (order.kind) {
      case 'label':
        return new LabelProcedure(this.#world, who, order);
      case 'read-label':
        return new ReadLabelProcedure(this.#world, order);
      case 'eject':
        return new EjectProcedure(this.#world, who, order);
      case 'import':
        return new ImportProcedure(this.#world, order);
      case 'transfer':
        return new TransferProcedure(this.#world, order);
      case 'load':
        return new LoadProcedure(this.#world, order);
      case 'unload':
        return new UnloadProcedure(this.#world, order);
      case 'inventory':
        return new InventoryProcedure(this.#world, order);
      case 'erase':
        return new EraseProcedure(this.#world, who, order);
      case 'clean':
        return new CleanProcedure(this.#world, order);
      case 'set-state':
        return new SetStateProcedure(this.#world, order);
      case 'check-out':
      case 'check-in':
        return new CarryProcedure(this.#world, order);
      case 'stock-take':
        return new StockTakeProcedure(this.#world, order);
      case 'rebuild':
        return new RebuildProcedure(this.#world, who, order);
      case 'scrub':
        return new ScrubProcedure(this.#world);
      case 'verify':
        return new VerifyProcedure(this.#world, who, order);
      case 'verify-stream':
        return new VerifyStreamProcedure(this.#world, order);
    }
  }
}

function viewJob(record: JobRecord): JobView {
  const copy = (value: JobValue): JobView['result'][string] =>
    typeof value === 'object' && value !== null ? [...value] : value;
  const result = Object.fromEntries(Object.entries(record.result).map(([key, value]) => [key, copy(value)]));
  return { ...record, steps: record.steps.map((step) => ({ ...step })), result };
}
