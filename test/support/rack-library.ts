import type { Rack } from '../../sim/rack.js';
import type { Clock } from '../../src/base/clock.js';
import { SerialQueue } from '../../src/base/serial-queue.js';
import { StorageError } from '../../src/base/storage-error.js';
import type { Changer, ChangerElement, ReachableCartridge } from '../../src/changer/changer.js';
import type { Barcode } from '../../src/terms/barcode.js';
import type { CartridgeLocation } from '../../src/terms/media-state.js';

/** Moves and looks that a test may have fail, by what is asked: `load TPL001L8`, `unload tape0`, `cartridges`. */
export type LibraryFault = (what: string) => StorageError | null;

/** A robot over a simulated rack: every cartridge has a slot of its own, and a move takes its time. */
export class RackLibrary implements Changer {
  readonly kind = 'scsi';
  readonly name = 'library';
  readonly device = '/dev/sg9';
  readonly identity = null;
  readonly drives: readonly string[];
  /** What was moved, in order. */
  readonly moves: string[] = [];
  fault: LibraryFault = () => null;
  /** Taken out by hand. */
  readonly absent = new Set<Barcode>();
  readonly #rack: Rack;
  readonly #clock: Clock;
  readonly #moveMs: number;
  readonly #robot = new SerialQueue();
  readonly #slots: Barcode[] = [];
  #answers: Promise<void> = Promise.resolve();

  /** Drive `tapeN` is `/dev/nstN`. */
  constructor(rack: Rack, drives: readonly string[], clock: Clock, moveMs: number) {
    this.#rack = rack;
    this.#clock = clock;
    this.#moveMs = moveMs;
    this.drives = drives;
  }

  async open(): Promise<void> {
    // It is there.
  }
  async close(): Promise<void> {
    // It stays.
  }

  /** Looks are not answered from now on, until `end`. */
  mute(): { readonly end: () => void } {
    let end = (): void => undefined;
    this.#answers = new Promise((resolve) => {
      end = resolve;
    });
    return { end };
  }

  async cartridges(): Promise<readonly ReachableCartridge[]> {
    await this.#answers;
    this.#mayFail('cartridges');
    const present = this.#rack.list().filter(({ barcode }) => !this.absent.has(barcode));
    return present.map(({ barcode, drive }) => ({
      barcode,
      tag: '',
      location: drive === null ? this.#slotOf(barcode) : { kind: 'drive', drive: nameOf(drive) },
      reachableBy: this.drives,
    }));
  }

  async elements(): Promise<readonly ChangerElement[]> {
    return [];
  }
  async rescan(): Promise<void> {
    // It looks each time.
  }

  async load(barcode: Barcode, drive: string, signal: AbortSignal): Promise<void> {
    await this.#move(`load ${barcode}`, `${barcode} to ${drive}`, signal, () => {
      const found = this.#rack.list().find((one) => one.barcode === barcode);
      if (found === undefined) throw new StorageError('CHANGER_NO_CARTRIDGE', `There is no cartridge ${barcode}.`);
      if (found.drive === pathOf(drive)) return;
      if (found.drive !== null) throw new StorageError('CHANGER_OCCUPIED', `${barcode} is in another drive.`);
      this.#rack.insert(barcode, pathOf(drive));
    });
  }

  async unload(drive: string, signal: AbortSignal): Promise<CartridgeLocation | null> {
    let location: CartridgeLocation | null = null;
    await this.#move(`unload ${drive}`, `${drive} emptied`, signal, () => {
      const held = this.#rack.list().find((one) => one.drive === pathOf(drive));
      if (held === undefined) return;
      this.#rack.remove(pathOf(drive));
      location = this.#slotOf(held.barcode);
    });
    return location;
  }

  async transfer(): Promise<void> {
    throw new Error('no test asks for that');
  }
  async eject(): Promise<CartridgeLocation> {
    throw new Error('no test asks for that');
  }
  async lock(): Promise<void> {
    // There is no door.
  }
  async provide(): Promise<void> {
    // Cartridges do not grow.
  }

  async #move(fault: string, what: string, signal: AbortSignal, move: () => void): Promise<void> {
    await this.#robot.run(async () => {
      signal.throwIfAborted();
      await this.#clock.sleep(this.#moveMs);
      this.#mayFail(fault);
      move();
      this.moves.push(what);
    });
  }

  #mayFail(what: string): void {
    const error = this.fault(what);
    if (error !== null) throw error;
  }

  #slotOf(barcode: Barcode): CartridgeLocation {
    if (!this.#slots.includes(barcode)) this.#slots.push(barcode);
    return { kind: 'slot', changer: this.name, slot: 1 + this.#slots.indexOf(barcode) };
  }
}

function pathOf(drive: string): string {
  return drive.replace('tape', '/dev/nst');
}

function nameOf(path: string): string {
  return path.replace('/dev/nst', 'tape');
}
