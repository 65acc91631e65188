import { StorageError } from '../base/storage-error.js';
import type { Changer } from '../changer/changer.js';
import { unknownCartridge } from '../media/cartridge-loading.js';
import { chooseChanger, slotNumbered, type SlotElement } from '../media/changer-choice.js';
import type { DriveBay } from '../media/drive-bay.js';
import { fitsCartridge, preferHolding } from '../media/drive-choice.js';
import type { JobOrder } from '../protocol/job-api.js';
import type { Barcode } from '../terms/barcode.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import type { ProcedureWorld } from './procedure-world.js';

/**
 * Brings a cartridge, named by its barcode or by its slot, to a drive and makes it ready; another one in the drive is unloaded
 * first. By its slot also one whose barcode cannot be read, into an empty drive: then its label can be.
 */
export class LoadProcedure implements Procedure {
  readonly kind = 'load';
  readonly #world: ProcedureWorld;
  readonly #order: Extract<JobOrder, { kind: 'load' }>;

  constructor(world: ProcedureWorld, order: Extract<JobOrder, { kind: 'load' }>) {
    this.#world = world;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const { cartridge, drive } = this.#order;
    const bay = drive === null ? null : this.#world.leases.find(drive);
    const barcode = 'barcode' in cartridge ? cartridge.barcode : (await this.#slot()).barcode;
    if (barcode !== null) await this.#refuseUnknown(barcode, bay);
    const subject = barcode ?? ('slot' in cartridge ? `slot ${String(cartridge.slot)}` : '');
    const where = bay === null ? 'a drive' : `drive ${bay.name}`;
    return { title: `load ${subject} into ${where}`, steps: [{ subject, what: `load into ${where}`, destroys: null }] };
  }

  async run(run: JobRun): Promise<void> {
    const { cartridge } = this.#order;
    const { subject = '' } = run.record.steps[0] ?? {};
    await run.step(subject, async () => {
      const barcode = 'barcode' in cartridge ? cartridge.barcode : (await this.#slot()).barcode;
      if (barcode === null) return this.#loadUnread(run);
      return run.withCartridge(barcode, 'being loaded by an operator', async () => this.#load(run, barcode));
    });
  }

  async #load(run: JobRun, barcode: Barcode): Promise<string> {
    const { leases, register, loading } = this.#world;
    const place = (await register.reachable()).find((one) => one.barcode === barcode);
    const reaches = fitsCartridge(leases.bays, barcode, place?.reachableBy ?? null);
    const fits = this.#order.drive === null ? reaches : this.#isNamed();
    return run.withDrive({ fits, preference: preferHolding(barcode) }, async (bay) => {
      await loading.load(bay, barcode, { who: run.who, reason: 'loaded by an operator' }, run.signal);
      return `in drive ${bay.name}`;
    });
  }

  /** Nobody's books are touched: which cartridge it is, nobody knows. */
  async #loadUnread(run: JobRun): Promise<string> {
    const changer = this.#changer();
    const isOf = (bay: DriveBay): boolean => bay.changer === changer && bay.loaded === null;
    const named = this.#isNamed();
    return run.withDrive({ fits: (bay) => isOf(bay) && named(bay), preference: () => 0 }, async (bay) => {
      const from = await this.#slot();
      const elements = await changer.elements();
      const to = elements.find(({ kind, drive }) => kind === 'drive' && drive === bay.name);
      if (to === undefined)
        throw new StorageError('DRIVE_UNKNOWN', `Which drive of ${changer.name} is ${bay.name} cannot be told.`, {
          context: { drive: bay.name, changer: changer.name },
        });
      bay.mounted = null;
      bay.activity = `loading what is in slot ${String(from.number)}`;
      await this.#world.register.moving({ changer, barcode: null, bay }, { who: run.who, reason: '' }, async () =>
        changer.transfer({ kind: from.kind, number: from.number }, { kind: 'drive', number: to.number }, run.signal),
      );
      await bay.thread.load();
      return `in drive ${bay.name}; its barcode cannot be read`;
    });
  }

  async #refuseUnknown(barcode: Barcode, bay: DriveBay | null): Promise<void> {
    if ((await this.#world.environment.inventory.cartridge(barcode)) !== null) return;
    const seen = await (bay === null ? this.#world.register.reachable() : bay.changer.cartridges());
    if (!seen.some((one) => one.barcode === barcode)) throw unknownCartridge(barcode);
  }

  /** CHANGER_ELEMENT_UNKNOWN, CHANGER_NO_CARTRIDGE. */
  async #slot(): Promise<SlotElement> {
    const { cartridge } = this.#order;
    const changer = this.#changer();
    const found = slotNumbered(changer, await changer.elements(), 'slot' in cartridge ? cartridge.slot : 0);
    if (found.isFull) return found;
    throw new StorageError(
      'CHANGER_NO_CARTRIDGE',
      `Slot ${String(found.number)} of changer ${changer.name} is empty. Nothing was moved.`,
      { context: { changer: changer.name, slot: found.number } },
    );
  }

  #isNamed(): (bay: DriveBay) => boolean {
    const { drive } = this.#order;
    if (drive === null) return () => true;
    const named = this.#world.leases.find(drive);
    return (bay) => bay === named;
  }

  #changer(): Changer {
    const { cartridge } = this.#order;
    return chooseChanger(this.#world.register.changers, 'slot' in cartridge ? cartridge.changer : null);
  }
}
