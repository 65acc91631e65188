import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { assert } from '../base/assert.js';
import { describeErrno, errnoName } from './errno.js';
import { FileError, type FileHandle, type FilePort } from './file-port.js';

const OPEN_MODES = {
  read: constants.O_RDONLY,
  'read-write': constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
} as const;

/** New files are for the daemon's user and readable for its group; the umask may take more. */
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;

/** Real files. Descriptors are close-on-exec (Node.js sees to it). */
export function createFilePort(): FilePort {
  return {
    open: (path, mode) =>
      new LinuxFile(
        path,
        inFile('open', path, () => openSync(path, OPEN_MODES[mode], FILE_MODE)),
      ),
    exists: (path) => inFile('stat', path, () => exists(path)),
    // By code unit, not by locale: the same order on every machine.
    list: (directory) => inFile('list', directory, () => readdirSync(directory).sort()),
    makeDirectory: (path) => {
      inFile('make directory', path, () => {
        mkdirSync(path, DIRECTORY_MODE);
      });
    },
    rename: (from, to) => {
      inFile(`rename to ${to}:`, from, () => {
        renameSync(from, to);
      });
    },
    remove: (path) => {
      inFile('remove', path, () => {
        unlinkSync(path);
      });
    },
    syncDirectory: (path) => {
      inFile('sync directory', path, () => {
        const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
        try {
          fsyncSync(fd);
        } finally {
          closeSync(fd);
        }
      });
    },
  };
}

/** Not existsSync, which answers "no" when it may not look. */
function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // A file in place of a directory on the way is no entry either.
    if (isSystemError(error) && error.code === 'ENOTDIR') return false;
    throw error;
  }
}

class LinuxFile implements FileHandle {
  readonly #path: string;
  readonly #fd: number;
  #open = true;

  constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  readAt(into: Uint8Array, offset: number): number {
    return this.#do('read', (fd) => {
      let done = 0;
      while (done < into.length) {
        const got = readSync(fd, into, done, into.length - done, offset + done);
        if (got === 0) break;
        done += got;
      }
      return done;
    });
  }

  writeAt(bytes: Uint8Array, offset: number): void {
    this.#do('write', (fd) => {
      let done = 0;
      // A short write is no failure: the reason, if there is one, comes with the next.
      while (done < bytes.length) {
        const put = writeSync(fd, bytes, done, bytes.length - done, offset + done);
        if (put === 0)
          throw new FileError('EIO', `write ${this.#path}: the system accepted no byte and told no reason`);
        done += put;
      }
    });
  }

  truncate(length: number): void {
    this.#do('truncate', (fd) => {
      ftruncateSync(fd, length);
    });
  }

  size(): number {
    return this.#do('stat', (fd) => fstatSync(fd).size);
  }

  /**
   * After a failure the kernel may have dropped the pages and forgotten the error: a second sync that succeeds proves
   * nothing about the bytes before the first.
   */
  sync(): void {
    this.#do('sync', (fd) => {
      fsyncSync(fd);
    });
  }

  /** The descriptor is gone even after a throw. Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    inFile('close', this.#path, () => {
      closeSync(this.#fd);
    });
  }

  #do<T>(action: string, call: (fd: number) => T): T {
    // The number may be another file's by now.
    assert(this.#open, `${this.#path} is not used after it was closed`);
    return inFile(action, this.#path, () => call(this.#fd));
  }
}

interface SystemError extends Error {
  readonly code: string;
  readonly errno: number;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'errno' in error && 'code' in error && typeof error.errno === 'number';
}

/** Runs `call` and turns what the system refuses into a FileError; anything else is a mistake and goes on as it is. */
function inFile<T>(action: string, path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // libuv names only the errnos of its own table and calls the others UNKNOWN.
    const name = errnoName(error.errno) ?? error.code;
    throw new FileError(name, `${action} ${path}: ${describeErrno(error.errno)}`, { cause: error });
  }
}
