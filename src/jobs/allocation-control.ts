import type { Clock } from '../base/clock.js';
import { describeError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { SessionId } from '../terms/ids.js';
import type { Inventory } from '../inventory/inventory.js';
import type { PoolRecord } from '../inventory/records.js';
import { unknownCartridge } from '../media/cartridge-loading.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { PoolBook } from '../media/pool-book.js';
import { poolMediumProblem } from '../media/pool-media.js';
import type { VolumeSelection } from '../media/volume-selection.js';
import type { WhyView } from '../protocol/allocation-api.js';

/** What the control door asks of the choice of volumes. Failures are StorageErrors. */
export interface AllocationControl {
  /**
   * Why the cartridge would be written next, or would not, by a session that began now: for the pool, else for the one it belongs
   * to, else for every pool that takes it; for each drive that serves it. VOLUME_UNKNOWN, JOB_POOL_UNKNOWN.
   */
  why(barcode: Barcode, pool: string | null): Promise<readonly WhyView[]>;
}

/** A session that is asked about, not run: it began no volume. */
const NEW_SESSION = 'new session' as SessionId;

export class AllocationOrders implements AllocationControl {
  readonly #inventory: Inventory;
  readonly #pools: PoolBook;
  readonly #selection: VolumeSelection;
  readonly #bays: readonly DriveBay[];
  readonly #clock: Clock;

  constructor(options: {
    readonly inventory: Inventory;
    readonly pools: PoolBook;
    readonly selection: VolumeSelection;
    readonly bays: readonly DriveBay[];
    readonly clock: Clock;
  }) {
    this.#inventory = options.inventory;
    this.#pools = options.pools;
    this.#selection = options.selection;
    this.#bays = options.bays;
    this.#clock = options.clock;
  }

  async why(barcode: Barcode, pool: string | null): Promise<readonly WhyView[]> {
    const cartridge = await this.#inventory.cartridge(barcode);
    if (cartridge === null) throw unknownCartridge(barcode);
    const volume = cartridge.volumeId === null ? null : await this.#inventory.volume(cartridge.volumeId);
    const views: WhyView[] = [];
    for (const one of await this.#poolsToAsk(barcode, pool, volume?.pool ?? null))
      for (const bay of this.#bays.filter(({ kind }) => kind === one.kind))
        views.push(await this.#ask(barcode, one, bay));
    return views;
  }

  async #poolsToAsk(barcode: Barcode, named: string | null, own: string | null): Promise<readonly PoolRecord[]> {
    if (named !== null) return [await this.#pools.find(named, '')];
    const pools = await this.#pools.list();
    const ownPool = pools.filter(({ name }) => name === own);
    return ownPool.length > 0 ? ownPool : pools.filter((pool) => poolMediumProblem(pool, barcode) === null);
  }

  async #ask(barcode: Barcode, pool: PoolRecord, bay: DriveBay): Promise<WhyView> {
    const view = { pool: pool.name, drive: bay.name };
    if (bay.down !== null)
      return { ...view, action: null, rank: null, reason: `is not asked for: the drive is down (${bay.down.reason})` };
    try {
      const session = { sessionId: NEW_SESSION, startedMs: this.#clock.wallMs() };
      const { considered } = await this.#selection.explain(bay, { pool, session });
      const one = considered.find((consideration) => consideration.barcode === barcode);
      return {
        ...view,
        action: one?.action ?? null,
        rank: one?.rank ?? null,
        reason: one?.reason ?? 'has just been forgotten',
      };
    } catch (error) {
      return { ...view, action: null, rank: null, reason: `cannot be judged: ${describeError(error)}` };
    }
  }
}
