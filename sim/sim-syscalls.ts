import { assert } from '../src/base/assert.js';
import { FileError, type FilePort } from '../src/device/file-port.js';
import { createFilePort } from '../src/device/linux-files.js';
import { ERRNO, type ErrnoName } from '../src/device/errno.js';
import { decodeSgIoRequest, DRIVER_STATUS_SENSE, fillSgIoResult, SG_IOCTL } from '../src/device/sg-io.js';
import type { SyscallPort } from '../src/device/syscall-port.js';
import { encodeSense } from '../src/scsi/sense.js';
import { DriveLock } from './drive-lock.js';
import { driveNumberOf } from './drive-mouth.js';
import { DriveStatistics } from './drive-statistics.js';
import { FaultPlan, type FaultCall, type FaultPlanOptions } from './fault-plan.js';
import type { Generation } from './generations.js';
import type { KeepPayload } from './medium.js';
import { createSimClock, type ClockMode, type SimClock } from './sim-clock.js';
import { SscDrive } from './ssc-drive.js';
import { StDriver } from './st-driver.js';

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
}

/** Everything a simulated rack needs, in a form that survives structured clone. */
export interface SimSyscallOptions {
  /** The rack's directory (`rack.ts`). */
  readonly directory: string;
  readonly drives: readonly SimDriveOptions[];
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
}

/** What SyscallPortModule asks for. */
export function createSyscallPort(options: unknown): SyscallPort {
  // Options come from the composition root that chose this module; there is nobody else to check them for.
  return new SimSyscalls(options as SimSyscallOptions);
}

/** SCSI status of a command with sense, and of one without. */
const STATUS = { good: 0x00, checkCondition: 0x02 } as const;

interface SimUnit {
  readonly drive: SscDrive;
  readonly driver: StDriver;
  readonly faults: FaultPlan;
  readonly lock: DriveLock;
}

/** The first descriptor given out; any number does that no code takes for a standard stream. */
const FIRST_DESCRIPTOR = 100;

/**
 * System calls on simulated tape drives beside a rack. A drive gets its power when it is first opened; which cartridge is in
 * it is what the rack's files say.
 */
export class SimSyscalls implements SyscallPort {
  readonly #options: SimSyscallOptions;
  readonly #files: FilePort;
  readonly #clock: SimClock;
  readonly #units = new Map<number, SimUnit>();
  readonly #open = new Map<number, SimUnit>();
  #nextDescriptor = FIRST_DESCRIPTOR;

  constructor(options: SimSyscallOptions, parts: SimSyscallParts = {}) {
    this.#options = options;
    this.#files = parts.files ?? createFilePort();
    this.#clock = parts.clock ?? createSimClock(options.clock, options.speed);
  }

  open(path: string, flags: number): number {
    return guard(() => {
      const unit = this.#unitOf(path);
      if (unit === null) return -ERRNO.ENOENT;
      const fault = injected(unit, 'open');
      if (fault !== 0) return fault;
      // The lock comes first: a cartridge that another process is writing must not even be looked into.
      if ([...this.#open.values()].includes(unit) || !unit.lock.take()) return -ERRNO.EBUSY;
      const opened = guard(() => {
        unit.drive.resume();
        return unit.driver.open(flags, /^\/dev\/st\d/.test(path));
      });
      if (opened < 0) {
        this.#powerDown(unit);
        return opened;
      }
      const fd = this.#nextDescriptor++;
      this.#open.set(fd, unit);
      return fd;
    });
  }

  close(fd: number): number {
    return this.#with(fd, (unit) => {
      this.#open.delete(fd);
      const fault = injected(unit, 'close');
      const closed = unit.driver.close();
      this.#powerDown(unit);
      return fault !== 0 ? fault : closed;
    });
  }

  read(fd: number, into: Uint8Array): number {
    return this.#with(fd, (unit) => injected(unit, 'read') || unit.driver.read(into));
  }

  write(fd: number, bytes: Uint8Array): number {
    return this.#with(fd, (unit) => injected(unit, 'write') || unit.driver.write(bytes));
  }

  ioctl(fd: number, request: number, argument: Uint8Array): number {
    assert(request !== SG_IOCTL.io, 'SG_IO goes through sgIo');
    return this.#with(fd, (unit) => injected(unit, 'ioctl') || unit.driver.ioctl(request, argument));
  }

  sgIo(fd: number, header: Uint8Array, cdb: Uint8Array, data: Uint8Array, sense: Uint8Array): number {
    return this.#with(fd, (unit) => {
      const refusal = injected(unit, 'sg-io') || unit.driver.beforeCommand();
      if (refusal !== 0) return refusal;
      const request = decodeSgIoRequest(header);
      assert(request.cdbBytes === cdb.length && request.dataBytes <= data.length, 'the header tells the lengths');
      const began = this.#clock.seconds();
      const reply = unit.drive.execute(cdb, data.subarray(0, request.dataBytes));
      const senseBytes = reply.sense === null ? 0 : putSense(encodeSense(reply.sense), sense, request.senseBytes);
      fillSgIoResult(header, {
        status: reply.sense === null ? STATUS.good : STATUS.checkCondition,
        senseBytes,
        driverStatus: senseBytes > 0 ? DRIVER_STATUS_SENSE : 0,
        residualBytes: request.dataBytes - reply.dataBytes,
        durationMs: Math.round((this.#clock.seconds() - began) * 1000),
      });
      return 0;
    });
  }

  #with(fd: number, call: (unit: SimUnit) => number): number {
    const unit = this.#open.get(fd);
    return unit === undefined ? -ERRNO.EBADF : guard(() => call(unit));
  }

  #unitOf(path: string): SimUnit | null {
    if (!/^\/dev\/n?st\d+$/.test(path)) return null;
    const number = driveNumberOf(path);
    const known = this.#units.get(number);
    if (known !== undefined) return known;
    const options = this.#options.drives.find((drive) => driveNumberOf(drive.path) === number);
    if (options === undefined) return null;
    const unit = this.#powerUp(number, options);
    this.#units.set(number, unit);
    return unit;
  }

  #powerUp(driveNumber: number, options: SimDriveOptions): SimUnit {
    const { generation, bufferBytes, keepPayload, powerOnAttention } = options;
    const faults = new FaultPlan(options.faults);
    const drive = new SscDrive({
      files: this.#files,
      rackDirectory: this.#options.directory,
      driveNumber,
      generation,
      clock: this.#clock,
      faults,
      statistics: new DriveStatistics(options.statistics),
      ...(bufferBytes === undefined ? {} : { bufferBytes }),
      ...(keepPayload === undefined ? {} : { keepPayload }),
      ...(powerOnAttention === undefined ? {} : { powerOnAttention }),
    });
    const driver = new StDriver(drive, this.#clock, this.#options.privileged);
    const lock = new DriveLock(this.#files, this.#options.directory, driveNumber, process.pid);
    return { drive, driver, faults, lock };
  }

  /** Nobody has the drive open: its files are closed, so that another process can be given it. */
  #powerDown(unit: SimUnit): void {
    unit.drive.park();
    unit.lock.release();
  }
}

function injected(unit: SimUnit, call: FaultCall): number {
  const errno: ErrnoName | null = unit.faults.onCall(call);
  return errno === null ? 0 : -ERRNO[errno];
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
