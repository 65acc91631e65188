import { unknownCartridge } from '../media/cartridge-loading.js';
import type { JobOrder } from '../protocol/job-api.js';
import type { Barcode } from '../terms/barcode.js';
import type { JobRun } from './job-run.js';
import { readLabels } from './label-reading.js';
import type { JobPlan, Procedure } from './procedure.js';
import { plural } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';

/** What is on cartridges, held against the books; or on whatever is in a drive. */
export class ReadLabelProcedure implements Procedure {
  readonly kind = 'read-label';
  readonly #world: ProcedureWorld;
  readonly #order: Extract<JobOrder, { kind: 'read-label' }>;

  constructor(world: ProcedureWorld, order: Extract<JobOrder, { kind: 'read-label' }>) {
    this.#world = world;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const { cartridges } = this.#order;
    if ('drive' in cartridges) {
      const { name } = this.#world.leases.find(cartridges.drive);
      return {
        title: `read the label in drive ${name}`,
        steps: [{ subject: name, what: 'read the label', destroys: null }],
      };
    }
    const barcodes = this.#barcodes();
    for (const barcode of barcodes)
      if ((await this.#world.environment.inventory.cartridge(barcode)) === null) throw unknownCartridge(barcode);
    return {
      title: `read ${plural(barcodes.length, 'label')}`,
      steps: barcodes.map((subject) => ({ subject, what: 'read the label', destroys: null })),
    };
  }

  async run(run: JobRun): Promise<void> {
    const { cartridges } = this.#order;
    if (!('drive' in cartridges)) {
      await readLabels(this.#world, run, this.#barcodes(), 'having its label read');
      return;
    }
    const bay = this.#world.leases.find(cartridges.drive);
    await run.step(bay.name, async () =>
      run.withDrive({ fits: (one) => one === bay, preference: () => 0 }, async () => this.#world.labelCheck.look(bay)),
    );
  }

  #barcodes(): readonly Barcode[] {
    const { cartridges } = this.#order;
    return 'drive' in cartridges ? [] : [...new Set(cartridges)];
  }
}
