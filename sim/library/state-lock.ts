import type { BlockingClock } from '../../src/base/blocking-clock.js';
import { FileError, type FilePort } from '../../src/device/file-port.js';
import { readJsonFile } from '../json-file.js';
import { isAlive, markOfProcess, type ProcessMark } from '../process-lock.js';

/** A holder does no more than rewrite two small files: whoever waits longer than this waits for a thread that died. */
const PATIENCE_MS = 10_000;
/** A lock that does not say whose it is: it was made a moment ago, or its maker was killed in that moment. */
const NAMELESS_PATIENCE_MS = 2000;
const PAUSE_MS = 1;

/**
 * Lets one thread of one process at a time change the state of a library: a file that exists while somebody does. It is held for
 * some file operations, never while the robot moves. What a killed process left locked is taken over.
 */
export class StateLock {
  readonly #files: FilePort;
  readonly #path: string;
  readonly #pid: number;
  readonly #clock: BlockingClock;

  constructor(files: FilePort, path: string, pid: number, clock: BlockingClock) {
    this.#files = files;
    this.#path = path;
    this.#pid = pid;
    this.#clock = clock;
  }

  /** Runs `change` alone. FileError EBUSY when the lock is not to be had. */
  run<T>(change: () => T): T {
    const began = this.#clock.monotonicMs();
    // Each new holder is nameless for a moment: only one that stays so, look after look, was killed in it.
    let namelessSince: number | null = null;
    while (!this.#take(this.#path)) {
      const now = this.#clock.monotonicMs();
      if (now - began >= PATIENCE_MS)
        throw new FileError('EBUSY', `${this.#path} stays locked by a thread that does not end`);
      namelessSince = this.#look() === 'nameless' ? (namelessSince ?? now) : null;
      const isAbandoned = namelessSince !== null && now - namelessSince >= NAMELESS_PATIENCE_MS;
      if (!this.#clear(isAbandoned)) this.#clock.sleepMs(PAUSE_MS);
    }
    try {
      return change();
    } finally {
      this.#files.remove(this.#path);
    }
  }

  #take(path: string): boolean {
    try {
      const file = this.#files.open(path, 'create');
      try {
        file.writeAt(new TextEncoder().encode(JSON.stringify(markOfProcess(this.#files, this.#pid))), 0);
      } finally {
        file.close();
      }
      return true;
    } catch (error) {
      if (error instanceof FileError && error.errno === 'EEXIST') return false;
      throw error;
    }
  }

  /**
   * Removes the lock of a dead process; true when there may be none now. Only one at a time may do this: between a look and
   * a removal the lock could have become another's. The dead cannot remove theirs, so who is alone here is safe.
   */
  #clear(namelessToo: boolean): boolean {
    if (!this.#isVoid(namelessToo)) return false;
    const clearing = `${this.#path}.clearing`;
    if (!this.#take(clearing)) return false;
    try {
      // Gone is not dead: in the place of a lock that another cleared the next holder's may stand by now.
      const seen = this.#look();
      if (seen === 'dead' || (namelessToo && seen === 'nameless')) this.#files.remove(this.#path);
    } finally {
      this.#files.remove(clearing);
    }
    return true;
  }

  #isVoid(namelessToo: boolean): boolean {
    const seen = this.#look();
    return seen === 'gone' || seen === 'dead' || (namelessToo && seen === 'nameless');
  }

  #look(): 'gone' | 'nameless' | 'dead' | 'held' {
    try {
      const holder = readJsonFile(this.#files, this.#path) as ProcessMark | null;
      if (holder === null) return 'gone';
      // In a world without processes whoever held it is gone when another comes.
      const isDead = holder.started === null ? holder.pid === this.#pid : !isAlive(this.#files, holder);
      return isDead ? 'dead' : 'held';
    } catch (error) {
      if (error instanceof FileError && error.errno === 'EBADMSG') return 'nameless';
      throw error;
    }
  }
}
