import { StorageError } from '../base/storage-error.js';
import type { Changer } from '../changer/changer.js';
import { chooseChanger, slotNumbered, type SlotElement } from '../media/changer-choice.js';
import type { JobOrder } from '../protocol/job-api.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import { describePlace } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';

/** From one slot of a changer to another; import/export slots are counted on from the last storage slot. */
export class TransferProcedure implements Procedure {
  readonly kind = 'transfer';
  readonly #world: ProcedureWorld;
  readonly #order: Extract<JobOrder, { kind: 'transfer' }>;

  constructor(world: ProcedureWorld, order: Extract<JobOrder, { kind: 'transfer' }>) {
    this.#world = world;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const changer = this.#changer();
    const [from, to] = await this.#slots(changer);
    const what = `transfer from slot ${String(from.number)} to slot ${String(to.number)}`;
    const subject = from.barcode ?? `slot ${String(from.number)}`;
    return { title: `${what} of ${changer.name}`, steps: [{ subject, what, destroys: null }] };
  }

  async run(run: JobRun): Promise<void> {
    const changer = this.#changer();
    const { subject = '' } = run.record.steps[0] ?? {};
    const cause = { who: run.who, reason: 'transferred by an operator' };
    const move = async (): Promise<string> => {
      const slots = await this.#slots(changer);
      const location = await this.#world.moves.transfer(changer, slots[0].barcode, slots, cause, run.signal);
      return describePlace(location);
    };
    await run.step(subject, async () => {
      const [{ barcode }] = await this.#slots(changer);
      return barcode === null ? move() : run.withCartridge(barcode, 'being transferred', move);
    });
  }

  /** CHANGER_ELEMENT_UNKNOWN, CHANGER_NO_CARTRIDGE, CHANGER_OCCUPIED. */
  async #slots(changer: Changer): Promise<readonly [SlotElement, SlotElement]> {
    const elements = await changer.elements();
    const from = slotNumbered(changer, elements, this.#order.from);
    const to = slotNumbered(changer, elements, this.#order.to);
    const context = { changer: changer.name, from: from.number, to: to.number };
    if (!from.isFull)
      throw new StorageError(
        'CHANGER_NO_CARTRIDGE',
        `Slot ${String(from.number)} of changer ${changer.name} is empty. Nothing was moved.`,
        { context },
      );
    if (to.isFull)
      throw new StorageError(
        'CHANGER_OCCUPIED',
        `Slot ${String(to.number)} of changer ${changer.name} holds ${to.barcode ?? 'a cartridge'}. Nothing was moved.`,
        { context: { ...context, occupant: to.barcode } },
      );
    return [from, to];
  }

  #changer(): Changer {
    return chooseChanger(this.#world.register.changers, this.#order.changer);
  }
}
