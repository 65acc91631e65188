import type { SyscallPort } from '../../src/device/syscall-port.js';
import type { SeededRandom } from '../../src/base/random.js';

/** How a life of the daemon ends: with the process alone, or with the machine and the drives too. */
export type Death = 'kill' | 'power-cut';

/** Thrown through the blocking code of a drive at the moment of death: nothing may catch it. */
class DeathSignal extends Error {}

/**
 * One life of the daemon, from start to kill. Every access to the world outside, a system call or one of the store, is
 * counted; before or behind a chosen one the life ends: nobody who waited for anything hears of it any more, as in a
 * process that was killed.
 */
export class Life {
  /** Resolves when the life has ended. */
  readonly ended: Promise<void>;
  #accesses = 0;
  readonly #lastAccess: number;
  readonly #random: SeededRandom;
  #isOver = false;
  #end!: () => void;

  /** `lastAccess`: number of the access, from 1, at which it ends; Infinity: it lives until `end`. */
  constructor(lastAccess: number, random: SeededRandom) {
    this.#lastAccess = lastAccess;
    this.#random = random;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    this.#isOver = true;
    this.#end();
  }

  /** An access of the store. */
  async access<T>(action: () => T): Promise<T> {
    if (this.#isOver) return never();
    try {
      const value = this.#count(action);
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
    const count = <T>(action: () => T): T => this.#count(action);
    return {
      open: (path, flags) => count(() => outside.open(path, flags)),
      close: (fd) => count(() => outside.close(fd)),
      read: (fd, into) => count(() => outside.read(fd, into)),
      write: (fd, bytes) => count(() => outside.write(fd, bytes)),
      ioctl: (fd, request, argument) => count(() => outside.ioctl(fd, request, argument)),
      sgIo: (fd, header, cdb, data, sense) => count(() => outside.sgIo(fd, header, cdb, data, sense)),
    };
  }

  get accesses(): number {
    return this.#accesses;
  }

  #count<T>(action: () => T): T {
    if (this.#isOver) throw new DeathSignal();
    this.#accesses++;
    if (this.#accesses < this.#lastAccess) return action();
    // Before it, or behind it: nobody hears of the result either way.
    const isDone = this.#random.below(2) === 0;
    if (isDone) action();
    this.end();
    throw new DeathSignal();
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
