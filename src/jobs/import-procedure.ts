import { StorageError } from '../base/storage-error.js';
import type { Changer, ChangerElement } from '../changer/changer.js';
import { chooseChanger, slotNumbered, type SlotElement } from '../media/changer-choice.js';
import type { JobOrder } from '../protocol/job-api.js';
import type { Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import { importExportSlots } from './changer-door.js';
import type { JobRun } from './job-run.js';
import { readLabels } from './label-reading.js';
import type { JobPlan, Procedure } from './procedure.js';
import { describePlace, plural } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';

/**
 * Brings what lies in import/export slots into storage slots. A cartridge whose barcode cannot be read, or which is there
 * twice, stays where a person can take it out again.
 */
export class ImportProcedure implements Procedure {
  readonly kind = 'import';
  readonly #world: ProcedureWorld;
  readonly #order: Extract<JobOrder, { kind: 'import' }>;
  #slots: readonly { readonly number: number; readonly subject: string }[] = [];

  constructor(world: ProcedureWorld, order: Extract<JobOrder, { kind: 'import' }>) {
    this.#world = world;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const changer = this.#changer();
    const elements = await changer.elements();
    const { slots } = this.#order;
    const wanted =
      slots === null
        ? importExportSlots(elements).filter(({ isFull }) => isFull)
        : slots.map((number) => slotNumbered(changer, elements, number));
    if (wanted.length === 0)
      throw new StorageError(
        'CHANGER_NO_CARTRIDGE',
        `The import/export slots of changer ${changer.name} are empty. Nothing was moved; put the cartridges in and close the door.`,
        { context: { changer: changer.name } },
      );
    this.#slots = wanted.map(({ number, barcode }) => ({
      number,
      subject: barcode ?? `import/export slot ${String(number)}`,
    }));
    return {
      title: `import ${plural(wanted.length, 'cartridge')} into ${changer.name}`,
      steps: this.#slots.map(({ number, subject }) => ({
        subject,
        what: `import from slot ${String(number)}`,
        destroys: null,
      })),
    };
  }

  async run(run: JobRun): Promise<void> {
    const changer = this.#changer();
    const imported: Barcode[] = [];
    // What nobody knew is known from now on, whatever becomes of its import.
    await this.#world.register.refresh({ who: run.who, reason: 'put into an import/export slot' }, [changer]);
    for (const { number, subject } of this.#slots)
      await run.step(subject, async () => {
        const barcode = identified(changer, slotNumbered(changer, await changer.elements(), number));
        return run.withCartridge(barcode, 'being imported', async () => {
          const message = await this.#import(run, changer, number, barcode);
          imported.push(barcode);
          return message;
        });
      });
    await this.#reportStillOut(run);
    if (this.#order.readLabels) await readLabels(this.#world, run, imported, 'having its label read');
  }

  async #import(run: JobRun, changer: Changer, number: number, barcode: Barcode): Promise<string> {
    const elements = await changer.elements();
    const from = slotNumbered(changer, elements, number);
    if (from.barcode !== barcode) throw takenAway(changer, number, barcode);
    this.#refuseTwin(changer, elements, from);
    const came = await this.#cameFrom(barcode);
    const origin = came === null ? '' : `, back from ${describePlace(came)}`;
    const cause = { who: run.who, reason: `imported${origin}` };
    const to = freeSlot(changer, elements);
    const location = await this.#world.moves.transfer(changer, barcode, [from, to], cause, run.signal);
    return `${describePlace(location)}${origin}`;
  }

  /** The shelf or vault it was on before it was put into the import/export slot. */
  async #cameFrom(barcode: Barcode): Promise<CartridgeLocation | null> {
    const [move] = await this.#world.environment.inventory.moves(barcode, 1);
    const from = move?.from ?? null;
    return from === null || 'changer' in from || from.kind === 'drive' ? null : from;
  }

  #refuseTwin(changer: Changer, elements: readonly ChangerElement[], from: SlotElement): void {
    const twin = elements.find((element) => element !== from && element.barcode === from.barcode);
    if (twin === undefined) return;
    throw new StorageError(
      'CHANGER_DUPLICATE_BARCODE',
      `Another cartridge with the barcode ${from.barcode ?? ''} is in ${twin.kind} ${String(twin.number)} of changer ${changer.name}. ` +
        `Nothing was moved; take the one in import/export slot ${String(from.number)} out and give it another label.`,
      { context: { changer: changer.name, barcode: from.barcode, slot: from.number, other: twin.number } },
    );
  }

  /** What of the vault should be back and has not come. */
  async #reportStillOut(run: JobRun): Promise<void> {
    const { vault } = this.#order;
    if (vault === null) return;
    const { inventory, clock } = this.#world.environment;
    const nowMs = clock.wallMs();
    const overdue = (await inventory.cartridges()).filter(
      ({ location }) =>
        location.kind === 'vault' && location.vault === vault && location.dueMs !== null && location.dueMs < nowMs,
    );
    await run.report({ vault, stillOverdue: overdue.map(({ barcode }) => barcode) });
  }

  #changer(): Changer {
    return chooseChanger(this.#world.register.changers, this.#order.changer);
  }
}

/** CHANGER_NO_CARTRIDGE, CHANGER_BARCODE_UNREADABLE. */
function identified(changer: Changer, { number, isFull, barcode, tag }: SlotElement): Barcode {
  if (barcode !== null) return barcode;
  const context = { changer: changer.name, slot: number };
  if (!isFull)
    throw new StorageError(
      'CHANGER_NO_CARTRIDGE',
      `Slot ${String(number)} of changer ${changer.name} is empty. Nothing was moved.`,
      { context },
    );
  throw new StorageError(
    'CHANGER_BARCODE_UNREADABLE',
    `${tag === '' ? 'The barcode' : `"${tag}"`} of the cartridge in slot ${String(number)} of changer ${changer.name} ${tag === '' ? 'cannot be read' : 'is no barcode of a cartridge'}. ` +
      'It was left there; take it out, see to its label and put it in again.',
    { context: { ...context, tag } },
  );
}

function takenAway(changer: Changer, number: number, barcode: Barcode): StorageError {
  return new StorageError(
    'CHANGER_NO_CARTRIDGE',
    `${barcode} is no longer in slot ${String(number)} of changer ${changer.name}: somebody has taken it out. Nothing was moved.`,
    { context: { changer: changer.name, slot: number, barcode } },
  );
}

/** The first one free to which no cartridge in a drive goes back, else any free one. CHANGER_NO_FREE_SLOT. */
function freeSlot(changer: Changer, elements: readonly ChangerElement[]): SlotElement {
  const homes = new Set(elements.filter(({ kind }) => kind === 'drive').map(({ sourceSlot }) => sourceSlot));
  const free = elements.filter(
    (element): element is SlotElement => element.kind === 'slot' && !element.isFull && element.isAccessible,
  );
  const slot = free.find(({ number }) => !homes.has(number)) ?? free[0];
  if (slot !== undefined) return slot;
  throw new StorageError(
    'CHANGER_NO_FREE_SLOT',
    `Changer ${changer.name} has no empty storage slot. What was not imported is still in its import/export slots; eject something first.`,
    { context: { changer: changer.name } },
  );
}
