import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Fault, FaultCommand, FaultSense } from '../../sim/fault-plan.js';
import { Rack } from '../../sim/rack.js';
import { SimSyscalls } from '../../sim/sim-syscalls.js';
import { combineCrc32c, crc32c } from '../../src/base/crc32c.js';
import { SeededRandom } from '../../src/base/random.js';
import { SerialQueue } from '../../src/base/serial-queue.js';
import { StorageError } from '../../src/base/storage-error.js';
import { BlockSealer } from '../../src/drive/block-sealer.js';
import { DriveExecutor } from '../../src/drive/drive-executor.js';
import { InlineDriveThread } from '../../src/drive/inline-drive-thread.js';
import { StDrive } from '../../src/drive/st-drive.js';
import { StoredInventory } from '../../src/inventory/stored-inventory.js';
import type { PoolRecord, VolumeRecord } from '../../src/inventory/records.js';
import { RestoreService } from '../../src/jobs/restore-service.js';
import { SAVE_LIMITS, type SaveLimits } from '../../src/jobs/save-limits.js';
import { SaveService } from '../../src/jobs/save-service.js';
import { CartridgeLoading } from '../../src/media/cartridge-loading.js';
import { CartridgeRegister } from '../../src/media/cartridge-register.js';
import { CartridgeReservations } from '../../src/media/cartridge-reservations.js';
import { DriveBay } from '../../src/media/drive-bay.js';
import { DriveBook } from '../../src/media/drive-book.js';
import { DriveLeases } from '../../src/media/drive-leases.js';
import { HealthBook } from '../../src/media/health-book.js';
import { Labelling } from '../../src/media/labelling.js';
import type { MediaEnvironment } from '../../src/media/media-environment.js';
import { OperatorRequests } from '../../src/media/operator-requests.js';
import { PoolBook } from '../../src/media/pool-book.js';
import { RetentionClock } from '../../src/media/retention-clock.js';
import { RetentionGuard } from '../../src/media/retention-guard.js';
import { VolumeMounting } from '../../src/media/volume-mounting.js';
import { VolumeSelection } from '../../src/media/volume-selection.js';
import type { Barcode } from '../../src/terms/barcode.js';
import type { StreamId } from '../../src/terms/ids.js';
import { BlockRing, type RingCounts } from '../../src/transfer/block-ring.js';
import type { SavedStream, SaveStream, SaveStreamEvents } from '../../src/transfer/save-stream.js';
import type { TransferLimits } from '../../src/transfer/transfer-limits.js';
import { BLOCK_HEADER_BYTES, BLOCK_SEAL } from '../../src/volume/block-header.js';
import { VOLUME_LIMITS } from '../../src/volume/volume-limits.js';
import { poolRecord } from './inventory-samples.js';
import { ManualClock } from './manual-clock.js';
import type { LoggedEvent } from './media-environment.js';
import { MemoryFiles } from './memory-files.js';
import { MemoryStore } from './memory-store.js';
import { RackLibrary } from './rack-library.js';
import { RigReceiver } from './restore-rig.js';
import { randomBytes, RIG_LIMITS } from './save-rig.js';
import { VirtualBlockingClock } from './st-drive-fixture.js';

/** Large enough that drives, which count capacity in mebibytes, can tell how full a cartridge is. */
export const LIBRARY_SLOT_BYTES = 64 * 1024;
export const LIBRARY_PAYLOAD_BYTES = LIBRARY_SLOT_BYTES - BLOCK_HEADER_BYTES;
const MEBIBYTE = 1024 * 1024;
const RACK = '/rack';
/** How long the robot takes for a move. */
export const MOVE_MS = 30_000;

export interface LibraryRigOptions {
  readonly drives?: number;
  /** Blank cartridges TPL001L8, TPL002L8, ... of so many mebibytes. */
  readonly cartridges?: number;
  readonly cartridgeMebibytes?: number;
  readonly pool?: Partial<PoolRecord>;
  readonly limits?: Partial<TransferLimits>;
  readonly saveLimits?: Partial<SaveLimits>;
}

/** The daemon's services, from media to jobs, over simulated drives in a library; its clock moves when the test says so. */
export class LibraryRig {
  readonly clock = new ManualClock();
  readonly inventory = new StoredInventory(new MemoryStore());
  readonly events: LoggedEvent[] = [];
  readonly pool: PoolRecord;
  readonly rack: Rack;
  readonly library: RackLibrary;
  readonly bays: readonly DriveBay[];
  readonly leases: DriveLeases;
  readonly driveBook: DriveBook;
  readonly requests: OperatorRequests;
  readonly saves: SaveService;
  readonly restores: RestoreService;
  readonly ring: BlockRing;
  readonly health: HealthBook;
  readonly environment: MediaEnvironment;
  readonly clients: LibraryClient[] = [];
  readonly #idleCounts: RingCounts;
  readonly #labelling: Labelling;
  readonly #loading: CartridgeLoading;
  readonly #pools: PoolBook;
  readonly #retentionClock: RetentionClock;
  readonly #register: CartridgeRegister;
  readonly #faults: readonly Fault[][];
  readonly #cartridges: number;
  readonly #signal = new AbortController().signal;

  constructor(options: LibraryRigOptions = {}) {
    const { clock, inventory } = this;
    const numbers = Array.from({ length: options.drives ?? 2 }, (_, number) => number);
    const names = numbers.map((number) => `tape${String(number)}`);
    this.pool = { ...poolRecord('default'), ...options.pool };
    this.#cartridges = options.cartridges ?? 4;
    const limits: TransferLimits = {
      ...RIG_LIMITS,
      procedureBlocks: 24,
      checkpointBytes: 2 * MEBIBYTE,
      prepareFraction: 1 / 2,
      ...options.limits,
    };
    const files = new MemoryFiles();
    this.rack = new Rack(
      files,
      RACK,
      numbers.map((number) => `/dev/nst${String(number)}`),
    );
    const capacityBytes = (options.cartridgeMebibytes ?? 4) * MEBIBYTE;
    for (let n = 1; n <= this.#cartridges; n++) this.addCartridge(n, capacityBytes);
    this.library = new RackLibrary(this.rack, names, clock, MOVE_MS);
    this.ring = new BlockRing(LIBRARY_SLOT_BYTES, limits);
    this.#idleCounts = this.ring.counts;
    const random = new SeededRandom(1);
    const logger: MediaEnvironment['logger'] = {
      log: (level, event, message, fields) => {
        this.events.push({ level, event, message, fields });
      },
    };
    const base: Omit<MediaEnvironment, 'health'> = {
      inventory,
      bookkeeping: new SerialQueue(),
      reservations: new CartridgeReservations(),
      clock,
      random,
      logger,
      slots: this.ring,
      node: 'rig',
      software: 'tapeloom rig',
      blockSizeBytes: VOLUME_LIMITS.minBlockSizeBytes,
      timeZone: 'UTC',
    };
    this.#faults = numbers.map(() => []);
    this.bays = numbers.map((number) => {
      const device = `/dev/nst${String(number)}`;
      const port = new SimSyscalls(
        {
          directory: RACK,
          clock: 'virtual',
          drives: [{ path: device, generation: 'LTO-8', faults: { faults: this.#faults[number] ?? [] } }],
        },
        { files },
      );
      const blockingClock = new VirtualBlockingClock();
      const thread = new InlineDriveThread(
        new DriveExecutor({
          drive: new StDrive({ port, device, clock: blockingClock }),
          ring: this.ring.memory,
          sealer: new BlockSealer(BLOCK_SEAL, crc32c),
          clock: blockingClock,
        }),
      );
      return new DriveBay({
        number,
        name: names[number] ?? '',
        kind: 'tape',
        device,
        thread,
        changer: this.library,
      });
    });
    this.leases = new DriveLeases(this.bays);
    const { leases, ring } = this;
    this.driveBook = new DriveBook(base, leases);
    this.requests = new OperatorRequests(clock, logger);
    const { driveBook, requests } = this;
    const health = new HealthBook(base, { driveBook, requests });
    this.health = health;
    this.environment = { ...base, health };
    const { environment } = this;
    this.#register = new CartridgeRegister(environment, this.leases);
    const register = this.#register;
    this.#loading = new CartridgeLoading(environment, register);
    const loading = this.#loading;
    this.#pools = new PoolBook(environment);
    this.#retentionClock = new RetentionClock(environment);
    const retentionClock = this.#retentionClock;
    const guard = new RetentionGuard(environment, retentionClock);
    this.#labelling = new Labelling(environment, loading, guard);
    const selection = new VolumeSelection(environment, guard);
    const mounting = new VolumeMounting(environment, { loading, labelling: this.#labelling, selection });
    const { bookkeeping, reservations } = environment;
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
      pools: this.#pools,
      bookkeeping,
      guard,
      retentionClock,
      limits,
      saveLimits: { ...SAVE_LIMITS, ...options.saveLimits },
      snapshots: null,
    });
    this.restores = new RestoreService({
      inventory,
      reservations,
      register,
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

  /** As at the start of the daemon, with the first `labelled` cartridges (all when not told) made volumes of the pool. */
  async start(labelled = this.#cartridges): Promise<this> {
    await this.inventory.open();
    await this.driveBook.open();
    await this.#retentionClock.open();
    await this.#pools.declare([this.pool]);
    await this.#register.refresh();
    for (let n = 1; n <= labelled; n++) await this.finish(this.label(n));
    // Nothing is left in the drives of that.
    for (const { name } of this.bays) await this.finish(this.unload(name));
    this.library.moves.length = 0;
    return this;
  }

  /** As at SIGTERM. */
  async stop(): Promise<void> {
    await this.finish(Promise.all([this.saves.stop(), this.restores.stop()]));
    await this.driveBook.close();
    await this.inventory.close();
  }

  addCartridge(n: number, capacityBytes: number): void {
    this.rack.create(libraryBarcode(n), { capacityBytes, earlyWarningBytes: Math.floor(capacityBytes / 4) });
  }

  async label(n: number): Promise<void> {
    const barcode = libraryBarcode(n);
    const order = { who: 'rig', barcode, pool: this.pool, overwrite: null };
    await this.#labelling.refuseEarly(order);
    const lease = await this.leases.acquire({ fits: () => true, preference: () => 0, signal: this.#signal });
    try {
      await this.#labelling.label(lease.bay, order, this.#signal);
    } finally {
      lease.release();
    }
  }

  /** As an operator's order does it. */
  async unload(drive: string): Promise<void> {
    const lease = await this.leases.acquire({
      fits: ({ name }) => name === drive,
      preference: () => 0,
      signal: this.#signal,
    });
    try {
      await this.#loading.unload(lease.bay, { who: 'rig', reason: 'unloaded by a test' }, this.#signal);
    } finally {
      lease.release();
    }
  }

  /** What hosts wrote into the memory of a cartridge, by attribute. */
  memoryOf(n: number): Readonly<Record<number, string>> {
    const found = this.rack.list().find(({ barcode }) => barcode === libraryBarcode(n));
    const attributes = found?.cartridge.attributes ?? [];
    return Object.fromEntries(
      attributes.map(({ id, valueHex }) => [id, Buffer.from(valueHex, 'hex').toString('latin1').trimEnd()]),
    );
  }

  /** The next commands of this kind of drive number `drive` end with this sense, from now on or once. */
  failDrive(drive: number, command: FaultCommand, sense: FaultSense): void {
    this.#faults[drive]?.push({ kind: 'sense', command, sense, nth: 0, times: 'for-good' });
  }
  failOnce(drive: number, command: FaultCommand, sense: FaultSense): void {
    let isDue = true;
    this.#faults[drive]?.push({
      kind: 'sense',
      command,
      sense,
      times: 'for-good',
      get nth() {
        const nth = isDue ? 0 : Infinity;
        isDue = false;
        return nth;
      },
    });
  }
  mendDrive(drive: number): void {
    this.#faults[drive]?.splice(0);
  }

  /** Somebody else resets the drive, before whatever it is told next. */
  resetDrive(drive: number): void {
    let isDue = true;
    for (const command of ['other', 'position', 'write', 'space', 'locate', 'rewind'] as const)
      this.#faults[drive]?.push({
        kind: 'reset',
        command,
        times: 'for-good',
        get nth() {
          const nth = isDue ? 0 : Infinity;
          isDue = false;
          return nth;
        },
      });
  }

  /** Out of the library, by hand. */
  takeCartridge(n: number): { readonly putBack: () => void } {
    this.library.absent.add(libraryBarcode(n));
    return {
      putBack: () => {
        this.library.absent.delete(libraryBarcode(n));
      },
    };
  }

  save(n: number, bytes: number, options: Partial<LibraryClientOptions> = {}): LibraryClient {
    const client = new LibraryClient(this, n, randomBytes(n, bytes), { paceMs: 0, ends: true, ...options });
    this.clients.push(client);
    return client;
  }

  restore(streamId: StreamId): RigReceiver {
    const receiver = new RigReceiver();
    this.restores
      .openStream('client', { streamId, offset: 0, length: null, partial: false }, receiver)
      .catch((error: unknown) => {
        receiver.failed(error as StorageError);
      });
    return receiver;
  }

  async volume(n: number): Promise<VolumeRecord> {
    const volumeId = (await this.inventory.cartridge(libraryBarcode(n)))?.volumeId ?? null;
    const volume = volumeId === null ? null : await this.inventory.volume(volumeId);
    if (volume === null) throw new Error(`cartridge ${String(n)} carries no volume`);
    return volume;
  }

  eventsOf(event: string): readonly LoggedEvent[] {
    return this.events.filter((one) => one.event === event);
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 30; turn++) await nextTurn();
  }

  /** Time passes, `stepMs` at a time, until `until`, which must come within two days of it. */
  async run(until: () => boolean, stepMs = 1000): Promise<void> {
    const endMs = this.clock.monotonicMs() + 2 * 24 * 3600 * 1000;
    for (;;) {
      await this.settle();
      if (until()) return;
      if (this.clock.monotonicMs() > endMs) throw new Error('it did not happen within two days');
      await this.clock.advance(stepMs);
    }
  }

  /** Time passes until `work` is over. */
  async finish<T>(work: Promise<T>): Promise<T> {
    const state = { isOver: false };
    const over = (): void => {
      state.isOver = true;
    };
    work.then(over, over);
    await this.run(() => state.isOver);
    return work;
  }

  /** Every drive is free, and no slot of the ring is lost: nobody keeps what he does not use. */
  expectIdle(): void {
    for (const bay of this.bays)
      if (this.leases.isLeased(bay)) throw new Error(`drive ${bay.name} is still leased: ${bay.activity}`);
    if (JSON.stringify(this.ring.counts) !== JSON.stringify(this.#idleCounts))
      throw new Error(`slots are lost: ${JSON.stringify(this.ring.counts)}`);
  }
}

export const libraryBarcode = (n: number): Barcode => `TPL${String(n).padStart(3, '0')}L8` as Barcode;

export interface LibraryClientOptions {
  /** Milliseconds between two blocks; 0: as fast as credit comes. */
  readonly paceMs: number;
  /** Says END behind the last byte by itself. */
  readonly ends: boolean;
}

/** A client that saves one stream. */
export class LibraryClient implements SaveStreamEvents {
  readonly bytes: Uint8Array;
  /** What it was told to wait for, each once in a row. */
  readonly waits: string[] = [];
  /** Milliseconds of the clock at which each of its blocks was sent. */
  readonly sentAtMs: number[] = [];
  durableBytes = 0;
  result: SavedStream | StorageError | null = null;
  streamId: StreamId | null = null;
  readonly #rig: LibraryRig;
  readonly #options: LibraryClientOptions;
  #stream: SaveStream | null = null;
  #sent = 0;
  #crc = 0;
  #isEnded = false;
  #isPumping = false;

  constructor(rig: LibraryRig, number: number, bytes: Uint8Array, options: LibraryClientOptions) {
    this.#rig = rig;
    this.bytes = bytes;
    this.#options = options;
    const request = {
      name: `stream${String(number)}`,
      pool: rig.pool.name,
      level: 'full' as const,
      basedOn: null,
      timeMs: 1,
      retentionDays: null,
      attributes: {},
    };
    rig.saves.openStream('client', request, this).then(
      (stream) => {
        this.#stream = stream;
        this.streamId = stream.descriptor.streamId;
        void this.#pump();
      },
      (error: unknown) => {
        this.failed(error as StorageError);
      },
    );
  }

  get isOver(): boolean {
    return this.result !== null;
  }
  get isSaved(): boolean {
    return this.result !== null && !(this.result instanceof StorageError);
  }
  get error(): StorageError | null {
    return this.result instanceof StorageError ? this.result : null;
  }
  get sentBytes(): number {
    return this.#sent;
  }

  end(): void {
    this.#isEnded = true;
    this.#stream?.end({ lengthBytes: this.#sent, crc32c: this.#crc });
  }

  credit(): void {
    void this.#pump();
  }
  durable(offset: number): void {
    this.durableBytes = offset;
  }
  saved(result: SavedStream): void {
    this.result = result;
  }
  failed(error: StorageError): void {
    this.#isEnded = true;
    this.result = error;
  }
  waiting(reason: string): void {
    if (this.waits.at(-1) !== reason) this.waits.push(reason);
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (!this.#isEnded && this.#stream !== null) {
      if (this.#sent === this.bytes.length) {
        if (this.#options.ends) this.end();
        break;
      }
      if (!this.#send(this.#stream)) break;
      if (this.#options.paceMs > 0) await this.#rig.clock.sleep(this.#options.paceMs);
    }
    this.#isPumping = false;
  }

  #send(stream: SaveStream): boolean {
    const slot = stream.takeSlot();
    if (slot === null) return false;
    const payload = this.bytes.subarray(this.#sent, this.#sent + LIBRARY_PAYLOAD_BYTES);
    const payloadCrc = crc32c(payload);
    slot.bytes.set(payload, BLOCK_HEADER_BYTES);
    new DataView(slot.bytes.buffer, slot.bytes.byteOffset).setUint32(BLOCK_SEAL.payloadCrcOffset, payloadCrc, true);
    const frameNumber = this.sentAtMs.length;
    const frame = { frameNumber, offset: this.#sent, payloadBytes: payload.length, payloadCrc };
    this.#crc = combineCrc32c(this.#crc, payloadCrc, payload.length);
    this.#sent += payload.length;
    this.sentAtMs.push(this.#rig.clock.monotonicMs());
    stream.submit(slot, frame);
    return true;
  }
}
