import { StorageError, describeError } from '../src/base/storage-error.js';
import type { OperatorHand } from '../src/changer/manual-changer.js';
import type { Barcode } from '../src/terms/barcode.js';
import type { Library } from './library/library.js';
import { RackError, type Rack } from './rack.js';

/** The operator of stand-alone drives beside a simulated rack: always there, and never takes the wrong cartridge. */
export class SimulatedHand implements OperatorHand {
  readonly #rack: Rack;
  readonly #paths: ReadonlyMap<string, string>;
  readonly #library: Library | null;

  /** `paths`: the devices of the drives by name. What is in the library is out of reach. */
  constructor(rack: Rack, paths: ReadonlyMap<string, string>, library: Library | null) {
    this.#rack = rack;
    this.#paths = paths;
    this.#library = library;
  }

  async cartridges(): Promise<readonly { readonly barcode: Barcode; readonly drive: string | null }[]> {
    const names = new Map([...this.#paths].map(([name, path]) => [path, name]));
    return this.#rack
      .list()
      .filter(({ barcode }) => (this.#library?.placeOf(barcode) ?? null) === null)
      .map(({ barcode, drive }) => ({ barcode, drive: drive === null ? null : (names.get(drive) ?? null) }));
  }

  async insert(barcode: Barcode, drive: string): Promise<void> {
    try {
      this.#rack.insert(barcode, this.#pathOf(drive));
    } catch (error) {
      throw asMoveFailure(error, barcode, drive);
    }
  }

  async remove(drive: string): Promise<void> {
    const holds = (await this.cartridges()).some((one) => one.drive === drive);
    if (!holds) return;
    try {
      this.#rack.remove(this.#pathOf(drive));
    } catch (error) {
      throw asMoveFailure(error, null, drive);
    }
  }

  #pathOf(drive: string): string {
    const path = this.#paths.get(drive);
    if (path === undefined) throw new RackError(`There is no drive ${drive}.`);
    return path;
  }
}

function asMoveFailure(error: unknown, barcode: Barcode | null, drive: string): unknown {
  if (!(error instanceof RackError)) return error;
  const missing = error.message.includes('There is no cartridge');
  return new StorageError(missing ? 'CHANGER_NO_CARTRIDGE' : 'CHANGER_MOVE_FAILED', describeError(error), {
    cause: error,
    context: { barcode, drive },
  });
}
