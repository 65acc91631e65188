import type { Barcode } from '../terms/barcode.js';
import { sameLocation, type CartridgeLocation } from '../terms/media-state.js';
import type { CartridgeRecord } from '../inventory/records.js';
import type { ReachableCartridge } from '../changer/changer.js';
import type { DriveBay } from './drive-bay.js';
import type { MediaEnvironment } from './media-environment.js';

/** Why a cartridge moved, for its history. */
export interface MoveCause {
  /** Client name, user id, or 'tapeloomd'. */
  readonly who: string;
  /** In words: 'loaded to save to pool daily'. */
  readonly reason: string;
}

/** What the daemon does or notices by itself. */
export function byDaemon(reason: string): MoveCause {
  return { who: 'tapeloomd', reason };
}

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
    const added = [...(await this.#places())].filter(([barcode]) => !known.has(barcode));
    await this.#commit(
      added.map(([barcode, location]) => moved(barcode, null, location)),
      FOUND,
    );
  }

  /**
   * Asks every changer and brings the inventory and the drives' `loaded` in line. What no changer has and the books say one
   * has is missing from there. No drive may be at work: it is run at start.
   */
  async refresh(): Promise<void> {
    const places = await this.#places();
    for (const bay of this.#bays) bay.loaded = barcodeIn(places, bay.name);
    const known = await this.#environment.inventory.cartridges();
    const moves: Move[] = [];
    for (const record of known) {
      const found = places.get(record.barcode) ?? null;
      const location = found ?? withoutChanger(record.location);
      // A person's shelf is where a stand-alone changer believes what it does not see.
      const isElsewhere = found?.kind === 'shelf' && !isInChanger(record.location);
      if (isElsewhere || sameLocation(record.location, location)) continue;
      moves.push(moved(record.barcode, record, location));
    }
    const unknown = [...places].filter(([barcode]) => !known.some((record) => record.barcode === barcode));
    await this.#commit([...moves, ...unknown.map(([barcode, location]) => moved(barcode, null, location))], FOUND);
  }

  async reachable(): Promise<readonly ReachableCartridge[]> {
    const changers = new Set(this.#bays.map((bay) => bay.changer));
    const found = await Promise.all([...changers].map((changer) => changer.cartridges()));
    return found.flat();
  }

  /** Records a move that was made. */
  async place(barcode: Barcode, location: CartridgeLocation, cause: MoveCause): Promise<void> {
    const { inventory, bookkeeping } = this.#environment;
    await bookkeeping.run(async () => {
      const record = await inventory.cartridge(barcode);
      if (sameLocation(record?.location, location)) return;
      await this.#commit([moved(barcode, record, location)], cause);
    });
  }

  async #places(): Promise<ReadonlyMap<Barcode, CartridgeLocation>> {
    const places = new Map<Barcode, CartridgeLocation>();
    for (const { barcode, location } of await this.reachable()) if (barcode !== null) places.set(barcode, location);
    return places;
  }

  async #commit(moves: readonly Move[], cause: MoveCause): Promise<void> {
    if (moves.length === 0) return;
    const nowMs = this.#environment.clock.wallMs();
    await this.#environment.inventory.commit({
      cartridges: moves.map(({ record }) => ({ ...record, locationSinceMs: nowMs })),
      moves: moves.map(({ record, from }) => ({
        timeMs: nowMs,
        barcode: record.barcode,
        from,
        to: record.location,
        ...cause,
      })),
    });
  }
}

/** The changer was asked. */
const FOUND = byDaemon('found by the changer');

interface Move {
  readonly record: CartridgeRecord;
  readonly from: CartridgeLocation | null;
}

function moved(barcode: Barcode, record: CartridgeRecord | null, location: CartridgeLocation): Move {
  return { record: { ...(record ?? newCartridge(barcode)), location }, from: record?.location ?? null };
}

/** A cartridge nobody has told anything of. */
export function newCartridge(barcode: Barcode): CartridgeRecord {
  return {
    barcode,
    location: { kind: 'shelf' },
    locationSinceMs: 0,
    volumeId: null,
    labelCount: 0,
    mediumSerial: null,
    cleaningUses: 0,
    condition: null,
  };
}

function barcodeIn(places: ReadonlyMap<Barcode, CartridgeLocation>, drive: string): Barcode | null {
  for (const [barcode, location] of places) if (location.kind === 'drive' && location.drive === drive) return barcode;
  return null;
}

function isInChanger({ kind }: CartridgeLocation): boolean {
  return kind === 'slot' || kind === 'import-export' || kind === 'transport' || kind === 'drive';
}

/** Of a cartridge that no changer has. */
function withoutChanger(location: CartridgeLocation): CartridgeLocation {
  return isInChanger(location) ? { kind: location.kind === 'drive' ? 'shelf' : 'missing' } : location;
}
