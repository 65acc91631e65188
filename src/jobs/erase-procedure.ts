import { unknownCartridge } from '../media/cartridge-loading.js';
import type { DriveBay } from '../media/drive-bay.js';
import { fitsCartridge, preferHolding } from '../media/drive-choice.js';
import { scratchPool } from '../media/pool-book.js';
import type { JobOrder } from '../protocol/job-api.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { VolumeId } from '../terms/ids.js';
import { destroyedVolume, refuseOtherVolume, volumeOn } from './destroyed-volume.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, PlannedStep, Procedure } from './procedure.js';
import { plural } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';

/** Makes cartridges blank, or empty volumes of the pool `scratch`. Guarded as labelling is. */
export class EraseProcedure implements Procedure {
  readonly kind = 'erase';
  readonly #world: ProcedureWorld;
  readonly #who: string;
  readonly #order: Extract<JobOrder, { kind: 'erase' }>;
  /** What each carried when that was planned. */
  readonly #planned = new Map<Barcode, VolumeId | null>();

  constructor(world: ProcedureWorld, who: string, order: Extract<JobOrder, { kind: 'erase' }>) {
    this.#world = world;
    this.#who = who;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const steps: PlannedStep[] = [];
    for (const barcode of new Set(this.#order.barcodes)) steps.push(await this.#planOne(barcode));
    const { extent, becomes } = this.#order;
    const after = becomes === 'scratch' ? ' to scratch' : '';
    return { title: `erase ${plural(steps.length, 'cartridge')}${after} (${extent})`, steps };
  }

  async run(run: JobRun): Promise<void> {
    const kinds = new Set([...this.#planned.keys()].map(kindOf));
    const drives = this.#world.leases.bays.filter((bay) => kinds.has(bay.kind) && bay.down === null);
    await run.each([...this.#planned.keys()], drives.length, async (barcode) => this.#eraseOne(run, barcode));
  }

  async #planOne(barcode: Barcode): Promise<PlannedStep> {
    const { environment, erasing } = this.#world;
    if ((await environment.inventory.cartridge(barcode)) === null) throw unknownCartridge(barcode);
    await erasing.refuseEarly(barcode);
    const volume = await volumeOn(environment.inventory, barcode);
    this.#planned.set(barcode, volume?.volumeId ?? null);
    return {
      subject: barcode,
      what: `erase (${this.#order.extent})`,
      destroys: volume === null ? null : destroyedVolume(volume, this.#order.overwrite.includes(barcode)),
    };
  }

  async #eraseOne(run: JobRun, barcode: Barcode): Promise<void> {
    const { environment, erasing, labelling, leases, register } = this.#world;
    const { extent, becomes } = this.#order;
    const overwrite = this.#order.overwrite.includes(barcode) ? barcode : null;
    await run.step(barcode, async (say) =>
      run.withCartridge(barcode, 'being erased', async () => {
        const place = (await register.reachable()).find((one) => one.barcode === barcode);
        const reaches = fitsCartridge(leases.bays, barcode, place?.reachableBy ?? null);
        const fits = (bay: DriveBay): boolean => bay.kind === kindOf(barcode) && reaches(bay);
        return run.withDrive({ fits, preference: preferHolding(barcode) }, async (bay) => {
          say(
            extent === 'long'
              ? `in drive ${bay.name}; the whole tape is overwritten, which takes hours`
              : `in drive ${bay.name}`,
          );
          await refuseOtherVolume(environment.inventory, barcode, this.#planned.get(barcode) ?? null);
          await erasing.erase(bay, { who: this.#who, barcode, extent, overwrite }, run.signal);
          if (becomes === 'blank') return 'erased; blank';
          const pool = scratchPool(kindOf(barcode));
          const { volumeId } = await labelling.label(bay, { who: this.#who, barcode, pool, overwrite }, run.signal);
          return `erased; scratch, volume ${volumeId}`;
        });
      }),
    );
  }
}

function kindOf(barcode: Barcode): 'tape' | 'disk' {
  return mediumOfBarcode(barcode) === 'disk' ? 'disk' : 'tape';
}
