import type { Changer } from '../changer/changer.js';
import type { CartridgeRecord } from '../inventory/records.js';
import type { Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import type { CartridgeRegister, MoveCause } from './cartridge-register.js';
import type { SlotElement } from './changer-choice.js';

/**
 * Moves that touch no drive, and their books. The caller has reserved the cartridge. After a failure the books say what the
 * changer says.
 */
export class CartridgeMoves {
  readonly #register: CartridgeRegister;

  constructor(register: CartridgeRegister) {
    this.#register = register;
  }

  /** From slot to slot. `barcode` null: it has none that can be read, and no books. Returns where it is now. */
  async transfer(
    changer: Changer,
    barcode: Barcode | null,
    [from, to]: readonly [SlotElement, SlotElement],
    cause: MoveCause,
    signal: AbortSignal,
  ): Promise<CartridgeLocation> {
    await this.#register.moving({ changer, barcode }, cause, async () =>
      changer.transfer({ kind: from.kind, number: from.number }, { kind: to.kind, number: to.number }, signal),
    );
    const location: CartridgeLocation = { kind: to.kind, changer: changer.name, slot: to.number };
    if (barcode !== null) await this.#register.place(barcode, location, cause);
    return location;
  }

  /** Into the operator's reach. `destination`: where a person who takes it out brings it. CHANGER_NO_FREE_SLOT. */
  async eject(
    changer: Changer,
    barcode: Barcode,
    destination: NonNullable<CartridgeRecord['destination']>,
    cause: MoveCause,
    signal: AbortSignal,
  ): Promise<CartridgeLocation> {
    const at = await this.#register.moving({ changer, barcode }, cause, async () => changer.eject(barcode, signal));
    // At hand already, where nothing has to be taken out of anything.
    const isOut = at.kind === 'shelf';
    await this.#register.place(barcode, isOut ? destination : at, cause, isOut ? null : destination);
    return isOut ? destination : at;
  }
}
