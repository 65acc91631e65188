import { StorageError, isStorageError } from '../base/storage-error.js';
import type { Changer } from '../changer/changer.js';
import type { CartridgeRecord } from '../inventory/records.js';
import { unknownCartridge } from '../media/cartridge-loading.js';
import { chooseChanger } from '../media/changer-choice.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { MoveCause } from '../media/cartridge-register.js';
import type { JobOrder } from '../protocol/job-api.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { CartridgeLocation, OffsiteLocation } from '../terms/media-state.js';
import { importExportSlots, waitForDoor } from './changer-door.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import { describeDay, describePlace, plural } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';

/**
 * Hands cartridges to the operator: out of their drives, then to import/export slots, in the order of their slots. When no
 * import/export slot is free, a person is asked to empty them, and the job goes on by itself. The books remember for which
 * vault they are; the pick list says what is to be taken out of where.
 */
export class EjectProcedure implements Procedure {
  readonly kind = 'eject';
  readonly #world: ProcedureWorld;
  readonly #cause: MoveCause;
  readonly #order: Extract<JobOrder, { kind: 'eject' }>;
  readonly #destination: OffsiteLocation;
  #barcodes: readonly Barcode[] = [];

  constructor(world: ProcedureWorld, who: string, order: Extract<JobOrder, { kind: 'eject' }>) {
    this.#world = world;
    this.#order = order;
    const { vault, dueMs } = order;
    this.#destination = vault === null ? { kind: 'shelf' } : { kind: 'vault', vault, dueMs };
    this.#cause = { who, reason: vault === null ? 'ejected by an operator' : `ejected for vault ${vault}` };
  }

  async plan(): Promise<JobPlan> {
    const records: CartridgeRecord[] = [];
    for (const barcode of new Set(this.#order.barcodes)) records.push(await this.#find(barcode));
    records.sort((a, b) => (placeKey(a.location) < placeKey(b.location) ? -1 : 1));
    this.#barcodes = records.map(({ barcode }) => barcode);
    const { vault } = this.#order;
    const to = vault === null ? '' : ` for vault ${vault}`;
    return {
      title: `eject ${plural(records.length, 'cartridge')}${to}`,
      steps: records.map(({ barcode, location }) => ({
        subject: barcode,
        what: `eject from ${describePlace(location)}${to}`,
        destroys: null,
      })),
    };
  }

  async run(run: JobRun): Promise<void> {
    const picked: { readonly barcode: Barcode; readonly at: CartridgeLocation }[] = [];
    const opened = new Set<Changer>();
    try {
      for (const [i, barcode] of this.#barcodes.entries())
        await run.step(barcode, async (say) =>
          run.withCartridge(barcode, 'being ejected', async () => {
            await this.#world.register.refuseDuplicate(barcode);
            const changer = await this.#takeFromDrive(run, barcode);
            if (changer !== null) opened.add(changer);
            say('to the door');
            const at = await this.#eject(run, changer, barcode, this.#barcodes.length - i);
            picked.push({ barcode, at });
            await run.report(this.#report(picked));
            return describePlace(at);
          }),
        );
    } finally {
      for (const changer of opened) await this.#unlock(changer);
    }
  }

  /** VOLUME_UNKNOWN, CHANGER_NO_CARTRIDGE, CHANGER_DUPLICATE_BARCODE, MEDIUM_INCOMPATIBLE. */
  async #find(barcode: Barcode): Promise<CartridgeRecord> {
    const record = await this.#world.environment.inventory.cartridge(barcode);
    if (record === null) throw unknownCartridge(barcode);
    if (record.location.kind === 'missing')
      throw new StorageError('CHANGER_NO_CARTRIDGE', `${barcode} is missing. Nothing was moved; look for it first.`, {
        context: { barcode },
      });
    await this.#world.register.refuseDuplicate(barcode);
    if (this.#destination.kind === 'vault' && mediumOfBarcode(barcode) === 'disk')
      throw new StorageError(
        'MEDIUM_INCOMPATIBLE',
        `${barcode} is a disk volume; it cannot be brought to a vault. Nothing was moved.`,
        { context: { barcode } },
      );
    return record;
  }

  /** Out of the drive it may be in. Returns the changer that has it; null: none has. */
  async #takeFromDrive(run: JobRun, barcode: Barcode): Promise<Changer | null> {
    const { leases, loading, register, environment } = this.#world;
    const location = (await environment.inventory.cartridge(barcode))?.location;
    const isIn = ({ name, loaded }: DriveBay): boolean =>
      loaded === barcode || (location?.kind === 'drive' && location.drive === name);
    const bay = leases.bays.find(isIn);
    if (bay !== undefined) {
      await run.withDrive({ fits: (one) => one === bay, preference: () => 0 }, async () => {
        if (bay.loaded === barcode) await loading.unload(bay, this.#cause, run.signal);
      });
      return bay.changer;
    }
    return location !== undefined && 'changer' in location ? chooseChanger(register.changers, location.changer) : null;
  }

  /** To a free import/export slot, as soon as there is one. */
  async #eject(run: JobRun, changer: Changer | null, barcode: Barcode, waiting: number): Promise<CartridgeLocation> {
    const { moves, register } = this.#world;
    if (changer === null) {
      await register.place(barcode, this.#destination, this.#cause);
      return this.#destination;
    }
    for (;;) {
      try {
        return await moves.eject(changer, barcode, this.#destination, this.#cause, run.signal);
      } catch (error) {
        if (!isStorageError(error, 'CHANGER_NO_FREE_SLOT')) throw error;
      }
      await this.#waitForFreeSlot(run, changer, waiting);
    }
  }

  async #waitForFreeSlot(run: JobRun, changer: Changer, waiting: number): Promise<void> {
    const { environment, register } = this.#world;
    await this.#unlock(changer);
    const full = importExportSlots(await changer.elements()).filter(({ isFull }) => isFull);
    const list = full
      .map(({ number, barcode, tag }) => `${String(number)} (${barcode ?? (tag || 'unreadable')})`)
      .join(', ');
    await run.askOperator(
      `Take the cartridges out of import/export slots ${list} of changer ${changer.name} and close its door; ${plural(waiting, 'more is', 'more are')} to come out.`,
      async () =>
        waitForDoor(environment.clock, changer, run.signal, (slots) =>
          slots.some(({ isFull, isAccessible }) => !isFull && isAccessible),
        ),
    );
    // What was taken out is now where it was ejected for.
    await register.refresh(this.#cause, [changer]);
  }

  /** A person must be able to open it, whatever became of the job. */
  async #unlock(changer: Changer): Promise<void> {
    try {
      await changer.lock(false);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      const { logger } = this.#world.environment;
      logger.log('warn', 'changer.unlock-failed', `Changer ${changer.name} was not unlocked: ${error.message}`, {
        changer: changer.name,
        code: error.code,
      });
    }
  }

  /** The pick list, in the order of the slots. */
  #report(
    picked: readonly { readonly barcode: Barcode; readonly at: CartridgeLocation }[],
  ): Record<string, string | readonly string[]> {
    const list = [...picked].sort((a, b) => (placeKey(a.at) < placeKey(b.at) ? -1 : 1));
    const { vault, dueMs } = this.#order;
    return {
      pickList: list.map(({ barcode, at }) => `${barcode}  ${describePlace(at)}`),
      ...(vault === null ? {} : { vault, due: dueMs === null ? '-' : describeDay(dueMs) }),
    };
  }
}

/** Sorts by changer, then slot; what is in drives comes first, since it takes longest. */
function placeKey(location: CartridgeLocation): string {
  switch (location.kind) {
    case 'drive':
      return `0 ${location.drive}`;
    case 'transport':
      return `1 ${location.changer}`;
    case 'slot':
    case 'import-export':
      return `2 ${location.changer} ${String(location.slot).padStart(6, '0')}`;
    case 'shelf':
    case 'vault':
    case 'missing':
      return `3 ${location.kind}`;
  }
}
