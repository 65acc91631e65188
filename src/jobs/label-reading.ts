import { isStorageError } from '../base/storage-error.js';
import type { DriveBay } from '../media/drive-bay.js';
import { fitsCartridge, preferHolding } from '../media/drive-choice.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { JobRun } from './job-run.js';
import type { ProcedureWorld } from './procedure-world.js';

/**
 * One step a cartridge: mounts it, reads its label, holds it against the books, and puts it back unless it was in a drive
 * before. As many at once as there are drives. Cleaning cartridges have no label and are left out.
 */
export async function readLabels(
  world: ProcedureWorld,
  run: JobRun,
  barcodes: readonly Barcode[],
  reason: string,
): Promise<void> {
  const drives = world.leases.bays.filter((bay) => bay.down === null).length;
  const withLabels = barcodes.filter((barcode) => mediumOfBarcode(barcode) !== 'cleaning');
  await run.each(withLabels, drives, async (barcode) => readOne(world, run, barcode, reason));
}

async function readOne(world: ProcedureWorld, run: JobRun, barcode: Barcode, reason: string): Promise<void> {
  const { leases, register, labelCheck, loading } = world;
  const cause = { who: run.who, reason };
  await run.step(barcode, async (say) =>
    run.withCartridge(barcode, reason, async () => {
      const place = (await register.reachable()).find((one) => one.barcode === barcode);
      const kind = mediumOfBarcode(barcode) === 'disk' ? 'disk' : 'tape';
      const reaches = fitsCartridge(leases.bays, barcode, place?.reachableBy ?? null);
      const fits = (bay: DriveBay): boolean => bay.kind === kind && reaches(bay);
      return run.withDrive({ fits, preference: preferHolding(barcode) }, async (bay) => {
        const wasThere = bay.loaded === barcode;
        say(`in drive ${bay.name}`);
        const putBack = async (): Promise<void> => {
          if (wasThere || bay.loaded !== barcode) return;
          await loading.unload(bay, { who: run.who, reason: 'put back: its label was read' }, run.signal);
        };
        let what: string;
        try {
          what = await labelCheck.check(bay, barcode, cause, run.signal);
        } catch (error) {
          // A label that is wrong is no trouble of the drive; of any other, the drive is left as it is.
          if (isStorageError(error) && error.code.startsWith('VOLUME_')) await putBack();
          throw error;
        }
        await putBack();
        return what;
      });
    }),
  );
}
