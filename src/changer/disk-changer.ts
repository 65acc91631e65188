import { StorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { Changer, ReachableCartridge } from './changer.js';

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

/** Brings disk volumes to disk drives: a move is a change of the file that a directory's drive has open. */
export class DiskChanger implements Changer {
  readonly #shelves: ReadonlyMap<string, DiskShelf>;

  constructor(shelves: readonly DiskShelf[]) {
    this.#shelves = new Map(shelves.map((shelf) => [shelf.drive, shelf]));
  }

  async inventory(): Promise<readonly ReachableCartridge[]> {
    return [...this.#shelves.values()].flatMap((shelf) => {
      const inserted = shelf.inserted();
      return shelf
        .listVolumes()
        .map((barcode) => ({ barcode, drive: barcode === inserted ? shelf.drive : null, reachableBy: [shelf.drive] }));
    });
  }

  async load(barcode: Barcode, drive: string): Promise<void> {
    const shelf = this.#shelf(drive);
    const inserted = shelf.inserted();
    if (inserted === barcode) return;
    if (inserted !== null)
      throw new StorageError('CHANGER_OCCUPIED', `Drive ${drive} holds ${inserted}; unload it before ${barcode}.`, {
        context: { drive, barcode, occupant: inserted },
      });
    if (!shelf.listVolumes().includes(barcode))
      throw new StorageError(
        'CHANGER_NO_CARTRIDGE',
        `The directory of drive ${drive} has no volume file ${barcode}. Nothing was changed; label a new disk volume or bring the file back.`,
        { context: { drive, barcode } },
      );
    shelf.insert(barcode);
  }

  async unload(drive: string): Promise<void> {
    this.#shelf(drive).remove();
  }

  async provide(barcode: Barcode, drive: string): Promise<void> {
    const shelf = this.#shelf(drive);
    if (!shelf.listVolumes().includes(barcode)) shelf.create(barcode);
  }

  async eject(barcode: Barcode): Promise<void> {
    for (const shelf of this.#shelves.values()) {
      if (shelf.inserted() === barcode) shelf.remove();
      if (shelf.listVolumes().includes(barcode)) return;
    }
    throw new StorageError('CHANGER_NO_CARTRIDGE', `No disk target has a volume file ${barcode}.`, {
      context: { barcode },
    });
  }

  #shelf(drive: string): DiskShelf {
    const shelf = this.#shelves.get(drive);
    if (shelf === undefined)
      throw new StorageError('DRIVE_UNKNOWN', `No disk target belongs to drive ${drive}.`, { context: { drive } });
    return shelf;
  }
}
