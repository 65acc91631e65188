import { StorageError } from '../base/storage-error.js';
import type { Changer } from '../changer/changer.js';
import type { RegisterReport } from '../media/cartridge-register.js';
import { chooseChanger } from '../media/changer-choice.js';
import type { JobOrder } from '../protocol/job-api.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { JobRun } from './job-run.js';
import { readLabels } from './label-reading.js';
import type { JobPlan, Procedure } from './procedure.js';
import { describePlace, plural } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';

/**
 * Has changers look at their elements again and brings the books in line; with labels, mounts each cartridge and holds its
 * label against the books as well.
 */
export class InventoryProcedure implements Procedure {
  readonly kind = 'inventory';
  readonly #world: ProcedureWorld;
  readonly #order: Extract<JobOrder, { kind: 'inventory' }>;

  constructor(world: ProcedureWorld, order: Extract<JobOrder, { kind: 'inventory' }>) {
    this.#world = world;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const changers = this.#changers();
    const names = changers.map(({ name }) => name);
    return {
      title: `inventory of ${names.join(', ')}${this.#order.readLabels ? ', with labels' : ''}`,
      steps: names.map((subject) => ({ subject, what: 'look at every element', destroys: null })),
    };
  }

  async run(run: JobRun): Promise<void> {
    const found: Barcode[] = [];
    for (const changer of this.#changers())
      await run.step(changer.name, async () => {
        await changer.rescan(run.signal);
        const report = await this.#world.register.refresh({ who: run.who, reason: 'found by an inventory' }, [changer]);
        const duplicates = this.#world.register
          .duplicatesIn(changer.name)
          .map(({ barcode, places }) => `${barcode}  ${places.join(', ')}`);
        await this.#report(run, report, duplicates);
        refuseUnsettled(changer, report, duplicates);
        const cartridges = await changer.cartridges();
        for (const { barcode } of cartridges) if (barcode !== null) found.push(barcode);
        return `${plural(cartridges.length, 'cartridge')}; ${plural(report.moves.length, 'difference')} from the books, which are right now`;
      });
    if (!this.#order.readLabels) return;
    const tapes = found.filter((barcode) => mediumOfBarcode(barcode) !== 'disk');
    await readLabels(this.#world, run, tapes, 'having its label read');
  }

  /** Adds up over changers. */
  async #report(run: JobRun, { moves, unread }: RegisterReport, duplicates: readonly string[]): Promise<void> {
    const more = (key: string, items: readonly string[]): readonly string[] => {
      const before = run.record.result[key];
      return [...(typeof before === 'object' && before !== null ? before : []), ...items];
    };
    const describe = ({ barcode, record, to }: RegisterReport['moves'][number]): string =>
      `${barcode}  ${record === null ? 'new' : describePlace(record.location)} -> ${describePlace(to)}`;
    const isMissing = ({ to }: RegisterReport['moves'][number]): boolean => to.kind === 'missing';
    await run.report({
      differences: more('differences', moves.filter((move) => !isMissing(move)).map(describe)),
      missing: more('missing', moves.filter(isMissing).map(describe)),
      duplicates: more('duplicates', duplicates),
      unreadable: more(
        'unreadable',
        unread.map(({ location, tag }) => `${describePlace(location)}${tag === '' ? '' : `  "${tag}"`}`),
      ),
    });
  }

  #changers(): readonly Changer[] {
    const { changers } = this.#world.register;
    return this.#order.changer === null ? changers : [chooseChanger(changers, this.#order.changer)];
  }
}

/** What an inventory alone cannot put right. */
function refuseUnsettled(changer: Changer, { silent }: RegisterReport, duplicates: readonly string[]): void {
  for (const { error } of silent) throw error;
  const [first] = duplicates;
  if (first === undefined) return;
  throw new StorageError(
    'CHANGER_DUPLICATE_BARCODE',
    `Two cartridges have one barcode: ${duplicates.join('; ')}. Take one of each out by its slot and give it another label; neither is used until then.`,
    { context: { changer: changer.name, first } },
  );
}
