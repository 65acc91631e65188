import { assert } from '../src/base/assert.js';
import type { BlockingClock } from '../src/base/blocking-clock.js';
import { FileError, type FilePort } from '../src/device/file-port.js';
import { createFilePort } from '../src/device/linux-files.js';
import { ERRNO } from '../src/device/errno.js';
import { decodeSgIoRequest, DRIVER_STATUS_SENSE, fillSgIoResult, SG_IOCTL } from '../src/device/sg-io.js';
import type { SyscallPort } from '../src/device/syscall-port.js';
import { encodeSense } from '../src/scsi/sense.js';
import { driveLockPath, ProcessLock } from './process-lock.js';
import { driveNumberOf } from './drive-mouth.js';
import { DriveStatistics } from './drive-statistics.js';
import { FaultPlan, type FaultPlanOptions } from './fault-plan.js';
import type { Generation } from './generations.js';
import { ChangerDevice } from './library/changer-device.js';
import { ChangerFaultPlan, type ChangerFaultPlanOptions } from './library/changer-fault-plan.js';
import { IdleDrives } from './library/idle-drives.js';
import { openLibrary } from './library/library.js';
import { SmcChanger } from './library/smc-changer.js';
import type { KeepPayload } from './medium.js';
import { createSimClock, type ClockMode, type SimClock } from './sim-clock.js';
import type { DeviceCall, SimDevice } from './sim-device.js';
import { driveIdentity, SscDrive, type DriveManner } from './ssc-drive.js';
import { StDriver } from './st-driver.js';
import { TapeDevice } from './tape-device.js';

export interface SimDriveOptions {
  /** `/dev/nstN`; `/dev/stN` opens the same drive and rewinds on close. */
  readonly path: string;
  readonly generation: Generation;
  /** Native bytes of its buffer; the generation's own when not told. */
  readonly bufferBytes?: number;
  readonly keepPayload?: KeepPayload;
  readonly faults?: FaultPlanOptions;
  /** From createDriveStatisticsMemory: lets another thread read the drive's counters. */
  readonly statistics?: SharedArrayBuffer;
  /** Default true: the first command of this process gets a power-on unit attention. */
  readonly powerOnAttention?: boolean;
  /** See SscDriveOptions. */
  readonly manner?: DriveManner;
}

/** The library beside the rack (`library/library.ts`), reached as a changer. */
export interface SimChangerOptions {
  /** `/dev/sgN`. */
  readonly path: string;
  readonly faults?: ChangerFaultPlanOptions;
  /** Default true: the library gets its power when it is first opened, and takes its inventory. */
  readonly powerOn?: boolean;
}

/** Everything a simulated rack needs, in a form that survives structured clone. */
export interface SimSyscallOptions {
  /** The rack's directory (`rack.ts`). */
  readonly directory: string;
  readonly drives: readonly SimDriveOptions[];
  /** Default: none, whether the rack has a library or not. */
  readonly changer?: SimChangerOptions;
  readonly clock: ClockMode;
  /** Simulated seconds in one of a wall clock; 1 when not told. */
  readonly speed?: number;
  /** The process may set options of the driver (CAP_SYS_ADMIN). Default false, as the daemon runs. */
  readonly privileged?: boolean;
}

/** What tests put in place of the machine. */
export interface SimSyscallParts {
  readonly files?: FilePort;
  readonly clock?: SimClock;
  /** To wait for the library's lock, which others hold for a moment. */
  readonly lockClock?: BlockingClock;
}

/** What SyscallPortModule asks for. */
export function createSyscallPort(options: unknown): SyscallPort {
  // Options come from the composition root that chose this module; there is nobody else to check them for.
  return new SimSyscalls(options as SimSyscallOptions);
}

/** SCSI status of a command with sense, and of one without. */
const STATUS = { good: 0x00, checkCondition: 0x02 } as const;

/** Of a drive in the library that this process does not have. */
const DEFAULT_GENERATION: Generation = 'LTO-9';

/** The first descriptor given out; any number does that no code takes for a standard stream. */
const FIRST_DESCRIPTOR = 100;

/**
 * System calls on simulated tape drives beside a rack, and on the library they stand in, if there is one. A device gets its
 * power when it is first opened; which cartridge is where is what the rack's files say.
 */
export class SimSyscalls implements SyscallPort {
  readonly #options: SimSyscallOptions;
  readonly #files: FilePort;
  readonly #clock: SimClock;
  readonly #lockClock: BlockingClock | undefined;
  readonly #devices = new Map<string, SimDevice>();
  readonly #open = new Map<number, SimDevice>();
  #nextDescriptor = FIRST_DESCRIPTOR;

  constructor(options: SimSyscallOptions, parts: SimSyscallParts = {}) {
    this.#options = options;
    this.#files = parts.files ?? createFilePort();
    this.#clock = parts.clock ?? createSimClock(options.clock, options.speed);
    this.#lockClock = parts.lockClock;
  }

  open(path: string, flags: number): number {
    return guard(() => {
      const device = this.#deviceAt(path);
      if (device === null) return -ERRNO.ENOENT;
      const refused = device.fault('open') || device.open(path, flags);
      if (refused !== 0) return refused;
      const fd = this.#nextDescriptor++;
      this.#open.set(fd, device);
      return fd;
    });
  }

  close(fd: number): number {
    return this.#with(fd, (device) => {
      this.#open.delete(fd);
      const fault = device.fault('close');
      const closed = device.close();
      return fault !== 0 ? fault : closed;
    });
  }

  read(fd: number, into: Uint8Array): number {
    return this.#call(fd, 'read', (device) => device.read(into));
  }

  write(fd: number, bytes: Uint8Array): number {
    return this.#call(fd, 'write', (device) => device.write(bytes));
  }

  ioctl(fd: number, request: number, argument: Uint8Array): number {
    assert(request !== SG_IOCTL.io, 'SG_IO goes through sgIo');
    return this.#call(fd, 'ioctl', (device) => device.ioctl(request, argument));
  }

  sgIo(fd: number, header: Uint8Array, cdb: Uint8Array, data: Uint8Array, sense: Uint8Array): number {
    return this.#call(fd, 'sg-io', (device) => {
      const refusal = device.beforeCommand();
      if (refusal !== 0) return refusal;
      const request = decodeSgIoRequest(header);
      assert(request.cdbBytes === cdb.length && request.dataBytes <= data.length, 'the header tells the lengths');
      const began = this.#clock.seconds();
      const reply = device.execute(cdb, data.subarray(0, request.dataBytes));
      const senseBytes = reply.sense === null ? 0 : putSense(encodeSense(reply.sense), sense, request.senseBytes);
      fillSgIoResult(header, {
        status: reply.sense === null ? STATUS.good : STATUS.checkCondition,
        senseBytes,
        hostStatus: reply.hostStatus ?? 0,
        driverStatus: senseBytes > 0 ? DRIVER_STATUS_SENSE : 0,
        residualBytes: request.dataBytes - reply.dataBytes,
        durationMs: Math.round((this.#clock.seconds() - began) * 1000),
      });
      return 0;
    });
  }

  #call(fd: number, name: DeviceCall, call: (device: SimDevice) => number): number {
    return this.#with(fd, (device) => device.fault(name) || call(device));
  }

  #with(fd: number, call: (device: SimDevice) => number): number {
    const device = this.#open.get(fd);
    return device === undefined ? -ERRNO.EBADF : guard(() => call(device));
  }

  #deviceAt(path: string): SimDevice | null {
    // `/dev/stN` and `/dev/nstN` are one device.
    const name = path.replace('/dev/nst', '/dev/st');
    const known = this.#devices.get(name);
    if (known !== undefined) return known;
    const device = path === this.#options.changer?.path ? this.#powerUpLibrary() : this.#powerUpDrive(path);
    if (device !== null) this.#devices.set(name, device);
    return device;
  }

  #powerUpDrive(path: string): SimDevice | null {
    if (!/^\/dev\/n?st\d+$/.test(path)) return null;
    const driveNumber = driveNumberOf(path);
    const options = this.#options.drives.find((drive) => driveNumberOf(drive.path) === driveNumber);
    if (options === undefined) return null;
    const { generation, bufferBytes, keepPayload, powerOnAttention, manner = 'lto' } = options;
    const faults = new FaultPlan(options.faults);
    const drive = new SscDrive({
      files: this.#files,
      rackDirectory: this.#options.directory,
      driveNumber,
      generation,
      clock: this.#clock,
      faults,
      manner,
      statistics: new DriveStatistics(options.statistics),
      ...(bufferBytes === undefined ? {} : { bufferBytes }),
      ...(keepPayload === undefined ? {} : { keepPayload }),
      ...(powerOnAttention === undefined ? {} : { powerOnAttention }),
    });
    const driver = new StDriver(drive, this.#clock, this.#options.privileged);
    const lock = new ProcessLock(this.#files, driveLockPath(this.#options.directory, driveNumber), process.pid);
    return new TapeDevice(drive, driver, faults, lock);
  }

  #powerUpLibrary(): SimDevice | null {
    const { directory, drives, changer } = this.#options;
    const library = openLibrary(this.#files, directory, this.#lockClock);
    if (library === null) return null;
    const faults = new ChangerFaultPlan(changer?.faults);
    const smc = new SmcChanger({
      files: this.#files,
      rackDirectory: directory,
      library,
      clock: this.#clock,
      faults,
      drives: new IdleDrives(this.#files, directory),
      identify: (driveNumber) => {
        const drive = drives.find(({ path }) => driveNumberOf(path) === driveNumber);
        return driveIdentity(drive?.generation ?? DEFAULT_GENERATION, driveNumber);
      },
      powerOn: changer?.powerOn ?? true,
    });
    return new ChangerDevice(smc, faults);
  }
}

function putSense(bytes: Uint8Array, into: Uint8Array, room: number): number {
  const length = Math.min(bytes.length, room, into.length);
  into.set(bytes.subarray(0, length));
  return length;
}

/** A rack whose files fail is a device that fails. */
function guard(call: () => number): number {
  try {
    return call();
  } catch (error) {
    if (error instanceof FileError) return -ERRNO.EIO;
    throw error;
  }
}
