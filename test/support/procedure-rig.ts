import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChangerFault } from '../../sim/library/changer-fault-plan.js';
import type { Clock } from '../../src/base/clock.js';
import { crc32c } from '../../src/base/crc32c.js';
import { isErrorCode, type ErrorCode } from '../../src/base/error-codes.js';
import { isStorageError } from '../../src/base/storage-error.js';
import { BlockSealer } from '../../src/drive/block-sealer.js';
import { DriveExecutor } from '../../src/drive/drive-executor.js';
import { InlineDriveThread } from '../../src/drive/inline-drive-thread.js';
import { StDrive } from '../../src/drive/st-drive.js';
import type { StoredInventory } from '../../src/inventory/stored-inventory.js';
import type { CartridgeRecord, PoolRecord, VolumeRecord } from '../../src/inventory/records.js';
import { JobOrders } from '../../src/jobs/job-control.js';
import { OperatorJobs } from '../../src/jobs/operator-jobs.js';
import { RestoreService } from '../../src/jobs/restore-service.js';
import { CartridgeLoading } from '../../src/media/cartridge-loading.js';
import { CartridgeMoves } from '../../src/media/cartridge-moves.js';
import { CartridgeRegister } from '../../src/media/cartridge-register.js';
import { Cleaning } from '../../src/media/cleaning.js';
import { DriveBay } from '../../src/media/drive-bay.js';
import { DriveBook } from '../../src/media/drive-book.js';
import { DriveLeases } from '../../src/media/drive-leases.js';
import { Erasing } from '../../src/media/erasing.js';
import { LabelCheck } from '../../src/media/label-check.js';
import { HealthBook } from '../../src/media/health-book.js';
import { Labelling } from '../../src/media/labelling.js';
import type { MediaEnvironment } from '../../src/media/media-environment.js';
import { OperatorRequests } from '../../src/media/operator-requests.js';
import { PoolBook } from '../../src/media/pool-book.js';
import { RetentionClock } from '../../src/media/retention-clock.js';
import { RetentionGuard } from '../../src/media/retention-guard.js';
import { VolumeMounting } from '../../src/media/volume-mounting.js';
import { VolumeSelection } from '../../src/media/volume-selection.js';
import { jobOrderSchema, type JobRequest, type JobView } from '../../src/protocol/job-api.js';
import type { Barcode } from '../../src/terms/barcode.js';
import type { JobId } from '../../src/terms/ids.js';
import { isAtWork } from '../../src/terms/job-words.js';
import { BlockRing } from '../../src/transfer/block-ring.js';
import { BLOCK_SEAL } from '../../src/volume/block-header.js';
import { VOLUME_LIMITS } from '../../src/volume/volume-limits.js';
import { poolRecord } from './inventory-samples.js';
import { makeMediaEnvironment, type LoggedEvent, type MediaFixture } from './media-environment.js';
import { RIG_LIMITS } from './save-rig.js';
import { SimLibraryFixture } from './sim-library-fixture.js';
import { VirtualBlockingClock } from './st-drive-fixture.js';

const SLOT_BYTES = 64 * 1024;
/** Few, so that a cartridge can be used up. */
export const CLEANING_USES = 3;

export interface ProcedureRigOptions {
  /** Of sim/library/library-personality. */
  readonly personality?: string;
  readonly faults?: readonly ChangerFault[];
  /** Blank cartridges TPL001L9, TPL002L9, ... in the first slots. */
  readonly cartridges?: number;
}

/** Operators' jobs over the production changer and drives, in a simulated library; time passes when somebody waits. */
export class ProcedureRig {
  readonly fixture: SimLibraryFixture;
  readonly clock: Clock;
  readonly environment: MediaEnvironment;
  readonly inventory: StoredInventory;
  readonly events: readonly LoggedEvent[];
  readonly bays: readonly DriveBay[];
  readonly leases: DriveLeases;
  readonly driveBook: DriveBook;
  readonly register: CartridgeRegister;
  readonly requests: OperatorRequests;
  readonly jobs: OperatorJobs;
  readonly orders: JobOrders;
  readonly pool: PoolRecord = { ...poolRecord('daily'), worm: 'refused' };
  readonly #pools: PoolBook;
  readonly #retentionClock: RetentionClock;

  private constructor(
    fixture: SimLibraryFixture,
    { environment: base, inventory, events }: MediaFixture,
    ring: BlockRing,
  ) {
    this.fixture = fixture;
    this.inventory = inventory;
    this.events = events;
    this.clock = base.clock;
    this.bays = fixture.drives.map((name, number) => {
      const device = `/dev/nst${String(number)}`;
      const clock = new VirtualBlockingClock();
      const drive = new StDrive({ port: fixture.bench.port, device, clock });
      const sealer = new BlockSealer(BLOCK_SEAL, crc32c);
      const thread = new InlineDriveThread(new DriveExecutor({ drive, ring: ring.memory, sealer, clock }));
      return new DriveBay({ number, name, kind: 'tape', device, thread, changer: fixture.changer });
    });
    this.leases = new DriveLeases(this.bays);
    this.driveBook = new DriveBook(base, this.leases);
    this.requests = new OperatorRequests(base.clock, base.logger);
    const { driveBook, requests, leases } = this;
    const health = new HealthBook(base, { driveBook, requests });
    this.environment = { ...base, health };
    const { environment } = this;
    this.register = new CartridgeRegister(environment, this.leases);
    this.#pools = new PoolBook(environment);
    this.#retentionClock = new RetentionClock(environment);
    const { register } = this;
    const { reservations, clock, random, logger } = environment;
    this.jobs = new OperatorJobs({ inventory, leases, reservations, requests, clock, random, logger });
    const loading = new CartridgeLoading(environment, register);
    const guard = new RetentionGuard(environment, this.#retentionClock);
    const labelling = new Labelling(environment, loading, guard);
    this.orders = new JobOrders(this.jobs, {
      environment,
      register,
      leases,
      loading,
      moves: new CartridgeMoves(register),
      labelling,
      labelCheck: new LabelCheck(environment, loading),
      erasing: new Erasing(environment, loading, guard),
      cleaning: new Cleaning(environment, { register, loading, driveBook }, CLEANING_USES),
      pools: this.#pools,
      restores: new RestoreService({
        inventory,
        register,
        reservations,
        leases,
        mounting: new VolumeMounting(environment, {
          loading,
          labelling,
          selection: new VolumeSelection(environment, guard),
        }),
        health,
        ring,
        clock,
        random,
        logger,
        limits: RIG_LIMITS,
        mayRestore: () => true,
      }),
    });
  }

  static async open(options: ProcedureRigOptions = {}): Promise<ProcedureRig> {
    const fixture = new SimLibraryFixture({
      personality: options.personality ?? 'library',
      faults: options.faults ?? [],
    });
    for (let n = 1; n <= (options.cartridges ?? 4); n++) fixture.bench.stock(`TPL${String(n).padStart(3, '0')}L9`, n);
    const ring = new BlockRing(SLOT_BYTES, RIG_LIMITS);
    const media = await makeMediaEnvironment({
      clock: new TurningClock(fixture.clock),
      slots: ring,
      blockSizeBytes: VOLUME_LIMITS.minBlockSizeBytes,
    });
    const rig = new ProcedureRig(fixture, media, ring);
    await rig.#start();
    return rig;
  }

  async #start(): Promise<void> {
    await this.driveBook.open();
    await this.#retentionClock.open();
    await this.#pools.declare([this.pool]);
    await this.register.refresh();
    await this.jobs.recover();
  }

  async begin(request: JobRequest, who = 'olga'): Promise<JobView> {
    return this.orders.start(who, jobOrderSchema.parse(request));
  }

  /** Orders a job and gives back how it ended. */
  async run(request: JobRequest): Promise<JobView> {
    return this.ended((await this.begin(request)).jobId);
  }

  async ended(jobId: string): Promise<JobView> {
    return this.until(jobId, ({ state }) => !isAtWork(state));
  }

  /** The job, as soon as it is so. */
  async until(jobId: string, isSo: (job: JobView) => boolean): Promise<JobView> {
    for (;;) {
      const job = await this.orders.show(jobId as JobId, 0);
      if (isSo(job)) return job;
      if (!isAtWork(job.state)) throw new Error(`the job ended before: ${JSON.stringify(job)}`);
      await nextTurn();
    }
  }

  /** The code with which an order is refused before it becomes a job. */
  async refusal(request: JobRequest): Promise<ErrorCode | 'none'> {
    try {
      await this.begin(request);
    } catch (error) {
      if (isStorageError(error)) return error.code;
      throw error;
    }
    return 'none';
  }

  async cartridge(barcode: Barcode): Promise<CartridgeRecord> {
    const record = await this.inventory.cartridge(barcode);
    if (record === null) throw new Error(`nobody knows ${barcode}`);
    return record;
  }

  async volume(barcode: Barcode): Promise<VolumeRecord | null> {
    const { volumeId } = await this.cartridge(barcode);
    return volumeId === null ? null : this.inventory.volume(volumeId);
  }

  /** Where the books and the library say it is, in a word: `slot 3`, `import-export 25`, `drive tape0`; they must agree. */
  async place(barcode: Barcode): Promise<string> {
    const { location } = await this.cartridge(barcode);
    const seen = (await this.fixture.changer.cartridges()).filter((one) => one.barcode === barcode);
    const told = placeWord(location);
    const isInside = 'changer' in location || location.kind === 'drive';
    const found = seen.map((one) => placeWord(one.location)).join(' and ');
    if (isInside ? found !== told : found !== '') throw new Error(`${barcode}: books ${told}, library ${found}`);
    return told;
  }
}

function placeWord(location: CartridgeRecord['location']): string {
  switch (location.kind) {
    case 'slot':
    case 'import-export':
      return `${location.kind} ${String(location.slot)}`;
    case 'drive':
      return `drive ${location.drive}`;
    case 'vault':
      return `vault ${location.vault}`;
    case 'transport':
    case 'shelf':
    case 'missing':
      return location.kind;
  }
}

/** `A done`, `B failed DRIVE_DOWN`. */
export function stepsOf({ steps }: JobView): readonly string[] {
  return steps.map(({ subject, state, code }) => `${subject} ${state}${isErrorCode(code) ? ` ${code}` : ''}`);
}

/** Lets the test have a turn whenever somebody waits. */
class TurningClock implements Clock {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wallMs(): number {
    return Math.floor(this.#clock.wallMs());
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await nextTurn();
    await this.#clock.sleep(ms, signal);
  }
}
