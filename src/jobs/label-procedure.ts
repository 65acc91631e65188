import { StorageError } from '../base/storage-error.js';
import type { PoolRecord } from '../inventory/records.js';
import type { DriveBay } from '../media/drive-bay.js';
import { fitsCartridge, preferHolding } from '../media/drive-choice.js';
import { scratchPool } from '../media/pool-book.js';
import { poolMediumProblem } from '../media/pool-media.js';
import { stateOf } from '../media/state-changes.js';
import type { JobOrder } from '../protocol/job-api.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { VolumeId } from '../terms/ids.js';
import { SCRATCH_POOL } from '../terms/pool-policy.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, PlannedStep, Procedure } from './procedure.js';
import { destroyedVolume, refuseOtherVolume, volumeOn } from './destroyed-volume.js';
import type { ProcedureWorld } from './procedure-world.js';
import { plural } from './procedure-words.js';

/**
 * Makes volumes of cartridges: named ones, or every blank one in the slots of a changer that the pool takes. A volume of ours is
 * overwritten only when its barcode is named again and nothing on it must be kept. As many at once as there are drives.
 */
export class LabelProcedure implements Procedure {
  readonly kind = 'label';
  readonly #world: ProcedureWorld;
  readonly #who: string;
  readonly #order: Extract<JobOrder, { kind: 'label' }>;
  /** For each cartridge, its pool-to-be and what it carried when that was planned. */
  readonly #planned = new Map<Barcode, { readonly pool: PoolRecord; readonly volumeId: VolumeId | null }>();

  constructor(world: ProcedureWorld, who: string, order: Extract<JobOrder, { kind: 'label' }>) {
    this.#world = world;
    this.#who = who;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const { barcodes, pool } = this.#order;
    const steps: PlannedStep[] = [];
    for (const barcode of barcodes === 'blank' ? await this.#findBlank() : new Set(barcodes))
      steps.push(await this.#planOne(barcode));
    const where = pool === null ? 'their pools again' : `pool ${pool}`;
    return { title: `label ${plural(steps.length, 'cartridge')} for ${where}`, steps };
  }

  async run(run: JobRun): Promise<void> {
    const kinds = new Set([...this.#planned.values()].map(({ pool }) => pool.kind));
    const drives = this.#world.leases.bays.filter((bay) => kinds.has(bay.kind) && bay.down === null);
    await run.each([...this.#planned], drives.length, async ([barcode, { pool }]) =>
      this.#labelOne(run, pool, barcode),
    );
  }

  async #labelOne(run: JobRun, pool: PoolRecord, barcode: Barcode): Promise<void> {
    const { environment, labelling, leases, register } = this.#world;
    const overwrite = this.#order.overwrite.includes(barcode) ? barcode : null;
    await run.step(barcode, async (say) =>
      run.withCartridge(barcode, 'being labelled', async () => {
        const place = (await register.reachable()).find((one) => one.barcode === barcode);
        const reaches = fitsCartridge(leases.bays, barcode, place?.reachableBy ?? null);
        const fits = (bay: DriveBay): boolean => bay.kind === pool.kind && reaches(bay);
        return run.withDrive({ fits, preference: preferHolding(barcode) }, async (bay) => {
          say(`in drive ${bay.name}`);
          await refuseOtherVolume(environment.inventory, barcode, this.#planned.get(barcode)?.volumeId ?? null);
          const order = { who: this.#who, barcode, pool, overwrite };
          const { volumeId } = await labelling.label(bay, order, run.signal);
          return `labelled for pool ${pool.name}, volume ${volumeId}`;
        });
      }),
    );
  }

  /** JOB_POOL_UNKNOWN, VOLUME_BLANK. */
  async #findPool(barcode: Barcode | null): Promise<PoolRecord> {
    const { environment, pools } = this.#world;
    const volume = barcode === null ? null : await volumeOn(environment.inventory, barcode);
    const name = this.#order.pool ?? volume?.pool;
    if (name === undefined)
      throw new StorageError(
        'VOLUME_BLANK',
        `${barcode ?? ''} belongs to no pool. Nothing was labelled; say which: \`tapeloom media label --pool\`.`,
        { context: { barcode } },
      );
    if (name !== SCRATCH_POOL) return pools.find(name, 'Nothing was labelled.');
    return scratchPool(barcode !== null && mediumOfBarcode(barcode) === 'disk' ? 'disk' : 'tape');
  }

  /** In the order of their slots. */
  async #findBlank(): Promise<readonly Barcode[]> {
    const pool = await this.#findPool(null);
    const { environment, register } = this.#world;
    await register.refresh();
    const blank: { readonly barcode: Barcode; readonly place: string }[] = [];
    for (const cartridge of await environment.inventory.cartridges()) {
      const { barcode, location, volumeId } = cartridge;
      if (volumeId !== null || location.kind !== 'slot' || stateOf(cartridge, null) !== 'blank') continue;
      if (poolMediumProblem(pool, barcode) !== null) continue;
      blank.push({ barcode, place: `${location.changer}/${String(location.slot).padStart(6, '0')}` });
    }
    if (blank.length === 0)
      throw new StorageError(
        'CHANGER_NO_CARTRIDGE',
        `No slot of a changer holds a blank cartridge that pool ${pool.name} takes. Nothing was labelled; ` +
          '`tapeloom media list` shows what there is, `tapeloom media import` brings in more.',
        { context: { pool: pool.name } },
      );
    return blank.sort((a, b) => (a.place < b.place ? -1 : 1)).map(({ barcode }) => barcode);
  }

  async #planOne(barcode: Barcode): Promise<PlannedStep> {
    const { environment, labelling } = this.#world;
    const pool = await this.#findPool(barcode);
    const problem = poolMediumProblem(pool, barcode);
    if (problem !== null)
      throw new StorageError('MEDIUM_INCOMPATIBLE', `${barcode} ${problem}. Nothing was labelled.`, {
        context: { barcode, pool: pool.name },
      });
    await labelling.refuseEarly({ who: this.#who, barcode, pool, overwrite: null });
    const volume = await volumeOn(environment.inventory, barcode);
    this.#planned.set(barcode, { pool, volumeId: volume?.volumeId ?? null });
    return {
      subject: barcode,
      what: `write a new label for pool ${pool.name}`,
      destroys: volume === null ? null : destroyedVolume(volume, this.#order.overwrite.includes(barcode)),
    };
  }
}
