import type { DriveBay } from '../media/drive-bay.js';
import { unknownCartridge } from '../media/cartridge-loading.js';
import type { JobOrder } from '../protocol/job-api.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import type { ProcedureWorld } from './procedure-world.js';

/** Brings a cartridge to a drive and makes it ready; another one in the drive is unloaded first. */
export class LoadProcedure implements Procedure {
  readonly kind = 'load';
  readonly #world: ProcedureWorld;
  readonly #who: string;
  readonly #order: Extract<JobOrder, { kind: 'load' }>;

  constructor(world: ProcedureWorld, who: string, order: Extract<JobOrder, { kind: 'load' }>) {
    this.#world = world;
    this.#who = who;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const { barcode } = this.#order;
    const bay = this.#bay();
    const isReachable = (await bay.changer.cartridges()).some((one) => one.barcode === barcode);
    const isKnown = isReachable || (await this.#world.environment.inventory.cartridge(barcode)) !== null;
    if (!isKnown) throw unknownCartridge(barcode);
    return {
      title: `load ${barcode} into drive ${bay.name}`,
      steps: [{ subject: barcode, what: `load into drive ${bay.name}`, destroys: null }],
    };
  }

  async run(run: JobRun): Promise<void> {
    const { barcode } = this.#order;
    const bay = this.#bay();
    await run.step(barcode, async () =>
      run.withCartridge(barcode, 'being loaded by an operator', async () =>
        run.withDrive({ fits: (one) => one === bay, preference: () => 0 }, async () => {
          const cause = { who: this.#who, reason: 'loaded by an operator' };
          await this.#world.loading.load(bay, barcode, cause, run.signal);
          return `in drive ${bay.name}`;
        }),
      ),
    );
  }

  #bay(): DriveBay {
    return this.#world.leases.find(this.#order.drive);
  }
}
