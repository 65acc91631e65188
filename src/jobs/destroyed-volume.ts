import { StorageError } from '../base/storage-error.js';
import type { Inventory } from '../inventory/inventory.js';
import type { VolumeRecord } from '../inventory/records.js';
import type { Barcode } from '../terms/barcode.js';
import type { VolumeId } from '../terms/ids.js';
import type { DestroyedVolume, JobPlan } from './procedure.js';

/** The volume that the books know on a cartridge. */
export async function volumeOn(inventory: Inventory, barcode: Barcode): Promise<VolumeRecord | null> {
  const volumeId = (await inventory.cartridge(barcode))?.volumeId ?? null;
  return volumeId === null ? null : inventory.volume(volumeId);
}

export function destroyedVolume({ volumeId, pool, bytes }: VolumeRecord, isNamed: boolean): DestroyedVolume {
  return { volumeId, pool, bytes, isNamed };
}

/** Nothing is destroyed that the order does not name. VOLUME_LABELLED. */
export function refuseUnnamed({ steps }: JobPlan): void {
  const unnamed = steps.filter(({ destroys }) => destroys !== null && !destroys.isNamed);
  const [first] = unnamed;
  if (first === undefined) return;
  const others = unnamed.length === 1 ? '' : ` and ${String(unnamed.length - 1)} more`;
  throw new StorageError(
    'VOLUME_LABELLED',
    `${first.subject}${others} already carries a volume (${first.destroys?.volumeId ?? ''} of pool ${first.destroys?.pool ?? ''}). ` +
      'Nothing was begun. If it may be destroyed, name it: `tapeloom media relabel`.',
    { context: { barcode: first.subject, volumes: unnamed.length } },
  );
}

/** Since the plan was made and confirmed, the cartridge may have become another volume. VOLUME_LABELLED. */
export async function refuseOtherVolume(
  inventory: Inventory,
  barcode: Barcode,
  planned: VolumeId | null,
): Promise<void> {
  const volume = await volumeOn(inventory, barcode);
  if (volume === null || volume.volumeId === planned) return;
  throw new StorageError(
    'VOLUME_LABELLED',
    `${barcode} has become volume ${volume.volumeId} of pool ${volume.pool} since that was ordered. It was not touched.`,
    { context: { barcode, volume: volume.volumeId } },
  );
}
