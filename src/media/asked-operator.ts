import type { Clock } from '../base/clock.js';
import { StorageError } from '../base/storage-error.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import type { OperatorHand } from '../changer/manual-changer.js';
import type { DriveThread } from '../drive/drive-thread.js';
import type { Inventory } from '../inventory/inventory.js';
import type { OperatorRequests } from './operator-requests.js';

export interface AskedOperatorOptions {
  readonly inventory: Inventory;
  readonly requests: OperatorRequests;
  readonly clock: Clock;
  readonly threads: ReadonlyMap<string, DriveThread>;
}

/** How often a drive is looked at while its cartridge is waited for, milliseconds: a person takes longer. */
const LOOK_MS = 2_000;

/**
 * A person at stand-alone drives. What they did is seen only by looking at the drive, and which cartridge they gave only by
 * reading its label: nobody else can know.
 */
export class AskedOperator implements OperatorHand {
  readonly #options: AskedOperatorOptions;

  constructor(options: AskedOperatorOptions) {
    this.#options = options;
  }

  /**
   * Every tape cartridge on the books that no library has: a person can fetch any, and the books know which was left in a
   * drive.
   */
  async cartridges(): Promise<readonly { readonly barcode: Barcode; readonly drive: string | null }[]> {
    const records = await this.#options.inventory.cartridges();
    return records
      .filter(({ barcode, location }) => mediumOfBarcode(barcode) !== 'disk' && this.#isAtHand(location))
      .map(({ barcode, location }) => ({ barcode, drive: location.kind === 'drive' ? location.drive : null }));
  }

  #isAtHand(location: CartridgeLocation): boolean {
    switch (location.kind) {
      case 'slot':
      case 'import-export':
      case 'transport':
        return false;
      case 'drive':
        return this.#options.threads.has(location.drive);
      case 'shelf':
      case 'vault':
      case 'missing':
        return true;
    }
  }

  /** A cartridge that is in the drive already is taken for the wanted one: its label will tell. */
  async insert(barcode: Barcode, drive: string, signal: AbortSignal): Promise<void> {
    if (await this.#holdsMedium(drive)) return;
    await this.#options.requests.during(drive, `Insert cartridge ${barcode} into drive ${drive}.`, async () => {
      while (!(await this.#holdsMedium(drive))) await this.#options.clock.sleep(LOOK_MS, signal);
    });
  }

  /** The drive has ejected it; the next one can only be inserted when the person has taken it out. */
  async remove(drive: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (await this.#holdsMedium(drive))
      throw new StorageError(
        'CHANGER_MOVE_FAILED',
        `Drive ${drive} did not let go of its cartridge. Press its eject button, then try again.`,
        { context: { drive } },
      );
  }

  async #holdsMedium(drive: string): Promise<boolean> {
    const thread = this.#options.threads.get(drive);
    if (thread === undefined)
      throw new StorageError('DRIVE_UNKNOWN', `There is no drive ${drive}.`, { context: { drive } });
    return (await thread.readStatus()).medium !== 'no-medium';
  }
}
