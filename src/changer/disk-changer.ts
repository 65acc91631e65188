import { StorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import type { Changer, ChangerElement, ReachableCartridge } from './changer.js';
import { driveElement, noSlots } from './stand-alone-elements.js';

/** The directory of one disk target, which holds volume files and names the one that its drive has open. */
export interface DiskShelf {
  /** The drive that uses this directory. */
  readonly drive: string;
  listVolumes(): readonly Barcode[];
  /** Makes an empty volume file of the directory's capacity. DEVICE_DISK_FULL, DEVICE_IO. */
  create(barcode: Barcode): void;
  /** The volume in the drive. */
  inserted(): Barcode | null;
  insert(barcode: Barcode): void;
  remove(): void;
}

/**
 * Brings disk volumes to a disk drive: a move is a change of the file that a directory's drive has open. A volume that is
 * not in the drive is on the shelf, its directory.
 */
export class DiskChanger implements Changer {
  readonly kind = 'disk';
  readonly identity = null;
  readonly name: string;
  readonly device: string;
  readonly drives: readonly string[];
  readonly #shelf: DiskShelf;

  constructor(shelf: DiskShelf, directory: string) {
    this.name = shelf.drive;
    this.device = directory;
    this.drives = [shelf.drive];
    this.#shelf = shelf;
  }

  async open(): Promise<void> {
    // The directory is there whenever the drive is.
  }

  async close(): Promise<void> {
    // Nothing is held between calls.
  }

  async cartridges(): Promise<readonly ReachableCartridge[]> {
    const inserted = this.#shelf.inserted();
    return this.#shelf.listVolumes().map((barcode) => ({
      barcode,
      tag: '',
      location: barcode === inserted ? { kind: 'drive', drive: this.name } : { kind: 'shelf' },
      reachableBy: this.drives,
    }));
  }

  async elements(): Promise<readonly ChangerElement[]> {
    const barcode = this.#shelf.inserted();
    return [driveElement(this.name, 0, barcode)];
  }

  async rescan(): Promise<void> {
    // The directory is read each time.
  }

  async load(barcode: Barcode, drive: string): Promise<void> {
    this.#assertDrive(drive);
    const inserted = this.#shelf.inserted();
    if (inserted === barcode) return;
    if (inserted !== null)
      throw new StorageError('CHANGER_OCCUPIED', `Drive ${drive} holds ${inserted}; unload it before ${barcode}.`, {
        context: { drive, barcode, occupant: inserted },
      });
    if (!this.#shelf.listVolumes().includes(barcode))
      throw new StorageError(
        'CHANGER_NO_CARTRIDGE',
        `The directory of drive ${drive} has no volume file ${barcode}. Nothing was changed; label a new disk volume or bring the file back.`,
        { context: { drive, barcode } },
      );
    this.#shelf.insert(barcode);
  }

  async unload(drive: string): Promise<CartridgeLocation | null> {
    this.#assertDrive(drive);
    if (this.#shelf.inserted() === null) return null;
    this.#shelf.remove();
    return { kind: 'shelf' };
  }

  async transfer(): Promise<void> {
    throw noSlots(this.name);
  }

  async eject(barcode: Barcode): Promise<CartridgeLocation> {
    if (!this.#shelf.listVolumes().includes(barcode))
      throw new StorageError('CHANGER_NO_CARTRIDGE', `The disk target ${this.name} has no volume file ${barcode}.`, {
        context: { barcode },
      });
    if (this.#shelf.inserted() === barcode) this.#shelf.remove();
    return { kind: 'shelf' };
  }

  async lock(): Promise<void> {
    // There is no door.
  }

  async provide(barcode: Barcode, drive: string): Promise<void> {
    this.#assertDrive(drive);
    if (!this.#shelf.listVolumes().includes(barcode)) this.#shelf.create(barcode);
  }

  #assertDrive(drive: string): void {
    if (drive !== this.name)
      throw new StorageError('DRIVE_UNKNOWN', `No disk target belongs to drive ${drive}.`, { context: { drive } });
  }
}
