import type { Fault, FaultCommand, FaultSense } from '../../sim/fault-plan.js';
import { Rack } from '../../sim/rack.js';
import type { DriveManner } from '../../sim/ssc-drive.js';
import { SimSyscalls } from '../../sim/sim-syscalls.js';
import type { BlockingClock } from '../../src/base/blocking-clock.js';
import type { SyscallPort } from '../../src/device/syscall-port.js';
import { StDrive } from '../../src/drive/st-drive.js';
import type { TapeDriveFixture } from '../contract/tape-drive.contract.js';
import { MemoryFiles } from './memory-files.js';

export const MEDIUM_ERROR_ON_WRITE: FaultSense = { key: 0x3, asc: 0x0c, ascq: 0x00 };
const DEVICE = '/dev/nst0';
const RACK = '/rack';

/** A fault that is armed when a test wants it, not by a count. */
class ArmedCount {
  #left = 0;

  arm(times = 1): void {
    this.#left = times;
  }

  /** What a fault's `nth` is asked: due now, or never. */
  get nth(): number {
    return this.#left-- > 0 ? 0 : Infinity;
  }
}

/** An StDrive on the simulated tape drive, whose time only moves when somebody waits. */
export class StDriveFixture implements TapeDriveFixture {
  readonly #files = new MemoryFiles();
  readonly rack = new Rack(this.#files, RACK, [DEVICE]);
  readonly faults: Fault[] = [];
  readonly clock = new VirtualBlockingClock();
  readonly #manner: DriveManner;
  port: SyscallPort;
  readonly drive: StDrive;
  #cartridges = 0;

  constructor(manner: DriveManner = 'lto') {
    this.#manner = manner;
    this.port = this.powerOn();
    this.drive = this.restarted();
  }

  /** The drive and the kernel's driver from their beginning, as after booting the machine. */
  powerOn(powerOnAttention = false): SyscallPort {
    return new SimSyscalls(
      {
        directory: RACK,
        clock: 'virtual',
        drives: [
          {
            path: DEVICE,
            generation: 'LTO-8',
            faults: { faults: this.faults },
            powerOnAttention,
            manner: this.#manner,
          },
        ],
      },
      { files: this.#files },
    );
  }

  restarted(): StDrive {
    return new StDrive({ port: this.port, device: DEVICE, clock: this.clock });
  }

  get barcode(): string {
    return `SIM${String(this.#cartridges).padStart(3, '0')}L8`;
  }

  insertBlank(capacityBytes: number): void {
    this.#cartridges++;
    this.rack.create(this.barcode, { capacityBytes, earlyWarningBytes: Math.floor(capacityBytes / 4) });
    this.rack.insert(this.barcode, DEVICE);
  }

  writeProtect(): void {
    this.rack.remove(DEVICE);
    this.rack.setWriteProtected(this.barcode, true);
    this.rack.insert(this.barcode, DEVICE);
  }

  /** The next commands of this kind end with this sense. */
  failNext(command: FaultCommand, sense: FaultSense, times = 1): void {
    const count = new ArmedCount();
    count.arm(times);
    this.faults.push({
      kind: 'sense',
      command,
      sense,
      times: 'for-good',
      get nth() {
        return count.nth;
      },
    });
  }

  failNextWrite(): void {
    this.failNext('write', MEDIUM_ERROR_ON_WRITE);
  }

  failNextFlush(): void {
    this.failNext('filemark', { ...MEDIUM_ERROR_ON_WRITE, deferred: true });
    this.failNext('synchronize', { ...MEDIUM_ERROR_ON_WRITE, deferred: true });
  }

  damageBlock(blockAddress: number): void {
    this.faults.push({ kind: 'unreadable', from: blockAddress, to: blockAddress });
  }

  /** Before the next command of each kind: whichever comes first. */
  reset(): void {
    const count = new ArmedCount();
    count.arm();
    const kinds: readonly FaultCommand[] = [
      'read',
      'write',
      'filemark',
      'synchronize',
      'locate',
      'space',
      'rewind',
      'erase',
      'position',
      'other',
    ];
    for (const command of kinds)
      this.faults.push({
        kind: 'reset',
        command,
        times: 'for-good',
        get nth() {
          return count.nth;
        },
      });
  }

  dispose(): void {
    // All of it is in memory.
  }
}

/** Sleeping takes no time but the hands move. */
export class VirtualBlockingClock implements BlockingClock {
  #nowMs = 0;
  monotonicMs(): number {
    return this.#nowMs;
  }
  sleepMs(ms: number): void {
    this.#nowMs += ms;
  }
}
