import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  decodeMtPosition,
  decodeMtStatus,
  encodeMtOperation,
  MTGET_BYTES,
  MTIO,
  MTPOS_BYTES,
  type MtStatus,
} from '../../../src/device/mtio.js';
import { createFilePort } from '../../../src/device/linux-files.js';
import { decodeSgIoResult, encodeSgIoRequest } from '../../../src/device/sg-io.js';
import { OPEN_FLAGS } from '../../../src/device/syscall-port.js';
import {
  decodeLongPosition,
  decodeShortPosition,
  encodeReadPositionCdb,
  POSITION_LENGTH,
  type LongPosition,
  type ShortPosition,
} from '../../../src/scsi/read-position.js';
import { decodeSense, type Sense } from '../../../src/scsi/sense.js';
import { createDriveStatisticsMemory, DriveStatistics } from '../../../sim/drive-statistics.js';
import type { FaultPlanOptions } from '../../../sim/fault-plan.js';
import type { Generation } from '../../../sim/generations.js';
import type { KeepPayload } from '../../../sim/medium.js';
import { Rack, type NewCartridge } from '../../../sim/rack.js';
import { createSimClock, type ClockMode, type SimClock } from '../../../sim/sim-clock.js';
import { SimSyscalls } from '../../../sim/sim-syscalls.js';

export const DRIVE = '/dev/nst0';
export const BARCODE = 'TPL001L9';
export const KIB = 1024;

export interface BenchOptions {
  readonly cartridge?: NewCartridge;
  readonly barcode?: string;
  readonly faults?: FaultPlanOptions;
  /** Default: the drive had power all the time. */
  readonly powerOnAttention?: boolean;
  readonly keepPayload?: KeepPayload;
  readonly generation?: Generation;
  readonly bufferBytes?: number;
  readonly privileged?: boolean;
  readonly clock?: ClockMode;
}

/** What a SCSI command sent with SG_IO came back with. */
export interface CommandResult {
  readonly sense: Sense | null;
  readonly data: Uint8Array;
  readonly residual: number;
}

/** A rack with one cartridge, inserted, and one LTO-9 drive on a virtual clock, reached by system calls as by the kernel. */
export class SimBench {
  readonly directory = mkdtempSync(join(tmpdir(), 'tapeloom-sim-'));
  readonly files = createFilePort();
  readonly rack = new Rack(this.files, this.directory, [DRIVE, '/dev/nst1']);
  readonly #options: BenchOptions;
  clock: SimClock;
  statistics = new DriveStatistics();
  port: SimSyscalls;
  fd = -1;

  constructor(options: BenchOptions = {}) {
    this.#options = options;
    const barcode = options.barcode ?? BARCODE;
    this.rack.create(barcode, options.cartridge);
    this.rack.insert(barcode, DRIVE);
    this.clock = createSimClock(options.clock ?? 'virtual');
    this.port = this.#newPort();
  }

  /** As if the process had ended, however it did, and a new one begun. */
  restart(options: Partial<BenchOptions> = {}): void {
    this.clock = createSimClock(this.#options.clock ?? 'virtual');
    this.fd = -1;
    this.port = this.#newPort(options);
  }

  #newPort(more: Partial<BenchOptions> = {}): SimSyscalls {
    const {
      faults,
      powerOnAttention = false,
      keepPayload = 'all',
      generation,
      bufferBytes,
      privileged,
    } = {
      ...this.#options,
      ...more,
    };
    const memory = createDriveStatisticsMemory();
    this.statistics = new DriveStatistics(memory);
    return new SimSyscalls(
      {
        directory: this.directory,
        clock: this.clock.mode,
        privileged: privileged ?? false,
        drives: [
          {
            path: DRIVE,
            generation: generation ?? 'LTO-9',
            powerOnAttention,
            keepPayload,
            statistics: memory,
            ...(faults === undefined ? {} : { faults }),
            ...(bufferBytes === undefined ? {} : { bufferBytes }),
          },
          { path: '/dev/nst1', generation: 'LTO-7', powerOnAttention: false },
        ],
      },
      { clock: this.clock },
    );
  }

  /** Opens the drive; the result is also kept for the calls below. */
  open(flags: number = OPEN_FLAGS.readWrite, path = DRIVE): number {
    const fd = this.port.open(path, flags);
    if (fd >= 0) this.fd = fd;
    return fd;
  }

  close(): number {
    return this.port.close(this.fd);
  }

  write(bytes: number | Uint8Array): number {
    return this.port.write(this.fd, typeof bytes === 'number' ? block(bytes) : bytes);
  }

  read(room: number | Uint8Array = 64 * KIB): number {
    return this.port.read(this.fd, typeof room === 'number' ? new Uint8Array(room) : room);
  }

  /** MTIOCTOP. */
  operate(op: number, count = 1): number {
    return this.port.ioctl(this.fd, MTIO.operate, encodeMtOperation({ op, count }));
  }

  /** MTIOCGET, which must succeed. */
  status(): MtStatus {
    const bytes = new Uint8Array(MTGET_BYTES);
    const result = this.port.ioctl(this.fd, MTIO.getStatus, bytes);
    if (result !== 0) throw new Error(`MTIOCGET: ${String(result)}`);
    return decodeMtStatus(bytes);
  }

  /** MTIOCPOS, or -errno. */
  tell(): number {
    const bytes = new Uint8Array(MTPOS_BYTES);
    const result = this.port.ioctl(this.fd, MTIO.getPosition, bytes);
    return result === 0 ? decodeMtPosition(bytes) : result;
  }

  /** SG_IO; throws when the call itself fails. */
  command(cdb: Uint8Array, data: Uint8Array = new Uint8Array(), direction?: 'to-device'): CommandResult {
    const sense = new Uint8Array(64);
    const way = data.length === 0 ? 'none' : (direction ?? 'from-device');
    const header = encodeSgIoRequest({
      direction: way,
      cdbBytes: cdb.length,
      dataBytes: data.length,
      senseBytes: sense.length,
      timeoutMs: 1000,
    });
    const result = this.port.sgIo(this.fd, header, cdb, data, sense);
    if (result !== 0) throw new Error(`SG_IO: ${String(result)}`);
    const { status, senseBytes, residualBytes } = decodeSgIoResult(header);
    if ((status === 2) !== senseBytes > 0) throw new Error('CHECK CONDITION and sense come together');
    return {
      sense: senseBytes > 0 ? decodeSense(sense.subarray(0, senseBytes)) : null,
      data: data.subarray(0, data.length - residualBytes),
      residual: residualBytes,
    };
  }

  shortPosition(): ShortPosition {
    return decodeShortPosition(
      this.command(encodeReadPositionCdb('short'), new Uint8Array(POSITION_LENGTH.short)).data,
    );
  }

  longPosition(): LongPosition {
    return decodeLongPosition(this.command(encodeReadPositionCdb('long'), new Uint8Array(POSITION_LENGTH.long)).data);
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true });
  }
}

/** A block whose bytes tell which it is. */
export function block(bytes: number, seed = bytes): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + seed * 7) & 0xff);
}

/** `key/asc/ascq` in hexadecimal, for comparing; null for no sense. */
export function senseText(sense: Sense | null): string | null {
  if (sense === null) return null;
  return [sense.key, sense.asc, sense.ascq].map((part) => part.toString(16).padStart(2, '0')).join('/');
}
