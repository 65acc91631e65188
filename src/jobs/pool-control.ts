import type { Inventory } from '../inventory/inventory.js';
import type { PoolRecord, VolumeRecord } from '../inventory/records.js';
import { scratchPool, type PoolBook } from '../media/pool-book.js';
import type { Protection } from '../media/protection.js';
import type { RetentionGuard } from '../media/retention-guard.js';
import type { PoolCreate, PoolUpdate, PoolView } from '../protocol/pool-api.js';
import { DRIVE_SHARING, SCRATCH_POOL, allocationOfWord, wordOfAllocation } from '../terms/pool-policy.js';
import type { VolumeState } from '../terms/media-state.js';

/** What the control door asks of the pools. Failures are StorageErrors. */
export interface PoolControl {
  /** With the reserved one, last. */
  pools(): Promise<readonly PoolView[]>;
  /** JOB_POOL_UNKNOWN */
  pool(name: string): Promise<PoolView>;
  /** JOB_POOL_EXISTS, PROTOCOL_BODY. */
  create(who: string, request: PoolCreate): Promise<PoolView>;
  /** JOB_POOL_UNKNOWN, JOB_POOL_DECLARED, PROTOCOL_BODY. */
  update(who: string, name: string, request: PoolUpdate): Promise<PoolView>;
  /** JOB_POOL_UNKNOWN, JOB_POOL_DECLARED, JOB_POOL_IN_USE. */
  remove(who: string, name: string): Promise<void>;
}

/** Operators' orders about pools. */
export class PoolOrders implements PoolControl {
  readonly #pools: PoolBook;
  readonly #inventory: Inventory;
  readonly #guard: RetentionGuard;

  constructor(options: { readonly pools: PoolBook; readonly inventory: Inventory; readonly guard: RetentionGuard }) {
    this.#pools = options.pools;
    this.#inventory = options.inventory;
    this.#guard = options.guard;
  }

  async pools(): Promise<readonly PoolView[]> {
    const volumes = await this.#inventory.volumes();
    const protection = await this.#guard.protection();
    return [...(await this.#pools.list()), scratchPool('tape')].map((pool) => viewPool(pool, volumes, protection));
  }

  async pool(name: string): Promise<PoolView> {
    const pool = name === SCRATCH_POOL ? scratchPool('tape') : await this.#pools.find(name, '');
    return viewPool(pool, await this.#inventory.volumes(), await this.#guard.protection());
  }

  async create(who: string, { name, kind, ...request }: PoolCreate): Promise<PoolView> {
    await this.#pools.create(who, { ...NEW_POOL, ...changesOf(request), name, kind });
    return this.pool(name);
  }

  async update(who: string, name: string, request: PoolUpdate): Promise<PoolView> {
    await this.#pools.update(who, name, changesOf(request));
    return this.pool(name);
  }

  async remove(who: string, name: string): Promise<void> {
    await this.#pools.remove(who, name);
  }
}

/** What is not said of a new pool: as in the configuration. */
const NEW_POOL: Omit<PoolRecord, 'name' | 'kind'> = {
  retentionDays: 30,
  mediaTypes: [],
  allocation: { kind: 'continue' },
  maxVolumes: null,
  ...DRIVE_SHARING,
  drawsFromScratch: true,
  labelsBlank: false,
  recycles: true,
  worm: 'refused',
  encryption: false,
  declared: false,
};

/** Only what was said. */
function changesOf({ allocation, ...request }: PoolUpdate): Partial<PoolRecord> {
  const said = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  return { ...said, ...(allocation === undefined ? {} : { allocation: allocationOfWord(allocation) }) };
}

function viewPool(pool: PoolRecord, all: readonly VolumeRecord[], protection: Protection): PoolView {
  const volumes = all.filter((volume) => volume.pool === pool.name);
  const counts: Partial<Record<VolumeState, number>> = {};
  for (const { state } of volumes) counts[state] = (counts[state] ?? 0) + 1;
  const { declared, mediaTypes, allocation, ...policy } = pool;
  const isReserved = pool.name === SCRATCH_POOL;
  return {
    ...policy,
    kind: isReserved ? 'any' : pool.kind,
    mediaTypes: [...mediaTypes],
    allocation: wordOfAllocation(allocation),
    origin: isReserved ? 'reserved' : declared ? 'configuration' : 'operator',
    volumes: counts,
    expiredVolumes: volumes.filter(({ volumeId, blocks }) => blocks > 0 && protection.reasonsFor(volumeId).length === 0)
      .length,
    bytes: volumes.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
