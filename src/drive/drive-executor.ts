import { assert } from '../base/assert.js';
import type { BlockingClock } from '../base/blocking-clock.js';
import { StorageError } from '../base/storage-error.js';
import type { BlockSealer } from './block-sealer.js';
import type {
  DriveSeconds,
  DriveThread,
  ReadRunResult,
  RingMemory,
  RunBlock,
  WriteRunResult,
  WriteRunStop,
} from './drive-thread.js';
import type {
  ApplicationAttributes,
  DriveHealth,
  DriveStatus,
  MediumAttributes,
  MediumCapacity,
  TapeDrive,
  TapePosition,
  WriteOutcome,
} from './tape-drive.js';

/** The commands of a DriveThread: everything but what is about the thread itself. */
export type DriveCommandName = Exclude<keyof DriveThread, 'terminate' | 'seconds'>;
export type DriveCommandArguments<N extends DriveCommandName> = Parameters<DriveThread[N]>;
export type DriveCommandResult<N extends DriveCommandName> = Awaited<ReturnType<DriveThread[N]>>;

/** The same commands where they are carried out: on the drive's thread, blocking. */
export type BlockingDriveCommands = {
  [N in DriveCommandName]: (...args: DriveCommandArguments<N>) => DriveCommandResult<N>;
};

type SecondsCause = keyof DriveSeconds;

/**
 * Carries out the commands of a DriveThread on one TapeDrive and one block ring. StorageErrors of the drive pass through;
 * anything else it throws is a mistake, after which the thread must end.
 *
 * Holding: after a run, or filemarks, that stopped for any reason nothing is written until `resume`. So a caller may submit
 * ahead, and the medium still carries a prefix of what was submitted. After filemarks, a synchronize or a move that failed it
 * is the TapeDrive that refuses to write before it was positioned.
 */
export class DriveExecutor implements BlockingDriveCommands {
  readonly #drive: TapeDrive;
  readonly #ring: RingMemory;
  readonly #sealer: BlockSealer;
  readonly #clock: BlockingClock;
  readonly #seconds: Record<SecondsCause, number> = { write: 0, flush: 0, read: 0, position: 0 };
  #held = false;

  constructor(options: {
    readonly drive: TapeDrive;
    readonly ring: RingMemory;
    readonly sealer: BlockSealer;
    readonly clock: BlockingClock;
  }) {
    this.#drive = options.drive;
    this.#ring = options.ring;
    this.#sealer = options.sealer;
    this.#clock = options.clock;
  }

  /** A copy: what was spent up to now. */
  get seconds(): DriveSeconds {
    return { ...this.#seconds };
  }

  /** Carries out a command by name, as it comes from another thread. */
  execute<N extends DriveCommandName>(name: N, args: DriveCommandArguments<N>): DriveCommandResult<N> {
    return (this as BlockingDriveCommands)[name](...args);
  }

  open(): void {
    this.#drive.open();
  }

  close(): void {
    this.#drive.close();
  }

  /** Gives the device back when the thread ends. What it may still complain of concerns blocks that nobody was told are safe. */
  closeAtEnd(): void {
    try {
      this.#drive.close();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }

  readStatus(): DriveStatus {
    return this.#drive.readStatus();
  }

  load(): void {
    this.#drive.load();
  }

  unload(): void {
    this.#drive.unload();
  }

  rewind(): void {
    this.#timed('position', () => {
      this.#drive.rewind();
    });
  }

  locate(blockAddress: number): void {
    this.#timed('position', () => {
      this.#drive.locate(blockAddress);
    });
  }

  locateEndOfData(): void {
    this.#timed('position', () => {
      this.#drive.locateEndOfData();
    });
  }

  spaceFilemarks(count: number): { readonly remaining: number } {
    return this.#timed('position', () => this.#drive.spaceFilemarks(count));
  }

  readPosition(): TapePosition {
    return this.#timed('position', () => this.#drive.readPosition());
  }

  writeFilemarks(count: number): WriteRunStop | null {
    if (this.#held) return { kind: 'held' };
    const outcome = this.#timed('flush', () => this.#drive.writeFilemarks(count));
    const stop = stopOf(outcome);
    this.#held = stop !== null;
    return stop;
  }

  synchronize(): void {
    this.#timed('flush', () => {
      this.#drive.synchronize();
    });
  }

  erase(mode: 'short' | 'long'): void {
    this.#timed('write', () => {
      this.#drive.erase(mode);
    });
  }

  readHealth(): DriveHealth {
    return this.#drive.readHealth();
  }

  readCapacity(): MediumCapacity | null {
    return this.#drive.readCapacity();
  }

  readMediumAttributes(): MediumAttributes {
    return this.#drive.readMediumAttributes();
  }

  writeMediumAttributes(attributes: ApplicationAttributes): boolean {
    return this.#drive.writeMediumAttributes(attributes);
  }

  resume(): void {
    this.#held = false;
  }

  writeRun(run: readonly RunBlock[]): WriteRunResult {
    for (let written = 0; ; written++) {
      const block = run[written];
      if (block === undefined) return { written, stop: null };
      if (this.#held) return { written, stop: { kind: 'held' } };
      const stop = this.#writeOne(block);
      if (stop === null) continue;
      this.#held = true;
      return { written: stop.kind === 'early-warning' ? written + 1 : written, stop };
    }
  }

  #writeOne(block: RunBlock): WriteRunStop | null {
    const bytes = this.#slot(block.slot, block.lengthBytes);
    if (block.sealed !== false && !this.#sealer.seal(bytes)) return { kind: 'payload-mismatch' };
    let outcome: WriteOutcome;
    try {
      outcome = this.#timed('write', () => this.#drive.writeBlock(bytes));
    } catch (error) {
      if (error instanceof StorageError) return { kind: 'failure', error: error.toRecord() };
      throw error;
    }
    return stopOf(outcome);
  }

  readRun(slots: readonly number[]): ReadRunResult {
    const blocks: { lengthBytes: number; seal: ReadRunResult['blocks'][number]['seal'] }[] = [];
    for (const slot of slots) {
      const into = this.#slot(slot, this.#ring.slotBytes);
      try {
        const outcome = this.#timed('read', () => this.#drive.readBlock(into));
        if (outcome.kind !== 'block') return { blocks, stop: outcome };
        const { lengthBytes } = outcome;
        blocks.push({ lengthBytes, seal: this.#sealer.check(into.subarray(0, lengthBytes)) });
      } catch (error) {
        if (error instanceof StorageError) return { blocks, stop: { kind: 'failure', error: error.toRecord() } };
        throw error;
      }
    }
    return { blocks, stop: null };
  }

  #slot(slot: number, lengthBytes: number): Uint8Array {
    const { memory, firstSlotOffset, slotBytes, slotCount } = this.#ring;
    assert(Number.isInteger(slot) && slot >= 0 && slot < slotCount, 'a slot of the ring');
    assert(lengthBytes > 0 && lengthBytes <= slotBytes, 'a block fits its slot');
    return new Uint8Array(memory, firstSlotOffset + slot * slotBytes, lengthBytes);
  }

  /** Adds the time also when the call fails: a failing write takes the drive minutes of retries. */
  #timed<T>(cause: SecondsCause, call: () => T): T {
    const startMs = this.#clock.monotonicMs();
    try {
      return call();
    } finally {
      this.#seconds[cause] += (this.#clock.monotonicMs() - startMs) / 1000;
    }
  }
}

function stopOf(outcome: WriteOutcome): WriteRunStop | null {
  if (outcome.kind === 'end-of-medium') return outcome;
  return outcome.earlyWarning ? { kind: 'early-warning' } : null;
}
