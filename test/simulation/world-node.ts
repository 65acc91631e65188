import type { Clock } from '../../src/base/clock.js';
import { crc32c } from '../../src/base/crc32c.js';
import type { Logger } from '../../src/base/logger.js';
import type { Random } from '../../src/base/random.js';
import { SerialQueue } from '../../src/base/serial-queue.js';
import { ManualChanger, type OperatorHand } from '../../src/changer/manual-changer.js';
import type { SyscallPort } from '../../src/device/syscall-port.js';
import { BlockSealer } from '../../src/drive/block-sealer.js';
import {
  DriveExecutor,
  type DriveCommandArguments,
  type DriveCommandName,
  type DriveCommandResult,
} from '../../src/drive/drive-executor.js';
import { DriveThreadFacade } from '../../src/drive/drive-thread-facade.js';
import type { DriveSeconds, RingMemory } from '../../src/drive/drive-thread.js';
import { StDrive } from '../../src/drive/st-drive.js';
import type { InventoryStore } from '../../src/inventory/inventory-store.js';
import { StoredInventory } from '../../src/inventory/stored-inventory.js';
import type { ExtentRecord, PoolRecord, StreamRecord } from '../../src/inventory/records.js';
import { RestoreService } from '../../src/jobs/restore-service.js';
import { SAVE_LIMITS } from '../../src/jobs/save-limits.js';
import { SaveService } from '../../src/jobs/save-service.js';
import { CartridgeLoading } from '../../src/media/cartridge-loading.js';
import { CartridgeRegister } from '../../src/media/cartridge-register.js';
import { CartridgeReservations } from '../../src/media/cartridge-reservations.js';
import { DriveBay } from '../../src/media/drive-bay.js';
import { DriveBook } from '../../src/media/drive-book.js';
import { DriveLeases } from '../../src/media/drive-leases.js';
import { Erasing } from '../../src/media/erasing.js';
import { HealthBook } from '../../src/media/health-book.js';
import { Labelling } from '../../src/media/labelling.js';
import type { MediaEnvironment } from '../../src/media/media-environment.js';
import { OperatorRequests } from '../../src/media/operator-requests.js';
import { MediaStates } from '../../src/media/media-states.js';
import { PoolBook } from '../../src/media/pool-book.js';
import { RetentionClock } from '../../src/media/retention-clock.js';
import { RetentionGuard } from '../../src/media/retention-guard.js';
import { StreamHolds } from '../../src/media/stream-holds.js';
import { VolumeMounting } from '../../src/media/volume-mounting.js';
import { VolumeSelection } from '../../src/media/volume-selection.js';
import type { Barcode } from '../../src/terms/barcode.js';
import type { StreamId, VolumeId } from '../../src/terms/ids.js';
import { BlockRing } from '../../src/transfer/block-ring.js';
import { RestorePass, type RestorePassOptions } from '../../src/transfer/restore-pass.js';
import { RestoreStreamState } from '../../src/transfer/restore-stream-state.js';
import type { RestoreReceiver } from '../../src/transfer/restore-stream.js';
import type { TransferLimits } from '../../src/transfer/transfer-limits.js';
import { BLOCK_SEAL } from '../../src/volume/block-header.js';
import { VOLUME_LIMITS } from '../../src/volume/volume-limits.js';
import { poolRecord } from '../support/inventory-samples.js';
import { VirtualBlockingClock } from '../support/st-drive-fixture.js';
import type { Life } from './life.js';

export interface WorldNodeOptions {
  readonly life: Life;
  readonly store: InventoryStore;
  /** Of this life. */
  readonly port: SyscallPort;
  /** Device paths. */
  readonly drives: readonly string[];
  readonly hand: OperatorHand;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: TransferLimits;
  readonly slotBytes: number;
  readonly pool: PoolRecord;
}

/** Nobody comes to help, and a world has other things to show than how long a day is. */
const WORLD_SAVE_LIMITS = { ...SAVE_LIMITS, operatorWaitMs: 60_000 };

export const WORLD_POOL: PoolRecord = poolRecord('default');

/** The daemon without its doors, on a world's drives and store: the same parts, put together as `open-node` does. */
export class WorldNode {
  readonly inventory: StoredInventory;
  readonly ring: BlockRing;
  readonly bays: readonly DriveBay[];
  readonly saves: SaveService;
  readonly restores: RestoreService;
  readonly leases: DriveLeases;
  readonly #labelling: Labelling;
  readonly #erasing: Erasing;
  readonly #holds: StreamHolds;
  readonly #driveBook: DriveBook;
  readonly pools: PoolBook;
  readonly states: MediaStates;
  readonly #pool: PoolRecord;
  readonly #retentionClock: RetentionClock;
  readonly #register: CartridgeRegister;
  readonly #mounting: VolumeMounting;
  readonly #pass: Pick<RestorePassOptions, 'clock' | 'logger' | 'limits'>;
  readonly #signal = new AbortController().signal;

  constructor(options: WorldNodeOptions) {
    const { life, store, clock: worldClock, random, logger, limits, slotBytes, hand } = options;
    const clock: Clock = {
      wallMs: () => worldClock.wallMs(),
      monotonicMs: () => worldClock.monotonicMs(),
      sleep: async (ms, signal) => life.sleep(worldClock.sleep(ms, signal)),
    };
    this.inventory = new StoredInventory(store);
    this.ring = new BlockRing(slotBytes, limits);
    const names = options.drives.map((_, number) => `tape${String(number)}`);
    const changer = new ManualChanger(hand, names);
    this.bays = options.drives.map((device, number) => {
      const thread = new WorldDriveThread(life, options.port, device, this.ring.memory);
      return new DriveBay({ number, name: names[number] ?? '', kind: 'tape', device, thread, changer });
    });
    const base: Omit<MediaEnvironment, 'health'> = {
      inventory: this.inventory,
      bookkeeping: new SerialQueue(),
      reservations: new CartridgeReservations(),
      clock,
      random,
      logger,
      slots: this.ring,
      node: 'world',
      software: 'tapeloom world',
      // The label's least; blocks may be shorter.
      blockSizeBytes: VOLUME_LIMITS.minBlockSizeBytes,
      timeZone: 'UTC',
    };
    this.leases = new DriveLeases(this.bays);
    this.#driveBook = new DriveBook(base, this.leases);
    const requests = new OperatorRequests(clock, logger);
    const health = new HealthBook(base, { driveBook: this.#driveBook, requests });
    const environment: MediaEnvironment = { ...base, health };
    this.#register = new CartridgeRegister(environment, this.leases);
    const loading = new CartridgeLoading(environment, this.#register);
    this.pools = new PoolBook(environment);
    this.states = new MediaStates(environment);
    this.#pool = options.pool;
    this.#pass = { clock, logger, limits };
    this.#retentionClock = new RetentionClock(environment);
    const guard = new RetentionGuard(environment, this.#retentionClock);
    this.#labelling = new Labelling(environment, loading, guard);
    this.#erasing = new Erasing(environment, loading, guard);
    this.#holds = new StreamHolds(environment, guard);
    const selection = new VolumeSelection(environment, guard);
    const mounting = new VolumeMounting(environment, { loading, labelling: this.#labelling, selection });
    this.#mounting = mounting;
    const { inventory, ring, leases } = this;
    this.saves = new SaveService({
      inventory,
      leases,
      mounting,
      loading,
      requests,
      health,
      ring,
      clock,
      random,
      logger,
      pools: this.pools,
      bookkeeping: environment.bookkeeping,
      guard,
      retentionClock: this.#retentionClock,
      limits,
      saveLimits: WORLD_SAVE_LIMITS,
      snapshots: null,
    });
    this.restores = new RestoreService({
      inventory,
      reservations: environment.reservations,
      register: this.#register,
      leases,
      mounting,
      health,
      ring,
      clock,
      random,
      logger,
      limits,
      mayRestore: () => true,
    });
  }

  /** As at the start of the daemon. */
  async open(): Promise<void> {
    await this.inventory.open();
    await this.#driveBook.open();
    await this.#retentionClock.open();
    await this.pools.declare([this.#pool]);
    await this.#register.refresh();
    await this.saves.recover();
  }

  /** A person looks after drives that the daemon took down. */
  async mendDrives(): Promise<void> {
    for (const bay of this.bays)
      if (bay.record.downReason !== '') await this.#driveBook.bringUp(bay, 'world', 'mended', this.#signal);
  }

  /** As at SIGTERM. */
  async close(): Promise<void> {
    await Promise.all([this.saves.stop(), this.restores.stop()]);
    await this.#driveBook.close();
    await this.inventory.close();
  }

  /** All durable bytes of a stream, whatever its state. Rejects when a volume cannot be mounted or a drive fails. */
  async readDurable(record: StreamRecord, receiver: RestoreReceiver): Promise<void> {
    const { descriptor, lengthBytes, crc32c: crc } = record;
    const whole = { lengthBytes, crc32c: crc };
    const stream = new RestoreStreamState({
      streamId: descriptor.streamId,
      receiver,
      from: 0,
      to: lengthBytes,
      whole,
    });
    for (const volumeId of record.volumes) {
      const extents: ExtentRecord[] = [];
      for await (const extent of this.inventory.extents(descriptor.streamId))
        if (extent.volumeId === volumeId) extents.push(extent);
      await this.#readVolume(stream, volumeId, extents);
    }
    stream.settle();
  }

  async #readVolume(stream: RestoreStreamState, volumeId: VolumeId, extents: readonly ExtentRecord[]): Promise<void> {
    const wanted = (await this.inventory.volume(volumeId))?.barcode;
    const lease = await this.leases.acquire({
      fits: () => true,
      preference: ({ loaded }) => (loaded === wanted ? 1 : 0),
      signal: this.#signal,
    });
    try {
      const { thread } = lease.bay;
      const { barcode, blockSizeBytes } = await this.#mounting.mountForRead(lease.bay, volumeId, this.#signal);
      const { ring } = this;
      const volume = { thread, volumeId, barcode, blockSizeBytes };
      await new RestorePass({ ...this.#pass, volume, ring }).run([{ stream, extents }]);
    } finally {
      lease.release();
    }
  }

  async hold(streamId: StreamId): Promise<void> {
    await this.#holds.hold('world', streamId, 'it is needed');
  }

  async label(barcode: Barcode, pool: PoolRecord = this.#pool, overwrite: Barcode | null = null): Promise<void> {
    const order = { who: 'world', barcode, pool, overwrite };
    await this.#labelling.refuseEarly(order);
    const lease = await this.leases.acquire({ fits: () => true, preference: () => 0, signal: this.#signal });
    try {
      await this.#labelling.label(lease.bay, order, this.#signal);
    } finally {
      lease.release();
    }
  }

  /** As a person orders it who names the barcode. */
  async erase(barcode: Barcode, extent: 'short' | 'long'): Promise<void> {
    await this.#erasing.refuseEarly(barcode);
    const lease = await this.leases.acquire({ fits: () => true, preference: () => 0, signal: this.#signal });
    try {
      await this.#erasing.erase(lease.bay, { who: 'world', barcode, extent, overwrite: barcode }, this.#signal);
    } finally {
      lease.release();
    }
  }
}

/** A drive's thread that dies with its life. */
class WorldDriveThread extends DriveThreadFacade {
  readonly #life: Life;
  readonly #executor: DriveExecutor;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(life: Life, port: SyscallPort, device: string, ring: RingMemory) {
    super();
    this.#life = life;
    const clock = new VirtualBlockingClock();
    this.#executor = new DriveExecutor({
      drive: new StDrive({ port: life.port(port), device, clock }),
      ring,
      sealer: new BlockSealer(BLOCK_SEAL, crc32c),
      clock,
    });
  }

  get seconds(): DriveSeconds {
    return this.#executor.seconds;
  }

  protected submit<N extends DriveCommandName>(
    name: N,
    args: DriveCommandArguments<N>,
  ): Promise<DriveCommandResult<N>> {
    const result = this.#tail.then(() =>
      this.#life.command<DriveCommandResult<N>>(() => this.#executor.execute(name, args)),
    );
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async terminate(): Promise<void> {
    this.#executor.closeAtEnd();
  }
}
