import { StorageError } from '../base/storage-error.js';
import { SCRATCH_POOL } from '../terms/pool-policy.js';
import type { PoolRecord } from '../inventory/records.js';
import type { MediaEnvironment } from './media-environment.js';

export const DAY_MS = 86_400_000;

/** The pools: those of the configuration and those made by operators, as records of the inventory. */
export class PoolBook {
  readonly #environment: MediaEnvironment;

  constructor(environment: MediaEnvironment) {
    this.#environment = environment;
  }

  /**
   * At start: puts the pools of the configuration as the file says. One that is no longer in the file goes, or stays as an
   * operator's when volumes belong to it: volumes are never without a pool. CONFIG_UNSAFE when volumes of a pool are of
   * another kind than the file says.
   */
  async declare(declared: readonly PoolRecord[]): Promise<void> {
    const { inventory, logger, bookkeeping } = this.#environment;
    await bookkeeping.run(async () => {
      const known = await inventory.pools();
      const volumes = await inventory.volumes();
      const isUsed = (name: string): boolean => volumes.some((volume) => volume.pool === name);
      const kept: PoolRecord[] = [];
      const removed: string[] = [];
      for (const pool of declared) refuseOtherKind(pool, known, isUsed(pool.name));
      for (const pool of known.filter((one) => one.declared)) {
        if (declared.some((one) => one.name === pool.name)) continue;
        const stays = isUsed(pool.name);
        if (stays) kept.push({ ...pool, declared: false });
        else removed.push(pool.name);
        logger.log(
          'warn',
          'pool.not-declared',
          `Pool ${pool.name} is no longer in the configuration. ` +
            (stays
              ? 'Volumes belong to it, so it stays as it was; `tapeloom pool update` and `pool remove` change it now.'
              : 'No volume belongs to it; it is gone.'),
          { pool: pool.name },
        );
      }
      await inventory.commit({ pools: [...declared, ...kept], removePools: removed });
    });
  }

  /** JOB_POOL_UNKNOWN; `outcome` says what was not done. */
  async find(name: string, outcome: string): Promise<PoolRecord> {
    const pool = await this.#environment.inventory.pool(name);
    if (pool !== null) return pool;
    const names = (await this.list()).map((one) => one.name).join(', ');
    throw new StorageError(
      'JOB_POOL_UNKNOWN',
      `There is no pool ${name}. Pools here: ${names === '' ? 'none' : names}. ${outcome}`,
      { context: { pool: name } },
    );
  }

  /** By name. */
  async list(): Promise<readonly PoolRecord[]> {
    return this.#environment.inventory.pools();
  }
}

/** The reserved pool, for a cartridge of this kind. */
export function scratchPool(kind: PoolRecord['kind']): PoolRecord {
  return {
    name: SCRATCH_POOL,
    kind,
    retentionDays: 0,
    mediaTypes: [],
    allocation: { kind: 'continue' },
    maxVolumes: null,
    drawsFromScratch: false,
    labelsBlank: false,
    recycles: false,
    // Its volumes are labelled again for the pool that draws them, which WORM media cannot be.
    worm: 'refused',
    encryption: false,
    declared: false,
  };
}

function refuseOtherKind(pool: PoolRecord, known: readonly PoolRecord[], isUsed: boolean): void {
  const before = known.find((one) => one.name === pool.name);
  if (before === undefined || before.kind === pool.kind || !isUsed) return;
  throw new StorageError(
    'CONFIG_UNSAFE',
    `Pool ${pool.name} is declared as of kind ${pool.kind}, but volumes of kind ${before.kind} belong to it. The daemon did not start; ` +
      'give the pool its kind back, or another name.',
    { context: { pool: pool.name, kind: pool.kind, before: before.kind } },
  );
}
