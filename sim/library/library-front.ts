import type { Rack } from '../rack.js';
import { RackError } from '../rack.js';
import type { SimElement } from './library-shape.js';
import type { Library, Occupant } from './library.js';

/**
 * The front of a library, and the operator before it: the door, the import/export slots, the robot's hand when it needs
 * help. What no hand can do is refused with RackError, and nothing was done.
 */
export class LibraryFront {
  readonly #library: Library;
  readonly #rack: Rack;

  constructor(library: Library, rack: Rack) {
    this.#library = library;
    this.#rack = rack;
  }

  open(): void {
    const { panel, isPrevented } = this.#library.view();
    if (panel.doorOpen) throw new RackError('The door is open already.');
    if (isPrevented) throw new RackError('The host has locked the door.');
    this.#library.openDoor();
  }

  close(): void {
    if (!this.#library.view().panel.doorOpen) throw new RackError('The door is closed already.');
    this.#library.changePanel(() => ({ doorOpen: false }));
  }

  /** The robot cannot move until it is freed. */
  jam(): void {
    this.#library.changePanel(({ jams }) => ({ jammed: true, jams: jams + 1 }));
  }

  unjam(): void {
    if (!this.#library.view().panel.jammed) throw new RackError('The robot is not jammed.');
    this.#library.changePanel(() => ({ jammed: false }));
  }

  /** Puts a cartridge of the rack into an import/export slot, or, opening the door for it, into a storage slot or an idle drive. */
  put(barcode: string, element: SimElement): void {
    const cartridge = this.#inRack(barcode);
    const occupant = this.#library.view().contents.get(element.address);
    if (occupant !== undefined) throw new RackError(`There is already cartridge ${occupant.cartridge}.`);
    if (element.kind === 'transport') throw new RackError("Nobody puts a cartridge into the robot's hand.");
    this.#reachInto(element, () => {
      if (!this.#library.putIn(cartridge, element.address)) throw new RackError('Something else is there now.');
    });
  }

  /** Takes out what is in an element and returns which cartridge it is. */
  take(element: SimElement): string {
    const occupant = this.#library.view().contents.get(element.address);
    if (occupant === undefined) throw new RackError('There is no cartridge.');
    if (element.kind === 'drive' && this.#library.isHeldByDrive(element))
      throw new RackError(`The drive does not let go of cartridge ${occupant.cartridge}; unload it first.`);
    let taken = occupant.cartridge;
    this.#reachInto(element, () => {
      const cartridge = this.#library.takeOut(element.address);
      if (cartridge === null) throw new RackError(`Cartridge ${occupant.cartridge} is not there any more.`);
      taken = cartridge;
    });
    return taken;
  }

  firstEmptyMailslot(): SimElement {
    const { contents } = this.#library.view();
    const empty = this.#library.shape.of('mailslot').find(({ address }) => !contents.has(address));
    if (empty === undefined) throw new RackError('Every import/export slot is full.');
    return empty;
  }

  /** Where a cartridge is; null when it is in the rack. */
  find(barcode: string): SimElement | null {
    const address = this.#library.placeOf(barcode);
    return address === null ? null : this.#library.shape.at(address);
  }

  contents(): ReadonlyMap<number, Occupant> {
    return this.#library.view().contents;
  }

  #inRack(barcode: string): string {
    const cartridge = this.#rack.find(barcode);
    const element = this.find(cartridge.barcode);
    if (element !== null) throw new RackError(`Cartridge ${cartridge.barcode} is in the library already.`);
    return cartridge.barcode;
  }

  /** An import/export slot is opened and closed, for anything else the door. */
  #reachInto({ kind }: SimElement, act: () => void): void {
    if (this.#library.view().panel.doorOpen) {
      act();
      return;
    }
    if (kind === 'mailslot') {
      if (this.#library.view().isPrevented) throw new RackError('The host has locked the import/export slots.');
      act();
      this.#library.changePanel(({ mailslotUses }) => ({ mailslotUses: mailslotUses + 1 }));
      return;
    }
    this.open();
    try {
      act();
    } finally {
      this.close();
    }
  }
}
