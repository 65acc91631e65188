import { assert } from '../base/assert.js';
import type { BlockingClock } from '../base/blocking-clock.js';
import { StorageError, isStorageError, type ErrorContext } from '../base/storage-error.js';
import { ERRNO } from '../device/errno.js';
import { MT_OP } from '../device/mtio.js';
import type { SyscallPort } from '../device/syscall-port.js';
import { CountedPositioning } from './counted-positioning.js';
import { DRIVE_LIMITS } from './drive-limits.js';
import { LocatedPositioning } from './located-positioning.js';
import { PositionTrust } from './position-trust.js';
import type { Positioning } from './positioning.js';
import { readCartridgeMemory, writeCartridgeMemory } from './scsi-cartridge-memory.js';
import { askReady, TEST_UNIT_READY } from './scsi-questions.js';
import { ScsiTarget } from './scsi-target.js';
import { StDevice } from './st-device.js';
import { diagnose, type StOperation } from './st-diagnosis.js';
import { loadCartridge, unloadCartridge } from './st-loading.js';
import { StQuestions } from './st-questions.js';
import { StReads } from './st-reads.js';
import { StWrites } from './st-writes.js';
import { eraseRest } from './tape-moves.js';
import type {
  ApplicationAttributes,
  DriveHealth,
  DriveStatus,
  MediumAttributes,
  MediumCapacity,
  ReadOutcome,
  TapeDrive,
  TapePosition,
  WriteOutcome,
} from './tape-drive.js';

export interface StDriveOptions {
  readonly port: SyscallPort;
  /** The non-rewinding node of a drive, e.g. `/dev/nst0`. */
  readonly device: string;
  readonly clock: BlockingClock;
}

/**
 * A TapeDrive over the Linux `st` driver: data, filemarks and rewinding through the node's own calls, all that needs an
 * answer with sense (position, moves, status) by SG_IO on the same node, which needs CAP_SYS_RAWIO.
 *
 * Both go to the same drive, and `st` does not know what SG_IO did. What follows from that (drivers/scsi/st.c):
 * - Before anything moves, and right after a failed write, `st` is brought out of its writing state (see StWrites): the
 *   filemark it would write later, wherever the tape then stands, would cut off everything behind it.
 * - Having met the end of the data it answers reads by itself. After a move by SG_IO, MTFSR with count 0, which moves
 *   nothing, clears that (`#tellSt`). Its file and block numbers are not used.
 * - It learns of another cartridge when it is opened. So loading and unloading open it anew.
 * - After a reset it passes nothing on until MTREW or the like. After a lost position every move rewinds first.
 *
 * A read, a write or a move that failed bars writing (DRIVE_POSITION_LOST) until the drive was positioned by `rewind`,
 * `locate`, `locateEndOfData` or `load`.
 */
export class StDrive implements TapeDrive {
  readonly #device: StDevice;
  readonly #target: ScsiTarget;
  readonly #questions: StQuestions;
  readonly #reads: StReads;
  readonly #writes: StWrites;
  readonly #clock: BlockingClock;
  readonly #trust = new PositionTrust();
  #positioning: Positioning;
  #isOpen = false;

  constructor(options: StDriveOptions) {
    this.#device = new StDevice(options.port, options.device);
    this.#writes = new StWrites(this.#device);
    this.#clock = options.clock;
    this.#target = new ScsiTarget(this.#device, {
      positionLost: (why) => {
        this.#losePosition(why);
      },
      deferredFailure: (error, told) => {
        if (told) this.#trust.isBarred = true;
        else this.#trust.keepUntold(error);
      },
      writeBehind: (errno) => {
        if (errno === ERRNO.ENOSPC) this.#writes.earlyWarning = true;
        else if (this.#writes.areOpen) this.#trust.keepUntold(this.#writeFailed('finishing an earlier block', -errno));
      },
    });
    this.#questions = new StQuestions(this.#device, this.#target);
    this.#reads = new StReads({
      device: this.#device,
      target: this.#target,
      trust: this.#trust,
      failure: (errno) => this.#readFailed(errno),
    });
    this.#positioning = new LocatedPositioning(this.#target, this.#trust, options.device);
  }

  /** Also CONFIG_UNSAFE for a node that rewinds on close, DEVICE_OPEN_FAILED. */
  open(): void {
    assert(!this.#isOpen, 'a drive is opened once');
    this.#device.open();
    try {
      this.#throughReset(() => {
        this.#questions.askDrive();
      });
      const Way = this.#questions.canLocate ? LocatedPositioning : CountedPositioning;
      this.#positioning = new Way(this.#target, this.#trust, this.#device.path);
      const ready = askReady(this.#target).kind === 'good';
      // Whoever had the drive before may have moved the tape or changed it: that is no loss, the generation tells.
      this.#startAnew(null);
      if (ready) this.#useVariableBlocks();
    } catch (error) {
      this.#device.close();
      throw error;
    }
    this.#isOpen = true;
  }

  /**
   * Since a reset `st` passes no command on before the tape was rewound. Where the position does not matter that is done
   * here; whether it succeeds `run` finds out. The rewind that meets the news of the reset may itself be refused, or be followed by
   * refusals again (Linux 7.3 after an aborted command).
   */
  #throughReset(run: () => void): void {
    for (let rewinds = 0; ; rewinds++) {
      try {
        run();
        return;
      } catch (error) {
        if (!isStorageError(error, 'DRIVE_POSITION_LOST') || rewinds === DRIVE_LIMITS.rewindsAfterReset) throw error;
        this.#device.operate(MT_OP.rewind, 1);
      }
    }
  }

  /** Without a filemark that nobody asked for. A failure to flush is thrown, and the device is closed all the same. */
  close(): void {
    if (!this.#isOpen) return;
    try {
      if (this.#device.isOpen) this.#endWrites();
    } finally {
      this.#isOpen = false;
      this.#device.close();
    }
  }

  readStatus(): DriveStatus {
    this.#assertOpen();
    const status = this.#questions.status(this.#writes.areOpen);
    // The generation last: the questions themselves may bring a loss to light.
    return { ...status, mediumGeneration: this.#trust.generation };
  }

  load(): void {
    this.#assertOpen();
    if (this.#device.isOpen) this.#endWrites();
    else this.#device.open();
    this.#trust.isBarred = true;
    this.#throughReset(() => {
      loadCartridge(this.#target, this.#clock);
    });
    this.#reopen();
    this.#operate(MT_OP.rewind, 1, 'move', 'rewinding');
    this.#startAnew(0);
    this.#useVariableBlocks();
  }

  unload(): void {
    this.#assertOpen();
    this.#endWrites();
    this.#throughReset(() => {
      unloadCartridge(this.#target);
    });
    this.#reopen();
    this.#startAnew(null);
  }

  /** `st` finds out about the cartridge when it is opened. */
  #reopen(): void {
    this.#device.close();
    this.#device.open();
  }

  #useVariableBlocks(): void {
    const status = this.#device.status();
    // MTIOCGET is refused after a reset, until the tape was rewound.
    if (status === null) this.#losePosition('the kernel refuses the drive since a reset');
    else if (status.blockSizeBytes !== 0) this.#operate(MT_OP.setBlockSize, 0, 'move', 'setting variable block length');
  }

  #startAnew(blockAddress: number | null): void {
    this.#questions.forgetMedium();
    this.#writes.forget();
    this.#trust.renew(blockAddress);
  }

  rewind(): void {
    this.#move('rewinding', () => {
      this.#trust.expected = null;
      this.#operate(MT_OP.rewind, 1, 'move', 'rewinding');
      return 0;
    });
  }

  locate(blockAddress: number): void {
    assert(Number.isSafeInteger(blockAddress) && blockAddress >= 0, 'a block address is a count');
    this.#move(`locating block ${String(blockAddress)}`, () => {
      this.#positioning.locate(blockAddress);
      const found = this.#askAddress();
      if (found === blockAddress) return found;
      this.#losePosition(`the drive went to block ${String(found)} when it was sent to block ${String(blockAddress)}`);
      throw this.#positionLost();
    });
  }

  locateEndOfData(): void {
    this.#move('locating the end of the data', () => {
      this.#positioning.locateEndOfData();
      return this.#askAddress();
    });
  }

  spaceFilemarks(count: number): { readonly remaining: number } {
    assert(Number.isSafeInteger(count) && Math.abs(count) <= 0x7f_ffff, 'SPACE(6) counts in 24 bits');
    this.#assertPosition();
    if (count === 0) return { remaining: 0 };
    const wasBarred = this.#trust.isBarred;
    let remaining = 0;
    this.#move(`spacing over ${String(count)} filemarks`, () => {
      remaining = this.#positioning.spaceFilemarks(count);
      return this.#askAddress();
    });
    // Counted from a place that is not known for sure, it ends at another such.
    this.#trust.isBarred = wasBarred;
    return { remaining };
  }

  readPosition(): TapePosition {
    this.#assertPosition();
    const drained = this.#writes.drain();
    if (drained < 0) throw this.#writeFailed('finishing a block', drained);
    const found = this.#positioning.ask();
    const { blockAddress, fileNumber, beginningOfMedium } = found;
    this.#trust.expected = blockAddress;
    return {
      blockAddress,
      fileNumber,
      beginningOfMedium,
      earlyWarning: found.earlyWarning || this.#writes.earlyWarning,
      blocksInBuffer: this.#writes.areOpen ? found.blocksInBuffer() : 0,
    };
  }

  readBlock(into: Uint8Array): ReadOutcome {
    this.#assertPosition();
    this.#settleWrites();
    this.#trust.expected ??= this.#askAddress();
    return this.#reads.read(into, this.#positioning);
  }

  #readFailed(errno: number): StorageError {
    const error = this.#diagnose('read', `reading block ${String(this.#trust.expected ?? '(unknown)')}`, errno);
    this.#trust.expected = null;
    return error;
  }

  /** Refused with ENOSPC once it is early warning, twice the end of the medium: see StWrites. */
  writeBlock(block: Uint8Array): WriteOutcome {
    assert(block.length > 0, 'a block has at least one byte');
    this.#assertWritable();
    this.#trust.expected ??= this.#askAddress();
    for (let tries = 0; tries < 2; tries++) {
      const result = this.#writes.write(block);
      if (result === block.length) return this.#written(1);
      if (result !== -ERRNO.ENOSPC) throw this.#writeFailed(`writing a block of ${String(block.length)} bytes`, result);
      if (this.#isWritten(1)) return this.#written(1);
    }
    return { kind: 'end-of-medium' };
  }

  writeFilemarks(count: number): WriteOutcome {
    assert(Number.isSafeInteger(count) && count >= 1 && count <= 0xff_ffff, 'WRITE FILEMARKS counts in 24 bits');
    this.#assertWritable();
    this.#trust.expected ??= this.#askAddress();
    const result = this.#writes.flush(count);
    if (result === -ERRNO.ENOSPC && !this.#isWritten(count)) return { kind: 'end-of-medium' };
    if (result < 0 && result !== -ERRNO.ENOSPC) throw this.#writeFailed(`writing ${String(count)} filemarks`, result);
    return this.#written(count);
  }

  #written(objects: number): WriteOutcome {
    this.#trust.passed(objects);
    return { kind: 'written', earlyWarning: this.#writes.earlyWarning };
  }

  /**
   * Whether objects that were refused with ENOSPC are on the tape all the same: `st` goes by the residual in the sense, and
   * a drive that miscounts it near the end (scsi_debug does) would have a block written twice. All or nothing: else the
   * position is not what was counted.
   */
  #isWritten(objects: number): boolean {
    const expected = this.#trust.expected ?? 0;
    const found = this.#askAddress();
    if (found === expected || found === expected + objects) return found !== expected;
    this.#losePosition(`the tape is at block ${String(found)} where block ${String(expected)} should be written`);
    this.#writes.abandon();
    throw this.#positionLost();
  }

  synchronize(): void {
    this.#assertPosition();
    this.#settleWrites();
  }

  erase(mode: 'short' | 'long'): void {
    this.#assertWritable();
    this.#settleWrites();
    this.#trust.isBarred = true;
    eraseRest(this.#target, mode);
    this.#tellSt();
    this.#trust.isBarred = false;
  }

  readHealth(): DriveHealth {
    this.#assertOpen();
    return this.#questions.readHealth();
  }

  readCapacity(): MediumCapacity | null {
    this.#assertOpen();
    return this.#questions.readCapacity();
  }

  readMediumAttributes(): MediumAttributes {
    this.#assertOpen();
    return readCartridgeMemory(this.#target);
  }

  writeMediumAttributes(attributes: ApplicationAttributes): boolean {
    this.#assertOpen();
    return writeCartridgeMemory(this.#target, attributes);
  }

  /** Ends writing, moves, and tells `st`. `run` returns the block address it arrived at. */
  #move(doing: string, run: () => number): void {
    this.#assertOpen();
    this.#trust.throwUntold();
    this.#endWrites();
    this.#trust.isBarred = true;
    const wasLost = this.#trust.loss !== null;
    // Also makes `st` accept commands again after a reset.
    if (wasLost) {
      this.#trust.expected = null;
      this.#operate(MT_OP.rewind, 1, 'move', `rewinding before ${doing}`);
      this.#trust.expected = 0;
    }
    // Brings unit attentions to light before `st` could swallow one.
    const ask = (): void => {
      const ready = askReady(this.#target);
      if (ready.kind === 'sense') throw this.#target.errorOf(TEST_UNIT_READY, ready.sense);
    };
    if (wasLost) this.#throughReset(ask);
    else ask();
    if (this.#trust.loss !== null && !wasLost) throw this.#positionLost();
    this.#trust.throwUntold();
    try {
      this.#trust.arrived(run());
      this.#writes.forget();
    } finally {
      this.#tellSt();
    }
  }

  /** Clears what `st` remembers of the end of the data: spaces over no block. */
  #tellSt(): void {
    this.#device.operate(MT_OP.forwardSpaceBlocks, 0);
  }

  /** Before a move: what was written must be on the medium, unless it failed already and the caller was told. */
  #endWrites(): void {
    if (this.#trust.isBarred) this.#writes.abandon();
    else this.#settleWrites();
  }

  #settleWrites(): void {
    if (!this.#writes.areOpen) return;
    const result = this.#writes.flush(0);
    if (result < 0) throw this.#writeFailed('flushing the drive’s buffer', result);
  }

  /** `result`: of the system call; a count when only part of a block was written. */
  #writeFailed(doing: string, result: number): StorageError {
    this.#trust.isBarred = true;
    const error = result >= 0 ? this.#writtenInPart(doing, result) : this.#diagnose('write', doing, -result);
    this.#writes.abandon();
    this.#trust.expected = null;
    return error;
  }

  #writtenInPart(doing: string, writtenBytes: number): StorageError {
    return new StorageError(
      'MEDIUM_WRITE_ERROR',
      `Error while ${doing}: only ${String(writtenBytes)} of them were written. What was synchronized before is safe; go on with another volume.`,
      { context: this.#context({ writtenBytes }) },
    );
  }

  #operate(op: number, count: number, operation: StOperation, doing: string): void {
    const result = this.#device.operate(op, count);
    if (result < 0) throw this.#diagnose(operation, doing, -result);
  }

  #diagnose(operation: StOperation, doing: string, errno: number): StorageError {
    const error = diagnose(
      { operation, doing, errno, context: this.#context() },
      {
        target: this.#target,
        readTapeAlerts: () => this.#questions.peekTapeAlerts(),
        positionLoss: () => this.#trust.loss ?? this.#findLoss(),
      },
    );
    if (error.code === 'DRIVE_POSITION_LOST') this.#losePosition(error.message);
    return error;
  }

  /** A drive that was reset stands at the beginning, and `st` may have swallowed the unit attention that said so. */
  #findLoss(): string | null {
    const expected = this.#trust.expected ?? 0;
    if (expected === 0 || this.#askAddress() !== 0) return null;
    return `the drive stands at the beginning of the tape instead of at block ${String(expected)}: it was reset`;
  }

  #askAddress(): number {
    return this.#positioning.ask().blockAddress;
  }

  #losePosition(why: string): void {
    this.#trust.lose(why);
    this.#questions.forgetMedium();
  }

  #positionLost(): StorageError {
    const why = this.#trust.loss ?? 'it was not positioned since a read, a write or a move failed';
    return new StorageError(
      'DRIVE_POSITION_LOST',
      `The position of the tape in ${this.#device.path} is not certain: ${why}. Nothing was written; position, and read the label again, before anything is.`,
      { context: this.#context() },
    );
  }

  #assertOpen(): void {
    assert(this.#isOpen, 'the drive is open');
  }

  #assertPosition(): void {
    this.#assertOpen();
    this.#trust.throwUntold();
    if (this.#trust.loss === null) return;
    this.#writes.abandon();
    throw this.#positionLost();
  }

  #assertWritable(): void {
    this.#assertPosition();
    if (this.#trust.isBarred) throw this.#positionLost();
  }

  #context(more: ErrorContext = {}): ErrorContext {
    return { device: this.#device.path, expectedBlockAddress: this.#trust.expected, ...more };
  }
}
