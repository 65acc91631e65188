import { MediaStates } from '../media/media-states.js';
import type { JobOrder } from '../protocol/job-api.js';
import type { Barcode } from '../terms/barcode.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import { plural } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';

/** A person's word, with a reason, on what cartridges are good for. */
export class SetStateProcedure implements Procedure {
  readonly kind = 'set-state';
  readonly #states: MediaStates;
  readonly #order: Extract<JobOrder, { kind: 'set-state' }>;
  readonly #barcodes: readonly Barcode[];

  constructor(world: ProcedureWorld, order: Extract<JobOrder, { kind: 'set-state' }>) {
    this.#states = new MediaStates(world.environment);
    this.#order = order;
    this.#barcodes = [...new Set(order.barcodes)];
  }

  async plan(): Promise<JobPlan> {
    const { state, reason } = this.#order;
    for (const barcode of this.#barcodes) await this.#states.refuse(barcode, state);
    return {
      title: `set ${plural(this.#barcodes.length, 'cartridge')} ${state}: ${reason}`,
      steps: this.#barcodes.map((subject) => ({ subject, what: `set ${state}`, destroys: null })),
    };
  }

  async run(run: JobRun): Promise<void> {
    const { state, reason } = this.#order;
    for (const barcode of this.#barcodes)
      await run.step(barcode, async () => {
        const before = await this.#states.set(run.who, barcode, state, reason);
        return `${before} -> ${state}`;
      });
  }
}
