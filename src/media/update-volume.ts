import type { VolumeId } from '../terms/ids.js';
import type { VolumeRecord } from '../inventory/records.js';
import type { MediaEnvironment } from './media-environment.js';

/** Changes a volume's record as it is now; null when the volume is no longer known. Not to be called inside `bookkeeping`. */
export async function updateVolume(
  { inventory, bookkeeping }: Pick<MediaEnvironment, 'inventory' | 'bookkeeping'>,
  volumeId: VolumeId,
  change: (volume: VolumeRecord) => VolumeRecord,
): Promise<VolumeRecord | null> {
  return bookkeeping.run(async () => {
    const volume = await inventory.volume(volumeId);
    if (volume === null) return null;
    const changed = change(volume);
    await inventory.commit({ volumes: [changed] });
    return changed;
  });
}
