import { StorageError, isStorageError } from '../base/storage-error.js';
import { unknownCartridge } from '../media/cartridge-loading.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { JobOrder } from '../protocol/job-api.js';
import type { Barcode } from '../terms/barcode.js';
import type { JobRun, Say } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import type { ProcedureWorld } from './procedure-world.js';

/** How often it is looked for a cleaning cartridge that a person was asked for, milliseconds. */
const CHANGER_LOOK_MS = 30_000;
const DRIVE_LOOK_MS = 2_000;

/**
 * Cleans a drive with a cartridge that has uses left. Where there is none, a person is asked for one, and the job goes on by
 * itself; the drive works on meanwhile.
 */
export class CleanProcedure implements Procedure {
  readonly kind = 'clean';
  readonly #world: ProcedureWorld;
  readonly #order: Extract<JobOrder, { kind: 'clean' }>;

  constructor(world: ProcedureWorld, order: Extract<JobOrder, { kind: 'clean' }>) {
    this.#world = world;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const bay = this.#bay();
    const { cartridge } = this.#order;
    if (bay.kind === 'disk')
      throw new StorageError('MEDIUM_INCOMPATIBLE', `${bay.name} is a disk target; there is nothing to clean.`, {
        context: { drive: bay.name },
      });
    if (cartridge !== null) await this.#refuse(cartridge);
    const what = `clean${cartridge === null ? '' : ` with ${cartridge}`}`;
    return { title: `clean drive ${bay.name}`, steps: [{ subject: bay.name, what, destroys: null }] };
  }

  async run(run: JobRun): Promise<void> {
    const bay = this.#bay();
    await run.step(bay.name, async (say) => {
      const { cartridge } = this.#order;
      if (cartridge !== null) return this.#cleanWith(run, bay, cartridge, say);
      const refused: string[] = [];
      for (;;) {
        const barcode = await this.#find(run, bay, refused);
        if (barcode === null) return this.#cleanByHand(run, bay);
        try {
          return await this.#cleanWith(run, bay, barcode, say);
        } catch (error) {
          if (!isStorageError(error, 'MEDIUM_CLEANING_EXPIRED')) throw error;
          refused.push(error.message);
        }
      }
    });
  }

  /** MEDIUM_CLEANING_EXPIRED, DRIVE_HARDWARE. */
  async #cleanWith(run: JobRun, bay: DriveBay, barcode: Barcode, say: Say): Promise<string> {
    say(`with ${barcode}`);
    const { cleaning } = this.#world;
    const cause = { who: run.who, reason: `loaded to clean drive ${bay.name}` };
    const outcome = await run.withCartridge(barcode, `cleaning drive ${bay.name}`, async () =>
      run.withDrive({ fits: (one) => one === bay, preference: () => 0 }, async () =>
        cleaning.clean(bay, barcode, cause, run.signal),
      ),
    );
    switch (outcome.kind) {
      case 'cleaned':
        return `cleaned with ${barcode}, use ${String(outcome.uses)} of ${String(cleaning.maxUses)}`;
      case 'refused':
        throw usedUp(barcode, outcome.reason);
      case 'silent':
        throw notCleaned(bay, outcome.reason);
    }
  }

  async #cleanByHand(run: JobRun, bay: DriveBay): Promise<string> {
    const { clock } = this.#world.environment;
    const hasNoticed = async (): Promise<boolean> => (await bay.thread.readStatus()).medium !== 'no-medium';
    const insert = async (): Promise<void> =>
      run.askOperator(`Insert a cleaning cartridge into drive ${bay.name}.`, async () => {
        while (!(await hasNoticed())) await clock.sleep(DRIVE_LOOK_MS, run.signal);
      });
    const cause = { who: run.who, reason: `to clean drive ${bay.name}` };
    const outcome = await run.withDrive({ fits: (one) => one === bay, preference: () => 0 }, async () =>
      this.#world.cleaning.cleanByHand(bay, cause, run.signal, insert),
    );
    if (outcome.kind === 'cleaned') return 'cleaned by hand';
    throw notCleaned(bay, outcome.reason);
  }

  /** One with uses left; null: a person gives one whose barcode nobody knows. In a library one is asked for. */
  async #find(run: JobRun, bay: DriveBay, refused: readonly string[]): Promise<Barcode | null> {
    const { cleaning, register, environment } = this.#world;
    const look = async (): Promise<{ readonly first: Barcode | null; readonly problems: readonly string[] }> => {
      await register.refresh(undefined, [bay.changer]);
      const { fit, problems } = await cleaning.candidates(bay);
      return { first: fit[0] ?? null, problems };
    };
    const { first, problems } = await look();
    if (first !== null || bay.changer.kind !== 'scsi') return first;
    const why = [...refused, ...problems];
    return run.askOperator(
      `Drive ${bay.name} is to be cleaned, and changer ${bay.changer.name} has no cleaning cartridge with uses left (${why.length === 0 ? 'none is there' : why.join('; ')}). Put one into an import/export slot.`,
      async () => {
        for (;;) {
          await environment.clock.sleep(CHANGER_LOOK_MS, run.signal);
          const found = await look();
          if (found.first !== null) return found.first;
        }
      },
    );
  }

  /** VOLUME_UNKNOWN, MEDIUM_CLEANING_EXPIRED. */
  async #refuse(barcode: Barcode): Promise<void> {
    const record = await this.#world.environment.inventory.cartridge(barcode);
    if (record === null) throw unknownCartridge(barcode);
    const problem = this.#world.cleaning.problemOf(record);
    if (problem !== null) throw usedUp(barcode, problem);
  }

  #bay(): DriveBay {
    return this.#world.leases.find(this.#order.drive);
  }
}

function usedUp(barcode: Barcode, problem: string): StorageError {
  return new StorageError(
    'MEDIUM_CLEANING_EXPIRED',
    `${barcode} cannot clean a drive: ${problem}. Use another one; \`tapeloom media list\` shows those in state cleaning.`,
    { context: { barcode } },
  );
}

function notCleaned(bay: DriveBay, reason: string): StorageError {
  return new StorageError(
    'DRIVE_HARDWARE',
    `Drive ${bay.name} was not cleaned: ${reason}. Try another cleaning cartridge, and have the drive looked at when that does not help.`,
    { context: { drive: bay.name }, disposition: 'ask-operator' },
  );
}
