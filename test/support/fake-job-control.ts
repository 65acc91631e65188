import type { JobControl } from '../../src/jobs/job-control.js';
import type { JobOrder, JobPlanView, JobView } from '../../src/protocol/job-api.js';
import { jobIdOf } from './inventory-samples.js';

export function jobView(changes: Partial<JobView> = {}): JobView {
  return {
    jobId: jobIdOf(1),
    kind: 'label',
    who: 'olga',
    title: 'label 1 cartridge for pool default',
    state: 'succeeded',
    createdMs: 1_700_000_000_000,
    endedMs: 1_700_000_060_000,
    steps: [{ subject: 'TPL001L9', state: 'done', message: 'labelled for pool default', code: '' }],
    waitingFor: '',
    error: null,
    result: {},
    ...changes,
  };
}

/**
 * Jobs without a daemon: what is ordered is remembered and succeeds at once, unless a test says what `shown` of the job is seen,
 * one after another. `failure`, when set, is thrown by every call.
 */
export class FakeJobControl implements JobControl {
  readonly calls: (readonly unknown[])[] = [];
  failure: Error | null = null;
  /** What `start` gives, then what each `show` gives; the last one again and again. */
  shown: JobView[] = [jobView()];
  /** What an order for every blank cartridge finds. */
  blank: readonly string[] = ['TPL002L9', 'TPL003L9'];
  /** What would be destroyed, by barcode. */
  readonly destroys = new Map<string, JobPlanView['steps'][number]['destroys']>();

  async start(who: string, order: JobOrder): Promise<JobView> {
    return this.#answer(['start', who, order], () => this.#next());
  }
  async plan(who: string, order: JobOrder): Promise<JobPlanView> {
    return this.#answer(['plan', who, order], () => this.#plan(order));
  }
  async list(filter: Parameters<JobControl['list']>[0]): Promise<readonly JobView[]> {
    return this.#answer(['list', filter], () => this.shown);
  }
  async show(jobId: string, waitMs: number): Promise<JobView> {
    return this.#answer(['show', jobId, waitMs], () => this.#next());
  }
  async cancel(who: string, jobId: string): Promise<JobView> {
    return this.#answer(['cancel', who, jobId], () => this.#next());
  }

  /** What was ordered. */
  get orders(): readonly unknown[] {
    return this.calls.filter(([name]) => name === 'start').map(([, , order]) => order);
  }

  #plan(order: JobOrder): JobPlanView {
    const barcodes = 'barcodes' in order ? order.barcodes : [];
    const steps = (typeof barcodes === 'string' ? this.blank : barcodes).map((subject) => ({
      subject,
      what: 'write a new label',
      destroys: this.destroys.get(subject) ?? null,
    }));
    return { kind: order.kind, title: 'what was ordered', steps };
  }

  #next(): JobView {
    const [view] = this.shown;
    if (view === undefined) throw new Error('no sample');
    if (this.shown.length > 1) this.shown.shift();
    return view;
  }

  #answer<T>(call: readonly unknown[], answer: () => T): T {
    this.calls.push(call);
    if (this.failure !== null) throw this.failure;
    return answer();
  }
}
