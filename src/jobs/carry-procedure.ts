import { StorageError } from '../base/storage-error.js';
import { unknownCartridge } from '../media/cartridge-loading.js';
import type { MoveCause } from '../media/cartridge-register.js';
import type { JobOrder } from '../protocol/job-api.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { CartridgeLocation, OffsiteLocation } from '../terms/media-state.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import { describeDay, describePlace, plural } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';

/**
 * What a person carries: checked out to a vault, or checked in to the shelf. Each cartridge is a step of its own: one that is
 * refused keeps no other from being booked. What a changer says it has, a person cannot have in the hand.
 */
export class CarryProcedure implements Procedure {
  readonly kind: 'check-out' | 'check-in';
  readonly #world: ProcedureWorld;
  readonly #barcodes: readonly Barcode[];
  readonly #to: OffsiteLocation;
  readonly #reason: string;

  constructor(world: ProcedureWorld, order: Extract<JobOrder, { kind: 'check-out' | 'check-in' }>) {
    this.kind = order.kind;
    this.#world = world;
    this.#barcodes = [...new Set(order.barcodes)];
    this.#to =
      order.kind === 'check-in' ? { kind: 'shelf' } : { kind: 'vault', vault: order.vault, dueMs: order.dueMs };
    this.#reason = this.#to.kind === 'vault' ? `checked out to vault ${this.#to.vault}` : 'checked in';
  }

  async plan(): Promise<JobPlan> {
    const what = this.#to.kind === 'vault' ? `check out to vault ${this.#to.vault}` : 'check in';
    return {
      title: `${what}: ${plural(this.#barcodes.length, 'cartridge')}`,
      steps: this.#barcodes.map((subject) => ({ subject, what, destroys: null })),
    };
  }

  async run(run: JobRun): Promise<void> {
    const cause = { who: run.who, reason: this.#reason };
    // What was taken out of an import/export slot a moment ago is no longer there.
    await this.#world.register.refresh();
    for (const barcode of this.#barcodes) await run.step(barcode, async () => this.#carry(barcode, cause));
    if (this.#to.kind === 'vault')
      await run.report({ vault: this.#to.vault, due: this.#to.dueMs === null ? '-' : describeDay(this.#to.dueMs) });
  }

  /** VOLUME_UNKNOWN (checking out), MEDIUM_INCOMPATIBLE, CHANGER_DUPLICATE_BARCODE. */
  async #carry(barcode: Barcode, cause: MoveCause): Promise<string> {
    const { environment, register } = this.#world;
    const record = await environment.inventory.cartridge(barcode);
    if (record === null && this.kind === 'check-out') throw unknownCartridge(barcode);
    if (mediumOfBarcode(barcode) === 'disk')
      throw new StorageError('MEDIUM_INCOMPATIBLE', `${barcode} is a disk volume; nobody can carry it.`, {
        context: { barcode },
      });
    if (record !== null && isInMachine(record.location)) throw twoOfThem(barcode, record.location);
    await register.place(barcode, this.#to, cause);
    const from = record === null ? 'new here' : `from ${describePlace(record.location)}`;
    return `${describePlace(this.#to)}, ${from}`;
  }
}

function isInMachine(location: CartridgeLocation): boolean {
  return 'changer' in location || location.kind === 'drive';
}

function twoOfThem(barcode: Barcode, location: CartridgeLocation): StorageError {
  return new StorageError(
    'CHANGER_DUPLICATE_BARCODE',
    `${barcode} is in ${describePlace(location)}. It was not booked; bring it out with \`tapeloom media eject\` first. ` +
      'If you have it in your hand, two cartridges have this barcode.',
    { context: { barcode } },
  );
}
