import { StorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { Changer, ReachableCartridge } from './changer.js';

/**
 * The operator of a stand-alone drive, behind a port: a person who is asked (`operator-requests`) or the simulated hand.
 * A person may give the wrong cartridge: who mounts a volume reads its label, always.
 */
export interface OperatorHand {
  /** The cartridges the operator can reach and the drives they are in, as far as known. */
  cartridges(): Promise<readonly { readonly barcode: Barcode; readonly drive: string | null }[]>;
  /** Resolves when the drive holds a cartridge, by all that can be known this one. */
  insert(barcode: Barcode, drive: string, signal: AbortSignal): Promise<void>;
  /** Resolves when the drive's mouth is empty. */
  remove(drive: string, signal: AbortSignal): Promise<void>;
}

/** Stand-alone drives and an operator. */
export class ManualChanger implements Changer {
  readonly #hand: OperatorHand;
  readonly #drives: readonly string[];

  constructor(hand: OperatorHand, drives: readonly string[]) {
    this.#hand = hand;
    this.#drives = drives;
  }

  async inventory(): Promise<readonly ReachableCartridge[]> {
    const cartridges = await this.#hand.cartridges();
    return cartridges.map((cartridge) => ({ ...cartridge, reachableBy: this.#drives }));
  }

  async load(barcode: Barcode, drive: string, signal: AbortSignal): Promise<void> {
    const cartridges = await this.#hand.cartridges();
    const occupant = cartridges.find((cartridge) => cartridge.drive === drive);
    if (occupant?.barcode === barcode) return;
    if (occupant !== undefined)
      throw new StorageError(
        'CHANGER_OCCUPIED',
        `Drive ${drive} holds ${occupant.barcode}; unload it before ${barcode}.`,
        { context: { drive, barcode, occupant: occupant.barcode } },
      );
    const wanted = cartridges.find((cartridge) => cartridge.barcode === barcode);
    if (wanted !== undefined && wanted.drive !== null)
      throw new StorageError(
        'CHANGER_OCCUPIED',
        `Cartridge ${barcode} is in drive ${wanted.drive}; unload it there before it goes to ${drive}.`,
        { context: { drive, barcode, heldBy: wanted.drive } },
      );
    await this.#hand.insert(barcode, drive, signal);
  }

  async unload(drive: string, signal: AbortSignal): Promise<void> {
    await this.#hand.remove(drive, signal);
  }

  async provide(): Promise<void> {
    // The operator may hold any cartridge; `insert` finds out.
  }

  async eject(barcode: Barcode): Promise<void> {
    const cartridge = (await this.#hand.cartridges()).find((one) => one.barcode === barcode);
    if (cartridge === undefined)
      throw new StorageError('CHANGER_NO_CARTRIDGE', `No cartridge ${barcode} is known here.`, {
        context: { barcode },
      });
  }
}
