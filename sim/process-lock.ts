import type { FilePort } from '../src/device/file-port.js';
import { readJsonFile, readTextFile, writeJsonFile } from './json-file.js';

/** Field of /proc/PID/stat, counted behind the command name: state, and when the process began (proc(5)). */
const STATE_FIELD = 0;
const START_FIELD = 19;

/** A process that another one can recognize: numbers are used again, a number and its start are not. */
export interface ProcessMark {
  readonly pid: number;
  /** Null when it is dead, or told nothing. */
  readonly started: string | null;
}

export function markOfProcess(files: FilePort, pid: number): ProcessMark {
  return { pid, started: startOf(files, pid) };
}

export function isAlive(files: FilePort, { pid, started }: ProcessMark): boolean {
  return started !== null && startOf(files, pid) === started;
}

/** As isAlive; and in a world of memory, which has no processes, whoever is not told to be dead lives. */
export function isPresent(files: FilePort, mark: ProcessMark, pid: number): boolean {
  return isAlive(files, mark) || (mark.started === null && mark.pid === pid);
}

/** When a process began, in ticks since boot. Null when it is dead. */
function startOf(files: FilePort, pid: number): string | null {
  const stat = readTextFile(files, `/proc/${String(pid)}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined || /^[ZX]$/.test(fields[STATE_FIELD] ?? '')) return null;
  return fields[START_FIELD] ?? null;
}

/**
 * Keeps a second process away from a device that another one has open, as the kernel does with EBUSY. A lock whose holder
 * died, by SIGKILL say, is void; so is one of this process itself, whose threads see to it that only one has the device.
 * Two processes that take it in the same instant would both get it; nothing starts two at once.
 */
export class ProcessLock {
  readonly #files: FilePort;
  readonly #path: string;
  readonly #pid: number;

  constructor(files: FilePort, path: string, pid: number) {
    this.#files = files;
    this.#path = path;
    this.#pid = pid;
  }

  /** False when another living process holds it. */
  take(): boolean {
    const holder = readJsonFile(this.#files, this.#path) as ProcessMark | null;
    if (holder !== null && holder.pid !== this.#pid && isAlive(this.#files, holder)) return false;
    writeJsonFile(this.#files, this.#path, markOfProcess(this.#files, this.#pid));
    return true;
  }

  /** A living process has the device open, this one or another. */
  isHeld(): boolean {
    const holder = readJsonFile(this.#files, this.#path) as ProcessMark | null;
    return holder !== null && isPresent(this.#files, holder, this.#pid);
  }

  release(): void {
    if (this.#files.exists(this.#path)) this.#files.remove(this.#path);
  }
}

export function driveLockPath(rackDirectory: string, driveNumber: number): string {
  return `${rackDirectory}/drives/${String(driveNumber)}.lock.json`;
}
