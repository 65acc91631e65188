/**
 * Files behind a port, for disk volumes (and for the simulator's media), so that a full disk, a torn write or a power cut
 * can be played. Blocking, like SyscallPort: it is called on a drive's thread.
 *
 * Failures are thrown as `FileError` with the Linux errno name ('ENOSPC', 'ENOENT', 'EIO', ...). `write` writes all bytes
 * or throws; after a throw an unknown prefix may have been written. Nothing is durable before `sync` returned.
 */
export interface FilePort {
  /** Opens for reading and writing; with `create`, makes the file and fails with EEXIST when it exists. */
  open(path: string, mode: 'read' | 'read-write' | 'create'): FileHandle;
  exists(path: string): boolean;
  /** Names in a directory, sorted. */
  list(directory: string): readonly string[];
  makeDirectory(path: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** fsync of a directory: makes creations, renames and removals in it durable. */
  syncDirectory(path: string): void;
}

export interface FileHandle {
  /** Bytes actually read: fewer than asked only at the end of the file. */
  readAt(into: Uint8Array, offset: number): number;
  writeAt(bytes: Uint8Array, offset: number): void;
  truncate(length: number): void;
  size(): number;
  sync(): void;
  close(): void;
}

export class FileError extends Error {
  /** errno name, e.g. 'ENOSPC'. */
  readonly errno: string;

  constructor(errno: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FileError';
    this.errno = errno;
  }
}

/** As SyscallPortModule, for files. */
export interface FilePortModule {
  createFilePort(options: unknown): FilePort | Promise<FilePort>;
}
