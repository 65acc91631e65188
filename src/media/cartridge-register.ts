import { StorageError, isStorageError } from '../base/storage-error.js';
import type { Changer, ReachableCartridge } from '../changer/changer.js';
import type { CartridgeRecord } from '../inventory/records.js';
import type { Barcode } from '../terms/barcode.js';
import { sameLocation, type CartridgeLocation } from '../terms/media-state.js';
import type { DriveBay } from './drive-bay.js';
import type { DriveLeases } from './drive-leases.js';
import { describePlace, problemsOf, type CartridgeProblem } from './cartridge-problems.js';
import type { MediaEnvironment } from './media-environment.js';
import { reconcile, type AskedChanger, type FoundMove, type Reconciliation } from './reconciliation.js';

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

/** What an inventory run found, and made the books say. */
export interface RegisterReport extends Reconciliation {
  /** Changers that could not be asked: of what they have, the books stay as they were. */
  readonly silent: readonly { readonly changer: string; readonly error: StorageError }[];
}

/** Where cartridges are: the changers' word, kept in the inventory so that it is known when a changer cannot be asked. */
export class CartridgeRegister {
  readonly #environment: MediaEnvironment;
  readonly #leases: DriveLeases;
  readonly #problems = new Map<string, readonly CartridgeProblem[]>();
  /** The last answer of each changer. */
  readonly #answers = new Map<string, AskedChanger>();

  constructor(environment: MediaEnvironment, leases: DriveLeases) {
    this.#environment = environment;
    this.#leases = leases;
  }

  get changers(): readonly Changer[] {
    return [...new Set(this.#leases.bays.map((bay) => bay.changer))];
  }

  /**
   * Asks changers (all of them when none are named) and brings the inventory and the drives' `loaded` in line. Sessions may be
   * at work: of a drive that is leased, of a cartridge that is reserved, and of one that was moved meanwhile, the books are
   * kept by whoever uses it.
   */
  async refresh(
    cause: MoveCause = byDaemon('found by the changer'),
    changers: readonly Changer[] = this.changers,
  ): Promise<RegisterReport> {
    const { inventory, reservations } = this.#environment;
    const isUsed = ({ barcode, location }: CartridgeRecord): boolean =>
      reservations.purposeOf(barcode) !== null || this.#isAtWork(location);
    const before = (await inventory.cartridges()).filter((record) => !isUsed(record));
    const idle = this.#leases.bays
      .filter((bay) => changers.includes(bay.changer) && !this.#leases.isLeased(bay))
      .map((bay) => ({ bay, loaded: bay.loaded }));
    const { asked, silent } = await this.#ask(changers);
    const report = reconcile(before, asked, {
      changers: this.changers.map(({ name }) => name),
      drives: this.#leases.bays.map(({ name }) => name),
    });
    const moves = await this.#commit(report.moves, cause, (record) => isUsed(record));
    await this.#identify(idle, asked);
    this.#noteProblems(asked, report, silent);
    for (const { changer, error } of silent)
      this.#environment.logger.log('warn', 'changer.silent', `Changer ${changer} cannot be asked: ${error.message}`, {
        changer,
        code: error.code,
      });
    return { ...report, moves, silent };
  }

  /** What an operator must look at, as of the last inventory runs. */
  get problems(): readonly CartridgeProblem[] {
    return [...this.#problems.values()].flat();
  }

  /**
   * Which of two cartridges with one barcode would be meant, nobody can tell: neither is used, whatever changers they are in.
   * Asks the changers only when there were two when they were asked last. CHANGER_DUPLICATE_BARCODE names both places.
   */
  async refuseDuplicate(barcode: Barcode): Promise<void> {
    if (this.#placesOf(barcode).length < 2) return;
    // One of them may have been taken out, or moved, since.
    await this.#ask(this.changers);
    const places = this.#placesOf(barcode);
    if (places.length < 2) return;
    throw new StorageError(
      'CHANGER_DUPLICATE_BARCODE',
      `Two cartridges have the barcode ${barcode}: one in ${places.join(', one in ')}. Nothing was done to either; take one of them out and put another label on it.`,
      { context: { barcode, places: places.join(', ') } },
    );
  }

  /** Barcodes in this changer that are there twice, here or in another one, with the places; as the changers said last. */
  duplicatesIn(changer: string): readonly { readonly barcode: Barcode; readonly places: readonly string[] }[] {
    const barcodes = new Set((this.#answers.get(changer)?.cartridges ?? []).map(({ barcode }) => barcode));
    return [...barcodes]
      .filter((barcode) => barcode !== null)
      .map((barcode) => ({ barcode, places: this.#placesOf(barcode) }))
      .filter(({ places }) => places.length > 1);
  }

  /** As the changers said last. */
  #placesOf(barcode: Barcode): readonly string[] {
    const places = new Set<string>();
    for (const { name, cartridges } of this.#answers.values())
      for (const one of cartridges)
        if (one.barcode === barcode && one.location.kind !== 'shelf')
          places.add(`${describePlace(one.location)} of ${name}`);
    return [...places];
  }

  #noteProblems(asked: readonly AskedChanger[], report: Reconciliation, silent: RegisterReport['silent']): void {
    for (const { changer, error } of silent)
      this.#problems.set(changer, [
        { kind: 'changer-silent', message: `Changer ${changer} cannot be asked: ${error.message}` },
      ]);
    for (const one of asked)
      this.#problems.set(
        one.name,
        problemsOf(
          one,
          report,
          this.#leases.bays.map(({ name }) => name),
        ),
      );
  }

  /**
   * After a move that failed: what the changer now says of this cartridge (null: of one without a barcode) and of this drive,
   * which the caller has to himself. A changer that cannot be asked changes nothing.
   */
  async settle(changer: Changer, cause: MoveCause, barcode: Barcode | null, bay: DriveBay | null): Promise<void> {
    const { asked } = await this.#ask([changer]);
    const [answer] = asked;
    if (answer === undefined) return;
    if (bay !== null) bay.loaded = barcodeIn(answer, bay.name);
    const record = barcode === null ? null : await this.#environment.inventory.cartridge(barcode);
    if (record === null) return;
    const { moves } = reconcile([record], [answer], { changers: [changer.name], drives: changer.drives });
    await this.#commit(
      moves.filter((move) => move.record !== null),
      cause,
      () => false,
    );
  }

  /** Runs a move; when it fails, the books are as `settle` finds things. The caller has cartridge and drive to himself. */
  async moving<T>(
    { changer, barcode, bay = null }: { changer: Changer; barcode: Barcode | null; bay?: DriveBay | null },
    { who }: MoveCause,
    move: () => Promise<T>,
  ): Promise<T> {
    try {
      return await move();
    } catch (error) {
      if (isStorageError(error))
        await this.settle(changer, { who, reason: `a move failed: ${error.code}` }, barcode, bay);
      throw error;
    }
  }

  async reachable(): Promise<readonly ReachableCartridge[]> {
    const found = await Promise.all(this.changers.map((changer) => changer.cartridges()));
    return found.flat();
  }

  /**
   * Records a move that was made. `destination`: it was ejected, and this is where a person brings it who takes it out.
   */
  async place(
    barcode: Barcode,
    location: CartridgeLocation,
    cause: MoveCause,
    destination: CartridgeRecord['destination'] = null,
  ): Promise<void> {
    const { inventory, bookkeeping } = this.#environment;
    await bookkeeping.run(async () => {
      const record = await inventory.cartridge(barcode);
      if (sameLocation(record?.location, location) && sameLocation(record?.destination, destination)) return;
      await this.#write([{ barcode, record, to: location }], cause, destination);
    });
  }

  async #ask(changers: readonly Changer[]): Promise<{ asked: AskedChanger[]; silent: RegisterReport['silent'] }> {
    const asked: AskedChanger[] = [];
    const silent: { changer: string; error: StorageError }[] = [];
    for (const changer of changers) {
      const { name, kind, drives } = changer;
      try {
        const answer = { name, kind, drives, cartridges: await changer.cartridges() };
        this.#answers.set(name, answer);
        asked.push(answer);
      } catch (error) {
        if (!isStorageError(error)) throw error;
        silent.push({ changer: name, error });
      }
    }
    return { asked, silent };
  }

  /** The moves that still are true when they are written; returns those. */
  async #commit(
    found: readonly FoundMove[],
    cause: MoveCause,
    isUsed: (record: CartridgeRecord) => boolean,
  ): Promise<readonly FoundMove[]> {
    if (found.length === 0) return [];
    const { inventory, bookkeeping, reservations } = this.#environment;
    return bookkeeping.run(async () => {
      const moves: FoundMove[] = [];
      for (const move of found) {
        const record = await inventory.cartridge(move.barcode);
        const isSame = record === null ? move.record === null : isUntouched(record, move.record);
        const isFree = record === null ? reservations.purposeOf(move.barcode) === null : !isUsed(record);
        if (isSame && isFree) moves.push({ ...move, record });
      }
      if (moves.length > 0) await this.#write(moves, cause, null);
      return moves;
    });
  }

  /** In `bookkeeping`. */
  async #write(
    moves: readonly FoundMove[],
    cause: MoveCause,
    destination: CartridgeRecord['destination'],
  ): Promise<void> {
    const timeMs = this.#environment.clock.wallMs();
    await this.#environment.inventory.commit({
      cartridges: moves.map(({ barcode, record, to }) => ({
        ...(record ?? newCartridge(barcode)),
        location: to,
        locationSinceMs: timeMs,
        destination: destination ?? (to.kind === 'import-export' ? (record?.destination ?? null) : null),
      })),
      moves: moves.map(({ barcode, record, to }) => ({
        timeMs,
        barcode,
        from: record?.location ?? null,
        to,
        ...cause,
      })),
    });
  }

  #isAtWork(location: CartridgeLocation): boolean {
    if (location.kind !== 'drive') return false;
    const bay = this.#leases.bays.find(({ name }) => name === location.drive);
    return bay !== undefined && this.#leases.isLeased(bay);
  }

  /** Which cartridge is in each drive that nobody uses; one whose barcode cannot be read is the one the books have there. */
  async #identify(
    idle: readonly { readonly bay: DriveBay; readonly loaded: Barcode | null }[],
    asked: readonly AskedChanger[],
  ): Promise<void> {
    const records = await this.#environment.inventory.cartridges();
    for (const { bay, loaded } of idle) {
      // Somebody has used it since the changers were asked, and knows better.
      if (this.#leases.isLeased(bay) || bay.loaded !== loaded) continue;
      const answer = asked.find(({ drives }) => drives.includes(bay.name));
      const booked = records.find(({ location }) => location.kind === 'drive' && location.drive === bay.name);
      bay.loaded = (answer === undefined ? null : barcodeIn(answer, bay.name)) ?? booked?.barcode ?? null;
    }
  }
}

/** It was not moved since, not even away and back. */
function isUntouched(now: CartridgeRecord, before: CartridgeRecord | null): boolean {
  return now.locationSinceMs === before?.locationSinceMs && sameLocation(now.location, before.location);
}

/** A cartridge nobody has told anything of. */
export function newCartridge(barcode: Barcode): CartridgeRecord {
  return {
    barcode,
    location: { kind: 'shelf' },
    locationSinceMs: 0,
    destination: null,
    volumeId: null,
    labelCount: 0,
    mediumSerial: null,
    cleaningUses: 0,
    condition: null,
  };
}

function barcodeIn({ cartridges }: AskedChanger, drive: string): Barcode | null {
  const held = cartridges.find(({ location }) => location.kind === 'drive' && location.drive === drive);
  return held?.barcode ?? null;
}
