import { StorageError, isStorageError, type ErrorContext } from '../base/storage-error.js';
import type { DriveStatus, MediumAttributes } from '../drive/tape-drive.js';
import type { Barcode } from '../terms/barcode.js';
import type { VolumeId } from '../terms/ids.js';
import type { WormRule } from '../terms/pool-policy.js';
import { FIRST_END_OF_DATA, readLabel, type LabelReading } from '../volume/label-io.js';
import type { VolumeLabel } from '../volume/volume-label.js';
import type { DriveBay } from './drive-bay.js';
import type { MediaEnvironment } from './media-environment.js';
import { withConditionByDaemon, withStateByDaemon } from './state-changes.js';
import { updateVolume } from './update-volume.js';

/** What a medium must carry for the daemon to overwrite it by itself: the volume that the books know on it, or nothing. */
export type ExpectedContent = 'volume' | 'blank';

/** Something that destroys what is on a cartridge. */
export interface OverwriteOrder {
  readonly barcode: Barcode;
  /** The barcode once more: also what another program, or an unknown volume of ours, left there. */
  readonly overwrite: Barcode | null;
  /** What is asked of the medium: a WORM cartridge can be written once, and that once is all. */
  readonly worm: WormRule;
  readonly what: 'labelled' | 'erased';
  /** Absent: a person named it, who knows. */
  readonly expected?: ExpectedContent;
}

/**
 * What a medium itself says against being overwritten, whatever the books say. The caller has the drive, with the cartridge
 * loaded, and is inside `RetentionGuard.whileDestroying`. Nothing is written.
 */
export class OverwriteCheck {
  readonly #environment: MediaEnvironment;

  constructor(environment: MediaEnvironment) {
    this.#environment = environment;
  }

  /** MEDIUM_WRITE_PROTECTED, MEDIUM_INCOMPATIBLE, VOLUME_FOREIGN, VOLUME_LABEL_*, DRIVE_POSITION_LOST. */
  async examine(bay: DriveBay, order: OverwriteOrder): Promise<{ readonly mediumSerial: string | null }> {
    const { slots } = this.#environment;
    const slot = slots.take();
    try {
      const before = await bay.thread.readStatus();
      refuseWrongKind(bay, order, before);
      const reading = await readLabel(bay.thread, slot);
      const status = await bay.thread.readStatus();
      if (status.mediumGeneration !== before.mediumGeneration) throw mediumChanged(bay, order.barcode);
      await this.#refuseContent(bay, order, status, reading);
      return { mediumSerial: await this.#refuseOtherChip(bay, order) };
    } finally {
      slots.give(slot);
    }
  }

  async #refuseContent(
    bay: DriveBay,
    order: OverwriteOrder,
    status: DriveStatus,
    reading: LabelReading,
  ): Promise<void> {
    const { barcode, what } = order;
    const context = { barcode, drive: bay.name };
    refuseUnexpected(order, context, (await this.#environment.inventory.cartridge(barcode))?.volumeId ?? null, reading);
    if (reading.kind === 'blank') return;
    // Whatever may be overwritten, it is not another volume that happens to be in the drive.
    const found = reading.kind === 'foreign' ? null : reading.label;
    if (found !== null) await this.#refuseOtherVolume(bay, order, found);
    if (status.worm)
      throw new StorageError(
        'MEDIUM_INCOMPATIBLE',
        `Cartridge ${barcode} is WORM and already written; it can never be ${what} again.`,
        { context },
      );
    if (reading.kind === 'tapeloom') await this.#refuseUnknownVolume(bay, order, reading.label);
    else if (order.overwrite !== barcode)
      throw new StorageError(
        reading.kind === 'foreign' ? 'VOLUME_FOREIGN' : reading.code,
        `Cartridge ${barcode} holds ${reading.kind === 'foreign' ? reading.what : `a damaged label (${reading.reason})`}. ` +
          `It was not touched. If that may be destroyed, say so with --overwrite.`,
        { context },
      );
  }

  /** The medium says that it is another cartridge, or carries another volume that the books know. */
  async #refuseOtherVolume(bay: DriveBay, { barcode }: OverwriteOrder, found: VolumeLabel): Promise<void> {
    const { inventory } = this.#environment;
    const known = (await inventory.cartridge(barcode))?.volumeId ?? null;
    const isOther = known !== found.volumeId && (await inventory.volume(found.volumeId)) !== null;
    if (found.barcode === barcode && !isOther) return;
    throw new StorageError(
      'VOLUME_LABEL_MISMATCH',
      `The cartridge in drive ${bay.name} says it is ${found.barcode} with volume ${found.volumeId}, not the ${barcode} of the inventory. ` +
        'It was not touched; insert the right one.',
      { context: { barcode, drive: bay.name, found: found.barcode, foundVolume: found.volumeId } },
    );
  }

  /**
   * A medium whose label tells nothing may still be known by the serial number in its memory. Returns that; null when the drive
   * cannot tell.
   */
  async #refuseOtherChip(bay: DriveBay, { barcode }: OverwriteOrder): Promise<string | null> {
    const serial = (await readAttributes(bay)).mediumSerial ?? null;
    if (serial === null) return null;
    const cartridges = await this.#environment.inventory.cartridges();
    const other = cartridges.find(
      (one) => one.mediumSerial === serial && one.barcode !== barcode && one.volumeId !== null,
    );
    if (other === undefined) return serial;
    throw new StorageError(
      'VOLUME_LABEL_MISMATCH',
      `The cartridge in drive ${bay.name} has the serial number ${serial}, which is that of ${other.barcode}, not of ${barcode}. ` +
        'It was not touched; insert the right one.',
      { context: { barcode, drive: bay.name, found: other.barcode, serial } },
    );
  }

  async #refuseUnknownVolume(bay: DriveBay, order: OverwriteOrder, found: VolumeLabel): Promise<void> {
    const { barcode } = order;
    const known = (await this.#environment.inventory.cartridge(barcode))?.volumeId ?? null;
    if (known === found.volumeId || order.overwrite === barcode) return;
    await bay.thread.locateEndOfData();
    const { blockAddress } = await bay.thread.readPosition();
    if (blockAddress <= FIRST_END_OF_DATA.blockAddress) return;
    throw new StorageError(
      'VOLUME_FOREIGN',
      `Cartridge ${barcode} holds volume ${found.volumeId} of pool ${found.pool}, labelled by node ${found.node}, which this inventory does not know. ` +
        'It was not touched. If its data may be destroyed, say so with --overwrite.',
      { context: { barcode, drive: bay.name, found: found.volumeId } },
    );
  }
}

/** The daemon overwrites by itself only the volume that the books say it is, or nothing at all. */
function refuseUnexpected(
  { barcode, expected }: OverwriteOrder,
  context: ErrorContext,
  known: VolumeId | null,
  reading: LabelReading,
): void {
  if (expected !== 'volume' || reading.kind === 'foreign' || reading.kind === 'damaged') return;
  if (reading.kind === 'tapeloom' && reading.label.volumeId === known) return;
  const found = reading.kind === 'blank' ? 'it is blank' : `its label says ${reading.label.volumeId}`;
  throw new StorageError(
    reading.kind === 'blank' ? 'VOLUME_BLANK' : 'VOLUME_LABEL_MISMATCH',
    `Cartridge ${barcode} should carry volume ${known ?? ''}, but ${found}. It was not touched.`,
    { context },
  );
}

/** From here on what is on the volume is in doubt, whatever happens. */
export async function noteOverwriting(environment: MediaEnvironment, barcode: Barcode, reason: string): Promise<void> {
  const volumeId = (await environment.inventory.cartridge(barcode))?.volumeId ?? null;
  if (volumeId !== null)
    await updateVolume(environment, volumeId, (volume) => withStateByDaemon(volume, 'suspect', reason));
}

/** A cartridge that was taken for blank is somebody else's. */
export async function noteForeign(
  { inventory, bookkeeping }: MediaEnvironment,
  barcode: Barcode,
  error: StorageError,
): Promise<void> {
  await bookkeeping.run(async () => {
    const cartridge = await inventory.cartridge(barcode);
    if (cartridge?.volumeId !== null) return;
    await inventory.commit({ cartridges: [withConditionByDaemon(cartridge, 'foreign', error.message)] });
  });
}

/** Before anything is written: even a label burns a WORM cartridge. */
function refuseWrongKind(bay: DriveBay, { barcode, worm, what }: OverwriteOrder, status: DriveStatus): void {
  const context = { barcode, drive: bay.name };
  if (status.writeProtected)
    throw new StorageError(
      'MEDIUM_WRITE_PROTECTED',
      `Cartridge ${barcode} is write-protected and was not ${what}. Set its tab and try again.`,
      { context },
    );
  if (status.worm && worm === 'refused')
    throw new StorageError(
      'MEDIUM_INCOMPATIBLE',
      what === 'erased'
        ? `Cartridge ${barcode} is WORM; it can never be erased.`
        : `Cartridge ${barcode} is WORM, and the pool refuses that. It was not labelled, which cannot be undone.`,
      { context },
    );
  if (!status.worm && worm === 'required')
    throw new StorageError(
      'MEDIUM_INCOMPATIBLE',
      `Cartridge ${barcode} is not WORM, which the pool requires. It was not labelled.`,
      { context },
    );
}

/** Cartridge memory is a help, not a need: a drive that cannot read it serves nevertheless. */
async function readAttributes(bay: DriveBay): Promise<MediumAttributes> {
  try {
    return await bay.thread.readMediumAttributes();
  } catch (error) {
    if (isStorageError(error, 'SCSI_CHECK_CONDITION', 'SCSI_MALFORMED_REPLY')) return {};
    throw error;
  }
}

function mediumChanged(bay: DriveBay, barcode: Barcode): StorageError {
  return new StorageError(
    'DRIVE_POSITION_LOST',
    `The medium in drive ${bay.name} may have been changed while its label was read. Nothing was written to ${barcode}; try again.`,
    { context: { drive: bay.name, barcode } },
  );
}
