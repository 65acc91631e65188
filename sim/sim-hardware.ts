import { StorageError, describeError } from '../src/base/storage-error.js';
import { ManualChanger, type OperatorHand } from '../src/changer/manual-changer.js';
import { makeDiskBay } from '../src/daemon/disk-bays.js';
import type { Hardware, HardwareEnvironment } from '../src/daemon/hardware.js';
import { createFilePort } from '../src/device/linux-files.js';
import { WorkerDriveThread } from '../src/drive/worker-drive-thread.js';
import { DriveBay } from '../src/media/drive-bay.js';
import type { Barcode } from '../src/terms/barcode.js';
import { BLOCK_SEAL } from '../src/volume/block-header.js';
import { DRIVE_COUNTERS, DriveStatistics, createDriveStatisticsMemory } from './drive-statistics.js';
import type { KeepPayload } from './medium.js';
import { Rack, RackError } from './rack.js';
import type { ClockMode } from './sim-clock.js';
import type { SimSyscallOptions } from './sim-syscalls.js';

export interface SimHardwareOptions {
  /** Where the rack lies; made with `cartridges` blank ones when it is not there. */
  readonly directory: string;
  readonly cartridges: number;
  /** Native bytes of each new cartridge; the generation's own when null. */
  readonly capacityBytes: number | null;
  readonly clock: ClockMode;
  /** Simulated seconds in one of the wall clock. */
  readonly speed: number;
  readonly keepPayload: KeepPayload;
  /** Native bytes of each drive's buffer; the generation's own when not told. */
  readonly bufferBytes?: number;
  /** The module that makes the drives' port (a SyscallPortModule given SimSyscallOptions); the simulator's own when not told. */
  readonly portModuleUrl?: string;
}

/** Simulated LTO-9 drives in the place of the configured tape drives, with a hand that carries cartridges at once. */
export class SimHardware implements Hardware {
  readonly needsRawIo = false;
  readonly #options: SimHardwareOptions;
  readonly #statistics: DriveStatistics[] = [];

  constructor(options: SimHardwareOptions) {
    this.#options = options;
  }

  async makeBays(environment: HardwareEnvironment): Promise<readonly DriveBay[]> {
    const { configuration } = environment;
    const tapes = configuration.drives.filter((drive) => drive.kind === 'tape');
    const rack = new Rack(
      createFilePort(),
      this.#options.directory,
      tapes.map((drive) => drive.device),
    );
    this.#stock(rack);
    const paths = new Map(tapes.map((drive) => [drive.name, drive.device]));
    const changer = new ManualChanger(new SimulatedHand(rack, paths), [...paths.keys()]);
    return configuration.drives.map((drive, number) => {
      if (drive.kind === 'disk') return makeDiskBay(drive, number, environment);
      const thread = this.#makeThread(drive.device, environment);
      return new DriveBay({ number, name: drive.name, kind: 'tape', device: drive.device, thread, changer });
    });
  }

  /** The drives' counters, added up. */
  simulation(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      DRIVE_COUNTERS.map((name) => [name, this.#statistics.reduce((sum, one) => sum + one.get(name), 0)]),
    );
  }

  #stock(rack: Rack): void {
    const { cartridges, capacityBytes } = this.#options;
    const there = new Set<string>(rack.list().map((one) => one.barcode));
    for (let n = 1; n <= cartridges; n++) {
      const barcode = `TPL${String(n).padStart(3, '0')}L9`;
      if (!there.has(barcode)) rack.create(barcode, capacityBytes === null ? {} : { capacityBytes });
    }
  }

  #makeThread(path: string, { ring, clock }: HardwareEnvironment): WorkerDriveThread {
    const { directory, clock: mode, speed, keepPayload, bufferBytes, portModuleUrl } = this.#options;
    const statistics = createDriveStatisticsMemory();
    this.#statistics.push(new DriveStatistics(statistics));
    const portOptions: SimSyscallOptions = {
      directory,
      drives: [
        { path, generation: 'LTO-9', keepPayload, statistics, ...(bufferBytes === undefined ? {} : { bufferBytes }) },
      ],
      clock: mode,
      speed,
    };
    return new WorkerDriveThread(
      {
        driver: 'st',
        device: path,
        portModuleUrl: portModuleUrl ?? new URL('./sim-syscalls.js', import.meta.url).href,
        portOptions,
        ring,
        seal: BLOCK_SEAL,
      },
      clock,
    );
  }
}

/** The operator of the simulated rack: always there, and never takes the wrong cartridge. */
class SimulatedHand implements OperatorHand {
  readonly #rack: Rack;
  readonly #paths: ReadonlyMap<string, string>;

  constructor(rack: Rack, paths: ReadonlyMap<string, string>) {
    this.#rack = rack;
    this.#paths = paths;
  }

  async cartridges(): Promise<readonly { readonly barcode: Barcode; readonly drive: string | null }[]> {
    const names = new Map([...this.#paths].map(([name, path]) => [path, name]));
    return this.#rack.list().map(({ cartridge, drive }) => ({
      barcode: cartridge.barcode as Barcode,
      drive: drive === null ? null : (names.get(drive) ?? null),
    }));
  }

  async insert(barcode: Barcode, drive: string): Promise<void> {
    try {
      this.#rack.insert(barcode, this.#pathOf(drive));
    } catch (error) {
      throw asMoveFailure(error, barcode, drive);
    }
  }

  async remove(drive: string): Promise<void> {
    const holds = (await this.cartridges()).some((one) => one.drive === drive);
    if (!holds) return;
    try {
      this.#rack.remove(this.#pathOf(drive));
    } catch (error) {
      throw asMoveFailure(error, null, drive);
    }
  }

  #pathOf(drive: string): string {
    const path = this.#paths.get(drive);
    if (path === undefined) throw new RackError(`There is no drive ${drive}.`);
    return path;
  }
}

function asMoveFailure(error: unknown, barcode: Barcode | null, drive: string): unknown {
  if (!(error instanceof RackError)) return error;
  const missing = error.message.includes('There is no cartridge');
  return new StorageError(missing ? 'CHANGER_NO_CARTRIDGE' : 'CHANGER_MOVE_FAILED', describeError(error), {
    cause: error,
    context: { barcode, drive },
  });
}
