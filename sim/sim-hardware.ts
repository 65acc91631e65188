import { ManualChanger } from '../src/changer/manual-changer.js';
import type { Clock } from '../src/base/clock.js';
import { makeDiskBay } from '../src/daemon/disk-bays.js';
import type { Hardware, HardwareEnvironment } from '../src/daemon/hardware.js';
import { scanHardware, type ConfiguredDevices } from '../src/daemon/hardware-scan.js';
import type { FoundDevice, Machine } from '../src/daemon/machine.js';
import type { HardwareView } from '../src/protocol/hardware-api.js';
import { makeLibraryChangers } from '../src/daemon/library-changers.js';
import { createFilePort } from '../src/device/linux-files.js';
import { WorkerScsiChannel } from '../src/device/worker-scsi-channel.js';
import { WorkerDriveThread } from '../src/drive/worker-drive-thread.js';
import { DriveBay } from '../src/media/drive-bay.js';
import { BLOCK_SEAL } from '../src/volume/block-header.js';
import { driveNumberOf } from './drive-mouth.js';
import { DRIVE_COUNTERS, DriveStatistics, createDriveStatisticsMemory } from './drive-statistics.js';
import type { Generation } from './generations.js';
import { openLibrary, type Library } from './library/library.js';
import type { LibraryPersonality } from './library/library-personality.js';
import type { KeepPayload } from './medium.js';
import { Rack } from './rack.js';
import type { ClockMode } from './sim-clock.js';
import { SimulatedHand } from './simulated-hand.js';
import type { SimSyscallOptions } from './sim-syscalls.js';
import { driveIdentity } from './ssc-drive.js';
import { stockLibrary, stockRack, type Stock } from './stocking.js';

export interface SimHardwareOptions extends Stock {
  /** Where the rack lies; made and filled when it is not there. */
  readonly directory: string;
  /** The library beside it. Null: the one that is there; none when there is none. */
  readonly library: LibraryPersonality | null;
  readonly clock: ClockMode;
  /** Simulated seconds in one of the wall clock. */
  readonly speed: number;
  readonly keepPayload: KeepPayload;
  /** Native bytes of each drive's buffer; the generation's own when not told. */
  readonly bufferBytes?: number;
  /** The module that makes the drives' port (a SyscallPortModule given SimSyscallOptions); the simulator's own when not told. */
  readonly portModuleUrl?: string;
}

const PORT_MODULE_URL = new URL('./sim-syscalls.js', import.meta.url).href;
const GENERATION: Generation = 'LTO-9';

/**
 * Simulated LTO-9 drives in the place of the configured tape drives. The production changer drives the simulated library;
 * drives in none have a hand that carries cartridges at once.
 */
export class SimHardware implements Hardware {
  readonly needsRawIo = false;
  readonly #options: SimHardwareOptions;
  readonly #statistics: DriveStatistics[] = [];

  constructor(options: SimHardwareOptions) {
    this.#options = options;
  }

  async makeBays(environment: HardwareEnvironment): Promise<readonly DriveBay[]> {
    const { configuration, clock, logger } = environment;
    const tapes = configuration.drives.filter((drive) => drive.kind === 'tape');
    const devices = tapes.map(({ device }) => device);
    const rack = new Rack(createFilePort(), this.#options.directory, devices);
    const library = this.#stock(rack);
    const standAlone = new Map(
      tapes.filter(({ changer }) => changer === null).map(({ name, device }) => [name, device]),
    );
    const operator = new ManualChanger(new SimulatedHand(rack, standAlone, library), [...standAlone.keys()]);
    const libraries = makeLibraryChangers(configuration, {
      clock,
      logger,
      openChannel: (device) => this.#openChannel(device, devices, clock),
      serialOf: (device) => driveIdentity(GENERATION, driveNumberOf(device)).serial,
    });
    return configuration.drives.map((drive, number) => {
      if (drive.kind === 'disk') return makeDiskBay(drive, number, environment);
      const { name, device } = drive;
      const thread = this.#makeThread(device, environment);
      const changer = (drive.changer === null ? undefined : libraries.get(drive.changer)) ?? operator;
      return new DriveBay({ number, name, kind: 'tape', device, thread, changer });
    });
  }

  /** Everything simulated is there; what the configuration says nothing of is not. */
  async scan(configured: ConfiguredDevices, clock: Clock): Promise<HardwareView> {
    const devices = configured.drives.flatMap((drive) => (drive.kind === 'tape' ? [drive.device] : []));
    const drives = devices.map((device) => foundDrive(device));
    const changers = configured.changers.map(({ device }) => foundChanger(device));
    const nodes = new Set([...drives, ...changers].map(({ node }) => node));
    const machine: Machine = {
      drives: () => drives,
      changers: () => changers,
      nodeOf: (path) => (nodes.has(path) ? path : null),
      openChannel: (device) => this.#openChannel(device, devices, clock),
    };
    return scanHardware(machine, configured, clock);
  }

  /** The drives' counters, added up. */
  simulation(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      DRIVE_COUNTERS.map((name) => [name, this.#statistics.reduce((sum, one) => sum + one.get(name), 0)]),
    );
  }

  #openChannel(device: string, drives: readonly string[], clock: Clock): WorkerScsiChannel {
    const portOptions = { ...this.#portOptions(drives), changer: { path: device } };
    return new WorkerScsiChannel({ device, portModuleUrl: PORT_MODULE_URL, portOptions }, clock);
  }

  #stock(rack: Rack): Library | null {
    const { directory, library } = this.#options;
    const files = createFilePort();
    const there = openLibrary(files, directory);
    const personality = library ?? there?.personality ?? null;
    if (personality !== null) return stockLibrary(files, directory, rack, personality, this.#options);
    stockRack(rack, this.#options);
    return null;
  }

  #makeThread(device: string, { ring, clock }: HardwareEnvironment): WorkerDriveThread {
    const statistics = createDriveStatisticsMemory();
    this.#statistics.push(new DriveStatistics(statistics));
    const portOptions = this.#portOptions([device], statistics);
    const { portModuleUrl = PORT_MODULE_URL } = this.#options;
    return new WorkerDriveThread({ driver: 'st', device, portModuleUrl, portOptions, ring, seal: BLOCK_SEAL }, clock);
  }

  #portOptions(devices: readonly string[], statistics?: SharedArrayBuffer): SimSyscallOptions {
    const { directory, clock, speed, keepPayload, bufferBytes } = this.#options;
    const more = {
      ...(statistics === undefined ? {} : { statistics }),
      ...(bufferBytes === undefined ? {} : { bufferBytes }),
    };
    return {
      directory,
      drives: devices.map((path) => ({ path, generation: GENERATION, keepPayload, ...more })),
      clock,
      speed,
    };
  }
}

function foundDrive(node: string): FoundDevice {
  const number = driveNumberOf(node);
  return { ...driveIdentity(GENERATION, number), ...at(number), node, stablePath: null };
}

/** What it is, it says when it is asked. */
function foundChanger(node: string): FoundDevice {
  const identity = { vendor: 'TPLOOM', product: 'LIBRARY', revision: '', serial: null };
  return { ...identity, ...at(CHANGER_TARGET), genericPath: node, node, stablePath: null };
}

const CHANGER_TARGET = 99;

function at(target: number): Pick<FoundDevice, 'genericPath' | 'scsiAddress'> {
  return { genericPath: null, scsiAddress: `0:0:${String(target)}:0` };
}
