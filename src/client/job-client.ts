import type { JobPlanView, JobQuery, JobRequest, JobView } from '../protocol/job-api.js';
import type { ControlExchange } from './control-exchange.js';

/** The control door's routes about operators' jobs, typed. */
export class JobClient {
  readonly #exchange: ControlExchange;

  constructor(exchange: ControlExchange) {
    this.#exchange = exchange;
  }

  async start(request: JobRequest): Promise<JobView> {
    return this.#exchange.call('POST', '/jobs', request);
  }
  /** What it would do; nothing is done. */
  async plan(request: JobRequest): Promise<JobPlanView> {
    return this.#exchange.call('POST', '/jobs/plan', request);
  }
  async list(query: JobQuery): Promise<readonly JobView[]> {
    const parameters = new URLSearchParams();
    if (query.state !== undefined) parameters.set('state', query.state);
    if (query.limit !== undefined) parameters.set('limit', String(query.limit));
    return (await this.#exchange.call<{ jobs: JobView[] }>('GET', `/jobs?${parameters.toString()}`)).jobs;
  }
  /** As it is when it has ended, or after `waitMs`. */
  async show(jobId: string, waitMs = 0): Promise<JobView> {
    return this.#exchange.call('GET', `/jobs/${encodeURIComponent(jobId)}?waitMs=${String(waitMs)}`);
  }
  async cancel(jobId: string): Promise<JobView> {
    return this.#exchange.call('POST', `/jobs/${encodeURIComponent(jobId)}/cancel`);
  }
}
