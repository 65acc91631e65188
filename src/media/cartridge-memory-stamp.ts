import { isStorageError } from '../base/storage-error.js';
import type { VolumeRecord } from '../inventory/records.js';
import { VOLUME_FORMAT_VERSION } from '../volume/block-header.js';
import type { DriveBay } from './drive-bay.js';
import type { MediaEnvironment } from './media-environment.js';

/**
 * Writes into the memory of the cartridge in the drive, whose label was read or written, what volume it carries: other programs
 * and the library's panel show it. It is a courtesy: no job fails for want of it.
 */
export async function stampCartridgeMemory(
  { software, logger }: Pick<MediaEnvironment, 'software' | 'logger'>,
  bay: DriveBay,
  volume: VolumeRecord,
): Promise<void> {
  const { volumeId, barcode, pool, lastWrittenMs, labelledMs } = volume;
  const [name = '', version = ''] = software.split(' ');
  try {
    await bay.thread.writeMediumAttributes({
      vendor: 'TAPELOOM',
      name,
      version,
      label: volumeId,
      lastWrittenMs: lastWrittenMs ?? labelledMs,
      barcode,
      pool,
      formatVersion: String(VOLUME_FORMAT_VERSION),
    });
  } catch (error) {
    if (!isStorageError(error)) throw error;
    logger.log('info', 'cartridge.memory-not-written', `The memory of ${barcode} was not written: ${error.message}`, {
      barcode,
      drive: bay.name,
      code: error.code,
    });
  }
}
