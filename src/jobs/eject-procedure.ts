import { unknownCartridge } from '../media/cartridge-loading.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { JobOrder } from '../protocol/job-api.js';
import type { Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import type { ProcedureWorld } from './procedure-world.js';
import { plural } from './procedure-words.js';

/** Out of whatever drive they are in, into the operator's hand. */
export class EjectProcedure implements Procedure {
  readonly kind = 'eject';
  readonly #world: ProcedureWorld;
  readonly #who: string;
  readonly #barcodes: readonly Barcode[];

  constructor(world: ProcedureWorld, who: string, order: Extract<JobOrder, { kind: 'eject' }>) {
    this.#world = world;
    this.#who = who;
    this.#barcodes = [...new Set(order.barcodes)];
  }

  async plan(): Promise<JobPlan> {
    for (const barcode of this.#barcodes)
      if ((await this.#world.environment.inventory.cartridge(barcode)) === null) throw unknownCartridge(barcode);
    return {
      title: `eject ${plural(this.#barcodes.length, 'cartridge')}`,
      steps: this.#barcodes.map((barcode) => ({ subject: barcode, what: 'eject', destroys: null })),
    };
  }

  async run(run: JobRun): Promise<void> {
    for (const barcode of this.#barcodes)
      await run.step(barcode, async () =>
        run.withCartridge(barcode, 'being ejected', async () => this.#eject(run, barcode)),
      );
  }

  async #eject(run: JobRun, barcode: Barcode): Promise<string> {
    const cause = { who: this.#who, reason: 'ejected by an operator' };
    const bay = this.#world.leases.bays.find((one) => one.loaded === barcode);
    let location: CartridgeLocation = { kind: 'shelf' };
    if (bay !== undefined)
      location = await run.withDrive({ fits: (one) => one === bay, preference: () => 0 }, async () => {
        if (bay.loaded === barcode) await this.#world.loading.unload(bay, cause, run.signal);
        return this.#ejectFrom(bay, barcode, run);
      });
    await this.#world.register.place(barcode, location, cause);
    return 'ejected';
  }

  async #ejectFrom(bay: DriveBay, barcode: Barcode, run: JobRun): Promise<CartridgeLocation> {
    return bay.changer.eject(barcode, run.signal);
  }
}
