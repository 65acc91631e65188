import type { FilePort } from '../src/device/file-port.js';
import { readJsonFile, readTextFile, writeJsonFile } from './json-file.js';

/** Field of /proc/PID/stat, counted behind the command name: state, and when the process began (proc(5)). */
const STATE_FIELD = 0;
const START_FIELD = 19;

interface Holder {
  readonly pid: number;
  readonly started: string;
}

/**
 * Keeps a second process away from a drive that another one has open, as the kernel does with EBUSY. A lock whose holder
 * died, by SIGKILL say, is void; so is one of this process itself, whose threads see to it that only one has the drive.
 * Two processes that take it in the same instant would both get it; nothing starts two at once.
 */
export class DriveLock {
  readonly #files: FilePort;
  readonly #path: string;
  readonly #pid: number;

  constructor(files: FilePort, rackDirectory: string, driveNumber: number, pid: number) {
    this.#files = files;
    this.#path = `${rackDirectory}/drives/${String(driveNumber)}.lock.json`;
    this.#pid = pid;
  }

  /** False when another living process holds it. */
  take(): boolean {
    const holder = readJsonFile(this.#files, this.#path) as Holder | null;
    if (holder !== null && holder.pid !== this.#pid && this.#startOf(holder.pid) === holder.started) return false;
    writeJsonFile(this.#files, this.#path, { pid: this.#pid, started: this.#startOf(this.#pid) });
    return true;
  }

  release(): void {
    if (this.#files.exists(this.#path)) this.#files.remove(this.#path);
  }

  /** When a process began, in ticks since boot: two processes that had the same number differ in it. Null when it is dead. */
  #startOf(pid: number): string | null {
    const stat = readTextFile(this.#files, `/proc/${String(pid)}/stat`);
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields === undefined || /^[ZX]$/.test(fields[STATE_FIELD] ?? '')) return null;
    return fields[START_FIELD] ?? null;
  }
}
