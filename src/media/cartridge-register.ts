import type { Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import type { CartridgeRecord } from '../inventory/records.js';
import type { ReachableCartridge } from '../changer/changer.js';
import type { DriveBay } from './drive-bay.js';
import type { MediaEnvironment } from './media-environment.js';

/** Where cartridges are: the changer's word, kept in the inventory so that it is known when the changer cannot be asked. */
export class CartridgeRegister {
  readonly #environment: MediaEnvironment;
  readonly #bays: readonly DriveBay[];

  constructor(environment: MediaEnvironment, bays: readonly DriveBay[]) {
    this.#environment = environment;
    this.#bays = bays;
  }

  /** Enters cartridges that a changer has and the inventory does not know. Touches nothing else: sessions may be at work. */
  async discover(): Promise<void> {
    const known = new Set((await this.#environment.inventory.cartridges()).map((record) => record.barcode));
    const added = (await this.reachable())
      .filter((cartridge) => !known.has(cartridge.barcode))
      .map(({ barcode, drive }) => this.#moved(barcode, null, locationIn(drive)));
    if (added.length > 0) await this.#environment.inventory.commit({ cartridges: added });
  }

  /**
   * Asks every changer and brings the inventory and the drives' `loaded` in line; what no changer knows keeps its record, but
   * is no longer in a drive. No drive may be at work: it is run at start.
   */
  async refresh(): Promise<void> {
    const reachable = await this.reachable();
    const places = new Map(reachable.map((cartridge) => [cartridge.barcode, cartridge.drive]));
    for (const bay of this.#bays)
      bay.loaded = reachable.find((cartridge) => cartridge.drive === bay.name)?.barcode ?? null;
    const known = await this.#environment.inventory.cartridges();
    const changed: CartridgeRecord[] = [];
    for (const barcode of new Set([...places.keys(), ...known.map((record) => record.barcode)])) {
      const record = known.find((one) => one.barcode === barcode);
      const drive = places.get(barcode) ?? null;
      const location = locationIn(drive);
      const stays = drive === null && record !== undefined && record.location.kind !== 'drive';
      if (stays || sameLocation(record?.location, location)) continue;
      changed.push(this.#moved(barcode, record ?? null, location));
    }
    if (changed.length > 0) await this.#environment.inventory.commit({ cartridges: changed });
  }

  async reachable(): Promise<readonly ReachableCartridge[]> {
    const changers = new Set(this.#bays.map((bay) => bay.changer));
    const inventories = await Promise.all([...changers].map((changer) => changer.inventory()));
    return inventories.flat();
  }

  /** Records a move that was made. */
  async place(barcode: Barcode, location: CartridgeLocation): Promise<void> {
    const record = await this.#environment.inventory.cartridge(barcode);
    if (sameLocation(record?.location, location)) return;
    await this.#environment.inventory.commit({ cartridges: [this.#moved(barcode, record, location)] });
  }

  #moved(barcode: Barcode, record: CartridgeRecord | null, location: CartridgeLocation): CartridgeRecord {
    const locationSinceMs = this.#environment.clock.wallMs();
    return { ...(record ?? { barcode, volumeId: null, labelCount: 0 }), location, locationSinceMs };
  }
}

function locationIn(drive: string | null): CartridgeLocation {
  return drive === null ? { kind: 'shelf' } : { kind: 'drive', drive };
}

function sameLocation(a: CartridgeLocation | undefined, b: CartridgeLocation): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
