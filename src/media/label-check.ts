import { StorageError } from '../base/storage-error.js';
import type { CartridgeRecord, VolumeRecord } from '../inventory/records.js';
import type { Barcode } from '../terms/barcode.js';
import { readLabel, type LabelReading } from '../volume/label-io.js';
import { unknownCartridge, type CartridgeLoading } from './cartridge-loading.js';
import type { MoveCause } from './cartridge-register.js';
import type { DriveBay } from './drive-bay.js';
import { describeReading, judgeLabel } from './label-verdict.js';
import type { MediaEnvironment } from './media-environment.js';
import { withConditionByDaemon, withStateByDaemon } from './state-changes.js';
import { updateVolume } from './update-volume.js';

/**
 * Reads what is on a cartridge and holds it against the books. What does not agree is set aside: a volume is suspect then, a
 * cartridge that was taken for blank is foreign. Nothing is written. The caller has the cartridge and the drive.
 */
export class LabelCheck {
  readonly #environment: MediaEnvironment;
  readonly #loading: CartridgeLoading;

  constructor(environment: MediaEnvironment, loading: CartridgeLoading) {
    this.#environment = environment;
    this.#loading = loading;
  }

  /** What is on it. VOLUME_* when that is not what the books say; CHANGER_*, DRIVE_*, MEDIUM_*. */
  async check(bay: DriveBay, barcode: Barcode, cause: MoveCause, signal: AbortSignal): Promise<string> {
    await this.#loading.load(bay, barcode, cause, signal);
    bay.activity = `reading the label of ${barcode}`;
    const reading = await this.#read(bay);
    const { inventory } = this.#environment;
    const cartridge = await inventory.cartridge(barcode);
    if (cartridge === null) throw unknownCartridge(barcode);
    const volume = cartridge.volumeId === null ? null : await inventory.volume(cartridge.volumeId);
    const { what, problem, isForeign } = judgeLabel(cartridge, volume, reading);
    if (problem === null) return what;
    const error = new StorageError(problem.code, problem.message, { context: { barcode, drive: bay.name } });
    await this.#setAside(cartridge, volume, isForeign, error);
    throw error;
  }

  /** What is on whatever is in the drive. DRIVE_NO_MEDIUM. */
  async look(bay: DriveBay): Promise<string> {
    bay.activity = 'reading the label';
    await bay.thread.load();
    return describeReading(await this.#read(bay));
  }

  async #read(bay: DriveBay): Promise<LabelReading> {
    bay.mounted = null;
    const slot = this.#environment.slots.take();
    try {
      const before = await bay.thread.readStatus();
      const reading = await readLabel(bay.thread, slot);
      const after = await bay.thread.readStatus();
      if (after.mediumGeneration === before.mediumGeneration) return reading;
    } finally {
      this.#environment.slots.give(slot);
    }
    throw new StorageError(
      'DRIVE_POSITION_LOST',
      `The medium in drive ${bay.name} may have been changed while its label was read. Nothing was written; try again.`,
      { context: { drive: bay.name } },
    );
  }

  async #setAside(
    { barcode }: CartridgeRecord,
    volume: VolumeRecord | null,
    isForeign: boolean,
    error: StorageError,
  ): Promise<void> {
    const { inventory, bookkeeping, logger } = this.#environment;
    logger.log('warn', 'label.mismatch', error.message, { barcode, code: error.code });
    if (volume !== null) {
      await updateVolume(this.#environment, volume.volumeId, (current) =>
        withStateByDaemon(current, 'suspect', error.message),
      );
      return;
    }
    if (!isForeign) return;
    await bookkeeping.run(async () => {
      const current = await inventory.cartridge(barcode);
      if (current?.volumeId !== null) return;
      await inventory.commit({ cartridges: [withConditionByDaemon(current, 'foreign', error.message)] });
    });
  }
}
