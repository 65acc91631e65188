import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { Random } from '../base/random.js';
import { SerialQueue } from '../base/serial-queue.js';
import { StorageError, describeError, isStorageError } from '../base/storage-error.js';
import { DRIVE_SHARING } from '../terms/pool-policy.js';
import { makeSessionId, makeStreamId, type SessionId, type StreamId, type VolumeId } from '../terms/ids.js';
import { CATALOGUE_STREAM, OWN_CLIENT } from '../terms/own-streams.js';
import type { StreamDescriptor } from '../terms/stream-descriptor.js';
import type { Inventory } from '../inventory/inventory.js';
import type { PoolRecord } from '../inventory/records.js';
import type { WritingSession } from '../media/allocation-period.js';
import type { CartridgeLoading } from '../media/cartridge-loading.js';
import type { DriveLease, DriveLeases } from '../media/drive-leases.js';
import type { HealthWatch } from '../media/health-watch.js';
import type { OperatorRequests } from '../media/operator-requests.js';
import { DAY_MS, type PoolBook } from '../media/pool-book.js';
import type { RetentionClock } from '../media/retention-clock.js';
import type { RetentionGuard, StreamChain } from '../media/retention-guard.js';
import type { VolumeMounting } from '../media/volume-mounting.js';
import type { BlockRing } from '../transfer/block-ring.js';
import { SaveSession } from '../transfer/save-session.js';
import type { SaveStream, SaveStreamEvents } from '../transfer/save-stream.js';
import type { TransferLimits } from '../transfer/transfer-limits.js';
import type { CatalogueSnapshots } from './catalogue-snapshots.js';
import { CheckpointBooks } from './checkpoint-books.js';
import { DriveSpread } from './drive-spread.js';
import type { SaveLimits } from './save-limits.js';
import { SaveVolumes } from './save-volumes.js';
import type { SaveRequest } from './stream-service.js';

export interface SaveServiceOptions {
  readonly inventory: Inventory;
  readonly leases: DriveLeases;
  readonly mounting: VolumeMounting;
  readonly loading: CartridgeLoading;
  readonly requests: OperatorRequests;
  readonly health: HealthWatch;
  readonly ring: BlockRing;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly pools: PoolBook;
  readonly bookkeeping: SerialQueue;
  readonly guard: RetentionGuard;
  readonly retentionClock: RetentionClock;
  readonly limits: TransferLimits;
  readonly saveLimits: SaveLimits;
  /** Catalogues on the media; null: none are written. */
  readonly snapshots: CatalogueSnapshots | null;
}

/** A session and the drive it has, once it has one. */
export interface RunningSave {
  readonly sessionId: SessionId;
  /** As it was when the session began: it keeps this policy to its end. */
  readonly pool: PoolRecord;
  readonly startedMs: number;
  readonly session: SaveSession;
  readonly volumes: SaveVolumes;
}

/**
 * Brings streams to save sessions. A session has one drive and weaves the streams it has onto one volume after the other; a pool has as
 * many sessions at once as it may have drives (`maxDrives`).
 */
export class SaveService {
  readonly #options: SaveServiceOptions;
  readonly #books: CheckpointBooks;
  readonly #running = new Map<SessionId, RunningSave>();
  readonly #stopping = new AbortController();
  readonly #driveSpread: DriveSpread;
  /** Streams of pools with several drives, one after another, so that each sees where those before it went. */
  readonly #spreading = new SerialQueue();
  #idle: Promise<unknown> = Promise.resolve();

  constructor(options: SaveServiceOptions) {
    this.#options = options;
    this.#books = new CheckpointBooks(options.inventory, options.clock, options.bookkeeping);
    this.#driveSpread = new DriveSpread(options);
  }

  get running(): readonly RunningSave[] {
    return [...this.#running.values()];
  }

  /** Settles what the daemon's last end left; before the first stream. */
  async recover(): Promise<void> {
    const abandoned = await this.#books.settleAfterCrash();
    if (abandoned > 0)
      this.#options.logger.log(
        'warn',
        'recovery.streams-incomplete',
        `${String(abandoned)} streams were being written when the daemon last ended; they are kept as incomplete.`,
        { streams: abandoned },
      );
  }

  async openStream(client: string, request: SaveRequest, events: SaveStreamEvents): Promise<SaveStream> {
    this.#refuseWhenStopping();
    const pool = await this.#options.pools.find(request.pool, 'Nothing was saved.');
    const descriptor = this.#describe(client, request, pool);
    await this.#enter(descriptor);
    try {
      this.#refuseWhenStopping();
      if (pool.maxDrives === 1) return this.#join(pool, descriptor, events);
      return await this.#spreading.run(async () => this.#spread(pool, descriptor, events));
    } catch (error) {
      await this.#books.giveUp(descriptor.streamId, describeError(error));
      throw error;
    }
  }

  /** Checkpoints everything in hand; open streams fail with JOB_SHUTTING_DOWN after they were told how far they are durable. */
  async stop(): Promise<void> {
    this.#stopping.abort(shuttingDown());
    await Promise.all(this.running.map(async ({ session }) => session.stop()));
    await this.#idle;
    await this.#options.snapshots?.settled();
  }

  /** Into a session of the pool that goes on, or a new one. */
  #join(pool: PoolRecord, descriptor: StreamDescriptor, events: SaveStreamEvents): SaveStream {
    this.#refuseWhenStopping();
    const [least] = this.#sessionsOf(pool).sort((a, b) => a.session.streamCount - b.session.streamCount);
    const running = least ?? this.#begin(pool, this.#nameSession(), null);
    return running.session.openStream(descriptor, events);
  }

  /** The same, or onto a drive of its own when the pool may have one more and the others are busy enough. */
  async #spread(pool: PoolRecord, descriptor: StreamDescriptor, events: SaveStreamEvents): Promise<SaveStream> {
    this.#refuseWhenStopping();
    const session = this.#nameSession();
    const beside = this.#sessionsOf(pool).map((one) => ({
      streams: one.session.streamCount,
      isMounting: one.volumes.isMounting,
    }));
    const lease = await this.#driveSpread.find({ pool, session }, beside);
    if (lease === null) return this.#join(pool, descriptor, events);
    if (this.#stopping.signal.aborted) lease.release();
    this.#refuseWhenStopping();
    let running: RunningSave;
    try {
      running = this.#begin(pool, session, lease);
    } catch (error) {
      lease.release();
      if (!isStorageError(error, 'JOB_LIMIT')) throw error;
      return this.#join(pool, descriptor, events);
    }
    return running.session.openStream(descriptor, events);
  }

  #refuseWhenStopping(): void {
    if (this.#stopping.signal.aborted) throw shuttingDown();
  }

  #describe(client: string, request: SaveRequest, pool: PoolRecord): StreamDescriptor {
    const { clock, random, retentionClock } = this.#options;
    refuseWrongLevel(request);
    const nowMs = clock.wallMs();
    const { name, level, basedOn, timeMs, attributes } = request;
    return {
      streamId: makeStreamId(nowMs, random),
      client,
      name,
      pool: pool.name,
      level,
      basedOn,
      timeMs,
      retentionEndMs: retentionClock.latestMs + Math.round((request.retentionDays ?? pool.retentionDays) * DAY_MS),
      attributes: { ...attributes },
    };
  }

  /** An incremental begins only while all it is based on is there, and from then on keeps it. */
  async #enter(descriptor: StreamDescriptor): Promise<void> {
    const { client, basedOn } = descriptor;
    if (basedOn === null) {
      await this.#books.begin(descriptor);
      return;
    }
    try {
      await this.#options.guard.whileDepending(basedOn, async (chain) => {
        if (!isWholeChain(chain) || chain[0].descriptor.client !== client) throw wrongBase(client, basedOn);
        await this.#books.begin(descriptor);
      });
    } catch (error) {
      throw isStorageError(error, 'JOB_STREAM_UNKNOWN') ? wrongBase(client, basedOn, error) : error;
    }
  }

  /**
   * Those a stream may join: the pool's, unless its policy was changed since they began, or somebody else waits for their drive: then a
   * new one, which waits behind them, so that an endless row of streams cannot keep a restore from the drive.
   */
  #sessionsOf(pool: PoolRecord): RunningSave[] {
    return this.running.filter(
      (one) => samePolicy(one.pool, pool) && one.session.acceptsStreams && !one.volumes.isContended,
    );
  }

  #nameSession(): WritingSession {
    const startedMs = this.#options.clock.wallMs();
    return { sessionId: makeSessionId(startedMs, this.#options.random), startedMs };
  }

  /** A new session, on this drive if one is given. */
  #begin(pool: PoolRecord, { sessionId, startedMs }: WritingSession, lease: DriveLease | null): RunningSave {
    const volumes = new SaveVolumes({
      ...this.#options,
      pool,
      session: { sessionId, startedMs },
      lease,
      limits: this.#options.saveLimits,
      signal: this.#stopping.signal,
      onOpened: (volumeId) => {
        this.#lookForSnapshot(running, volumeId);
      },
    });
    const session = this.#makeSession(sessionId, volumes, (volumeId) => {
      this.#lookForSnapshot(running, volumeId);
    });
    const running: RunningSave = { sessionId, pool, startedMs, session, volumes };
    this.#running.set(sessionId, running);
    this.#idle = Promise.all([this.#idle, this.#runToEnd(running)]);
    return running;
  }

  /** JOB_LIMIT when the ring has no blocks left for another session. */
  #makeSession(sessionId: SessionId, volumes: SaveVolumes, onCheckpoint: (volumeId: VolumeId) => void): SaveSession {
    const { clock, ring, logger, limits } = this.#options;
    return new SaveSession({
      sessionId,
      ring,
      clock,
      logger,
      limits,
      supply: volumes,
      commit: async (checkpoint) => {
        await this.#books.commit(checkpoint);
        if (checkpoint.closed === null) onCheckpoint(checkpoint.volumeId);
      },
      giveUp: async (streamId, reason) => this.#books.giveUp(streamId, reason),
      onVolumeError: async (volumeId, error) => {
        volumes.noteWriteError(error);
        await this.#books.noteVolumeError(volumeId, error);
        if (volumes.bay !== null) await this.#options.health.failed(volumes.bay, volumes.barcode, 'write-error', error);
      },
    });
  }

  #lookForSnapshot(running: RunningSave, volumeId: VolumeId): void {
    const open = async (events: SaveStreamEvents): Promise<SaveStream> => this.#openOwn(running, events);
    this.#options.snapshots?.look({ pool: running.pool.name, volumeId, open });
  }

  /** A catalogue's stream, on a session that is at work. It keeps no volume from being used again. */
  async #openOwn({ session, pool }: RunningSave, events: SaveStreamEvents): Promise<SaveStream> {
    const { clock } = this.#options;
    const request: SaveRequest = {
      name: CATALOGUE_STREAM,
      pool: pool.name,
      level: 'full',
      basedOn: null,
      timeMs: clock.wallMs(),
      retentionDays: 0,
      attributes: {},
    };
    const descriptor = this.#describe(OWN_CLIENT, request, pool);
    await this.#books.begin(descriptor);
    try {
      this.#refuseWhenStopping();
      if (session.acceptsStreams) return session.openStream(descriptor, events);
      throw new StorageError('JOB_LIMIT', 'The session is about to end.');
    } catch (error) {
      await this.#books.giveUp(descriptor.streamId, describeError(error));
      throw error;
    }
  }

  async #runToEnd(running: RunningSave): Promise<void> {
    const { logger } = this.#options;
    const { sessionId, pool, volumes } = running;
    let isTrusted = false;
    try {
      await running.session.done;
      isTrusted = true;
    } catch (error) {
      // The streams were told; the volume was marked when it failed.
      logger.log('error', 'session.failed', `A save session of pool ${pool.name} failed: ${describeError(error)}`, {
        session: sessionId,
        drive: volumes.bay?.name,
        code: isStorageError(error) ? error.code : null,
      });
    } finally {
      this.#running.delete(sessionId);
      await volumes.close(isTrusted);
    }
  }
}

/** A full stands alone; the others are worth nothing without a whole stream of the same client to build on. */
function refuseWrongLevel({ level, basedOn }: SaveRequest): void {
  if ((level === 'full') === (basedOn === null)) return;
  throw new StorageError(
    'PROTOCOL_BODY',
    level === 'full'
      ? 'A full backup is based on nothing. Nothing was saved.'
      : `A backup of level ${level} names the stream it is based on. Nothing was saved.`,
    { context: { level } },
  );
}

function isWholeChain(chain: StreamChain): boolean {
  return chain.every((stream) => stream.state === 'complete') && chain.at(-1)?.descriptor.basedOn === null;
}

function wrongBase(client: string, basedOn: StreamId, cause?: unknown): StorageError {
  return new StorageError(
    'JOB_BASE_UNKNOWN',
    `Stream ${basedOn}, on which this one would be based, is not a complete stream of ${client} with all that it is based on. ` +
      'Nothing was saved; make a full backup.',
    { context: { basedOn }, cause },
  );
}

/** What a session depends on is the same; the retention is each stream's own, and how many drives there are is not a session's. */
function samePolicy(a: PoolRecord, b: PoolRecord): boolean {
  const others = { retentionDays: 0, ...DRIVE_SHARING };
  return isDeepStrictEqual({ ...a, ...others }, { ...b, ...others });
}

function shuttingDown(): StorageError {
  return new StorageError(
    'JOB_SHUTTING_DOWN',
    'The daemon is stopping. What was acknowledged as durable is safe; the stream is kept as incomplete. Send it again when the daemon is back.',
  );
}
