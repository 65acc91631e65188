import type { Rack } from '../../sim/rack.js';
import type { OperatorHand } from '../../src/changer/manual-changer.js';
import type { Barcode } from '../../src/terms/barcode.js';

/** An operator who is always there. Drive `tapeN` is the N-th of `drives`. */
export class WorldHand implements OperatorHand {
  readonly #rack: Rack;
  readonly #drives: readonly string[];

  constructor(rack: Rack, drives: readonly string[]) {
    this.#rack = rack;
    this.#drives = drives;
  }

  async cartridges(): Promise<readonly { readonly barcode: Barcode; readonly drive: string | null }[]> {
    return this.#rack.list().map(({ barcode, drive }) => ({
      barcode,
      drive: drive === null ? null : `tape${String(this.#drives.indexOf(drive))}`,
    }));
  }

  async insert(barcode: Barcode, drive: string): Promise<void> {
    this.#rack.insert(barcode, this.#pathOf(drive));
  }

  async remove(drive: string): Promise<void> {
    const holds = (await this.cartridges()).some((one) => one.drive === drive);
    if (holds) this.#rack.remove(this.#pathOf(drive), { force: true });
  }

  #pathOf(drive: string): string {
    const path = this.#drives[Number(drive.slice('tape'.length))];
    if (path === undefined) throw new Error(`no drive ${drive}`);
    return path;
  }
}
