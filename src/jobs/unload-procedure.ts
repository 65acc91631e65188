import type { DriveBay } from '../media/drive-bay.js';
import type { JobOrder } from '../protocol/job-api.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import type { ProcedureWorld } from './procedure-world.js';

/** Rewinds and takes the cartridge out of a drive, to where it came from. */
export class UnloadProcedure implements Procedure {
  readonly kind = 'unload';
  readonly #world: ProcedureWorld;
  readonly #who: string;
  readonly #order: Extract<JobOrder, { kind: 'unload' }>;

  constructor(world: ProcedureWorld, who: string, order: Extract<JobOrder, { kind: 'unload' }>) {
    this.#world = world;
    this.#who = who;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const { name } = this.#bay();
    return { title: `unload drive ${name}`, steps: [{ subject: name, what: 'unload', destroys: null }] };
  }

  async run(run: JobRun): Promise<void> {
    const bay = this.#bay();
    await run.step(bay.name, async () =>
      run.withDrive({ fits: (one) => one === bay, preference: () => 0 }, async () => {
        const barcode = bay.loaded;
        await this.#world.loading.unload(bay, { who: this.#who, reason: 'unloaded by an operator' }, run.signal);
        return barcode === null ? 'empty' : `${barcode} unloaded`;
      }),
    );
  }

  #bay(): DriveBay {
    return this.#world.leases.find(this.#order.drive);
  }
}
