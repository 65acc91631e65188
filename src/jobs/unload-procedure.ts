import type { DriveBay } from '../media/drive-bay.js';
import type { JobOrder } from '../protocol/job-api.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import { describePlace } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';

/** Rewinds and takes the cartridge out of a drive: to a slot, or just out of the drive's grip. */
export class UnloadProcedure implements Procedure {
  readonly kind = 'unload';
  readonly #world: ProcedureWorld;
  readonly #order: Extract<JobOrder, { kind: 'unload' }>;

  constructor(world: ProcedureWorld, order: Extract<JobOrder, { kind: 'unload' }>) {
    this.#world = world;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const { name } = this.#bay();
    const { slot, ejectOnly } = this.#order;
    const what = ejectOnly ? 'eject' : slot === null ? 'unload' : `unload to slot ${String(slot)}`;
    return { title: `${what} drive ${name}`, steps: [{ subject: name, what, destroys: null }] };
  }

  async run(run: JobRun): Promise<void> {
    const bay = this.#bay();
    await run.step(bay.name, async () =>
      run.withDrive({ fits: (one) => one === bay, preference: () => 0 }, async () => this.#unload(run, bay)),
    );
  }

  async #unload(run: JobRun, bay: DriveBay): Promise<string> {
    const barcode = bay.loaded;
    const { slot, ejectOnly } = this.#order;
    if (ejectOnly && bay.changer.kind === 'scsi') {
      bay.mounted = null;
      await bay.thread.unload();
      return barcode === null ? 'ejected' : `${barcode} is in its mouth`;
    }
    const cause = { who: run.who, reason: 'unloaded by an operator' };
    const location = await this.#world.loading.unload(bay, cause, run.signal, slot ?? undefined);
    if (location === null) return 'it was empty';
    return `${barcode ?? 'a cartridge whose barcode cannot be read'} is in ${describePlace(location)}`;
  }

  #bay(): DriveBay {
    return this.#world.leases.find(this.#order.drive);
  }
}
