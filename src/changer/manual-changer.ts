import { SerialQueue } from '../base/serial-queue.js';
import { StorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import type { Changer, ChangerElement, ReachableCartridge } from './changer.js';
import { driveElement, noSlots } from './stand-alone-elements.js';

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

/** Its name where it is given none. */
export const STAND_ALONE_CHANGER = 'operator';

/** Stand-alone drives and an operator. What is in no drive is on the shelf. */
export class ManualChanger implements Changer {
  readonly kind = 'manual';
  readonly identity = null;
  readonly name: string;
  readonly device = '';
  readonly drives: readonly string[];
  readonly #hand: OperatorHand;
  /** One for each drive: waiting for a cartridge at one must not hold up another. */
  readonly #turns = new Map<string, SerialQueue>();

  constructor(hand: OperatorHand, drives: readonly string[], name = STAND_ALONE_CHANGER) {
    this.#hand = hand;
    this.drives = drives;
    this.name = name;
  }

  async open(): Promise<void> {
    // A person needs no opening.
  }

  async close(): Promise<void> {
    // Nor closing.
  }

  async cartridges(): Promise<readonly ReachableCartridge[]> {
    const cartridges = await this.#hand.cartridges();
    return cartridges.map(({ barcode, drive }) => ({
      barcode,
      tag: '',
      location: drive === null ? { kind: 'shelf' } : { kind: 'drive', drive },
      reachableBy: this.drives,
    }));
  }

  async elements(): Promise<readonly ChangerElement[]> {
    const cartridges = await this.#hand.cartridges();
    return this.drives.map((drive, number) =>
      driveElement(drive, number, cartridges.find((one) => one.drive === drive)?.barcode ?? null),
    );
  }

  async rescan(): Promise<void> {
    // Every call asks anew.
  }

  async load(barcode: Barcode, drive: string, signal: AbortSignal): Promise<void> {
    await this.#turnsOf(drive).run(async () => this.#load(barcode, drive, signal), signal);
  }

  async #load(barcode: Barcode, drive: string, signal: AbortSignal): Promise<void> {
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

  async unload(drive: string, signal: AbortSignal): Promise<CartridgeLocation | null> {
    return this.#turnsOf(drive).run(async () => {
      const held = (await this.#hand.cartridges()).some((one) => one.drive === drive);
      await this.#hand.remove(drive, signal);
      return held ? { kind: 'shelf' } : null;
    }, signal);
  }

  async transfer(): Promise<void> {
    throw noSlots(this.name);
  }

  async eject(barcode: Barcode): Promise<CartridgeLocation> {
    const cartridge = (await this.#hand.cartridges()).find((one) => one.barcode === barcode);
    if (cartridge === undefined)
      throw new StorageError('CHANGER_NO_CARTRIDGE', `No cartridge ${barcode} is known here.`, {
        context: { barcode },
      });
    return { kind: 'shelf' };
  }

  async lock(): Promise<void> {
    // There is no door.
  }

  async provide(): Promise<void> {
    // The operator may hold any cartridge; `insert` finds out.
  }

  #turnsOf(drive: string): SerialQueue {
    const turns = this.#turns.get(drive) ?? new SerialQueue();
    this.#turns.set(drive, turns);
    return turns;
  }
}
