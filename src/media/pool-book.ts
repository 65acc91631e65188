import { StorageError } from '../base/storage-error.js';
import { DRIVE_SHARING, SCRATCH_POOL, wordOfAllocation } from '../terms/pool-policy.js';
import type { InventoryChange } from '../inventory/inventory.js';
import type { AuditRecord, PoolRecord } from '../inventory/records.js';
import type { MediaEnvironment } from './media-environment.js';
import { poolProblem } from './pool-rules.js';

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
    if (name === SCRATCH_POOL)
      throw new StorageError(
        'JOB_POOL_UNKNOWN',
        `${SCRATCH_POOL} is the reserved pool of empty volumes, from which others draw: nothing is saved to it, and it has no policy. ${outcome}`,
        { context: { pool: name } },
      );
    const names = (await this.list()).map((one) => one.name).join(', ');
    throw new StorageError(
      'JOB_POOL_UNKNOWN',
      `There is no pool ${name}. Pools here: ${names === '' ? 'none' : names}. ${outcome}`,
      { context: { pool: name } },
    );
  }

  /** PROTOCOL_BODY, JOB_POOL_EXISTS. */
  async create(who: string, pool: PoolRecord): Promise<void> {
    const { inventory, bookkeeping } = this.#environment;
    refuseProblem(pool);
    await bookkeeping.run(async () => {
      if ((await inventory.pool(pool.name)) !== null)
        throw new StorageError(
          'JOB_POOL_EXISTS',
          `There is a pool ${pool.name} already. Nothing was changed; \`tapeloom pool update\` changes it.`,
          { context: { pool: pool.name } },
        );
      await this.#commit({ pools: [pool] }, who, 'pool.create', pool.name, describe(pool));
    });
  }

  /** Streams that begin afterwards see the change; sessions keep the policy they began with. JOB_POOL_UNKNOWN, JOB_POOL_DECLARED, PROTOCOL_BODY. */
  async update(who: string, name: string, changes: Partial<PoolRecord>): Promise<void> {
    await this.#environment.bookkeeping.run(async () => {
      const pool = { ...(await this.#findOwn(name)), ...changes };
      refuseProblem(pool);
      await this.#commit({ pools: [pool] }, who, 'pool.update', name, describe(changes));
    });
  }

  /** JOB_POOL_UNKNOWN, JOB_POOL_DECLARED, JOB_POOL_IN_USE while volumes belong to it. */
  async remove(who: string, name: string): Promise<void> {
    const { inventory, bookkeeping } = this.#environment;
    await bookkeeping.run(async () => {
      await this.#findOwn(name);
      const volumes = (await inventory.volumes()).filter((volume) => volume.pool === name);
      if (volumes.length > 0)
        throw new StorageError(
          'JOB_POOL_IN_USE',
          `${String(volumes.length)} volumes belong to pool ${name}, ${volumes[0]?.barcode ?? ''} for one. Nothing was changed; label them for another pool first.`,
          { context: { pool: name, volumes: volumes.length } },
        );
      await this.#commit({ removePools: [name] }, who, 'pool.remove', name, {});
    });
  }

  /** One that an operator may change. */
  async #findOwn(name: string): Promise<PoolRecord> {
    const pool = await this.find(name, 'Nothing was changed.');
    if (!pool.declared) return pool;
    throw new StorageError(
      'JOB_POOL_DECLARED',
      `Pool ${name} stands in the configuration. Nothing was changed; change it there and start the daemon again.`,
      { context: { pool: name } },
    );
  }

  async #commit(
    change: InventoryChange,
    who: string,
    what: string,
    pool: string,
    details: AuditRecord['details'],
  ): Promise<void> {
    const { inventory, clock, logger } = this.#environment;
    await inventory.commit({
      ...change,
      audit: [{ timeMs: clock.wallMs(), who, what, barcode: null, details: { pool, ...details } }],
    });
    logger.log('info', what, `${who}: ${what.replace('.', ' ')} ${pool}.`, { who, pool, ...details });
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
    ...DRIVE_SHARING,
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

function refuseProblem(pool: PoolRecord): void {
  const wrong = poolProblem(pool);
  if (wrong === null) return;
  throw new StorageError('PROTOCOL_BODY', `The pool's ${wrong.field} ${wrong.problem}. Nothing was changed.`, {
    context: { pool: pool.name, field: wrong.field },
  });
}

/** For the audit. */
function describe({ mediaTypes, allocation, ...others }: Partial<PoolRecord>): AuditRecord['details'] {
  return {
    ...others,
    ...(mediaTypes === undefined ? {} : { mediaTypes: mediaTypes.join(' ') }),
    ...(allocation === undefined ? {} : { allocation: wordOfAllocation(allocation) }),
  };
}
