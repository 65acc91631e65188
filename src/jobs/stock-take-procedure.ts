import { takeStock, type CountedPlace } from '../media/stock-take.js';
import type { JobOrder } from '../protocol/job-api.js';
import type { Barcode } from '../terms/barcode.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import { describePlace } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';

/**
 * What was found on the shelf or in a vault against the books. Nothing is moved in the books but what was booked as missing and
 * has turned up; what is not found is marked as missing only when that was asked for.
 */
export class StockTakeProcedure implements Procedure {
  readonly kind = 'stock-take';
  readonly #world: ProcedureWorld;
  readonly #order: Extract<JobOrder, { kind: 'stock-take' }>;

  constructor(world: ProcedureWorld, order: Extract<JobOrder, { kind: 'stock-take' }>) {
    this.#world = world;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const subject = describeCounted(this.#order.place);
    return { title: `stock-take of ${subject}`, steps: [{ subject, what: 'compare with the books', destroys: null }] };
  }

  async run(run: JobRun): Promise<void> {
    const { place, barcodes, markMissing } = this.#order;
    await this.#world.register.refresh();
    await run.step(describeCounted(place), async () => {
      const records = await this.#world.environment.inventory.cartridges();
      const { present, missing, unexpected } = takeStock(records, place, new Set(barcodes));
      const back = unexpected.filter(({ booked }) => booked?.kind === 'missing').map(({ barcode }) => barcode);
      await this.#book(run, back, markMissing ? missing : []);
      await run.report({
        present: present.length,
        missing,
        unexpected: unexpected.map(
          ({ barcode, booked }) => `${barcode}  ${booked === null ? 'not known' : `booked: ${describePlace(booked)}`}`,
        ),
        markedMissing: markMissing ? missing : [],
        foundAgain: back,
      });
      return `${String(present.length)} there, ${String(missing.length)} not found, ${String(unexpected.length)} not expected`;
    });
  }

  async #book(run: JobRun, back: readonly Barcode[], missing: readonly Barcode[]): Promise<void> {
    const { register } = this.#world;
    const { place } = this.#order;
    const here = place.kind === 'vault' ? ({ ...place, dueMs: null } as const) : place;
    for (const barcode of back) await register.place(barcode, here, { who: run.who, reason: 'found by a stock-take' });
    for (const barcode of missing)
      await register.place(barcode, { kind: 'missing' }, { who: run.who, reason: 'not found by a stock-take' });
  }
}

function describeCounted(place: CountedPlace): string {
  return place.kind === 'vault' ? `vault ${place.vault}` : 'the shelf';
}
