import type { SeededRandom } from '../../src/base/random.js';
import { StorageError } from '../../src/base/storage-error.js';
import { ERRNO } from '../../src/device/errno.js';
import type { SyscallPort } from '../../src/device/syscall-port.js';

/** How a life of the daemon ends: with the process alone, or with the machine and the drives too. */
export type Death = 'kill' | 'power-cut';

/** Thrown through the blocking code of a drive at the moment of death: nothing may catch it. */
class DeathSignal extends Error {}

/** What goes wrong in a life, by number of access from 1. */
export interface LifePlan {
  /** It ends at this one. */
  readonly diesAt?: number;
  /** This one fails, and with `forGood` every one behind it. */
  readonly failsAt?: number;
  readonly forGood?: boolean;
  /** So many in a million writes of the store fail, done or not. */
  readonly storeFailures?: number;
}

const MILLION = 1_000_000;

/**
 * One life of the daemon, from start to kill. Every access to the world outside, a system call or one of the store, is
 * counted; before or behind a chosen one the life ends: nobody who waited for anything hears of it any more, as in a
 * process that was killed. Or a chosen one fails: system calls with EIO, the store with INVENTORY_IO.
 */
export class Life {
  readonly #random: SeededRandom;
  readonly #plan: LifePlan;
  #accesses = 0;
  #isOver = false;

  constructor(random: SeededRandom, plan: LifePlan = {}) {
    this.#random = random;
    this.#plan = plan;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get accesses(): number {
    return this.#accesses;
  }

  end(): void {
    this.#isOver = true;
  }

  /** An access of the store. */
  async access<T>(what: 'read' | 'write', action: () => T): Promise<T> {
    if (this.#isOver) return never();
    try {
      const value = this.#count(
        () => (what === 'write' ? this.#write(action) : action()),
        () => {
          throw diskFailed();
        },
      );
      await Promise.resolve();
      return this.isOver ? await never() : value;
    } catch (error) {
      if (error instanceof DeathSignal) return never();
      throw error;
    }
  }

  /** A command of a drive's thread, whose system calls are counted by `port`. */
  async command<T>(action: () => T): Promise<T> {
    if (this.#isOver) return never();
    try {
      return action();
    } catch (error) {
      if (error instanceof DeathSignal) return never();
      throw error;
    }
  }

  /** Time passes for the living only. */
  async sleep(sleep: Promise<void>): Promise<void> {
    await sleep;
    if (this.#isOver) await never();
  }

  /** The system calls of this life on the drives of the world. */
  port(outside: SyscallPort): SyscallPort {
    const count = (action: () => number): number => this.#count(action, () => -ERRNO.EIO);
    return {
      open: (path, flags) => count(() => outside.open(path, flags)),
      // What fails of a close is what it did before.
      close: (fd) =>
        this.#count(
          () => outside.close(fd),
          () => Math.min(outside.close(fd), -ERRNO.EIO),
        ),
      read: (fd, into) => count(() => outside.read(fd, into)),
      write: (fd, bytes) => count(() => outside.write(fd, bytes)),
      ioctl: (fd, request, argument) => count(() => outside.ioctl(fd, request, argument)),
      sgIo: (fd, header, cdb, data, sense) => count(() => outside.sgIo(fd, header, cdb, data, sense)),
    };
  }

  #count<T>(action: () => T, fail: () => T): T {
    if (this.#isOver) throw new DeathSignal();
    this.#accesses++;
    const { diesAt = Infinity, failsAt = Infinity, forGood = false } = this.#plan;
    if (this.#accesses === failsAt || (forGood && this.#accesses > failsAt)) return fail();
    if (this.#accesses < diesAt) return action();
    // Before it, or behind it: nobody hears of the result either way.
    const isDone = this.#random.below(2) === 0;
    if (isDone) action();
    this.end();
    throw new DeathSignal();
  }

  #write<T>(action: () => T): T {
    if (this.#random.below(MILLION) >= (this.#plan.storeFailures ?? 0)) return action();
    if (this.#random.below(2) === 0) action();
    throw diskFailed();
  }
}

function diskFailed(): StorageError {
  return new StorageError('INVENTORY_IO', 'the disk failed');
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
