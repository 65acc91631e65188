import { FileError, type FileHandle, type FilePort } from '../../src/device/file-port.js';

export type FileOperationKind =
  'open' | 'exists' | 'list' | 'read' | 'write' | 'truncate' | 'size' | 'sync' | 'rename' | 'remove' | 'syncDirectory';

export interface FileOperation {
  readonly kind: FileOperationKind;
  readonly path: string;
  readonly offset?: number;
  readonly lengthBytes?: number;
}

export interface FileFault {
  readonly errno: string;
  /** Of a write: how many bytes reach the file before it fails. */
  readonly partialBytes?: number;
}

/** Files over another port, of which chosen operations fail. `plan` is asked before each; null lets it through. */
export class FaultyFiles implements FilePort {
  readonly #files: FilePort;
  plan: (operation: FileOperation) => FileFault | null = () => null;
  /** Everything that was asked for, in order. */
  readonly log: FileOperation[] = [];

  constructor(files: FilePort) {
    this.#files = files;
  }

  /** The n-th operation of this kind from now on (1 is the next) fails; all others succeed. */
  failNth(kind: FileOperationKind, n: number, fault: FileFault): void {
    let left = n;
    this.plan = (operation) => (operation.kind === kind && --left === 0 ? fault : null);
  }

  heal(): void {
    this.plan = () => null;
  }

  check(operation: FileOperation): FileFault | null {
    this.log.push(operation);
    return this.plan(operation);
  }

  pass(operation: FileOperation): void {
    const fault = this.check(operation);
    if (fault !== null) throw failure(operation, fault);
  }

  open(path: string, mode: 'read' | 'read-write' | 'create'): FileHandle {
    this.pass({ kind: 'open', path });
    return new FaultyFile(this, this.#files.open(path, mode), path);
  }
  exists(path: string): boolean {
    this.pass({ kind: 'exists', path });
    return this.#files.exists(path);
  }
  list(directory: string): readonly string[] {
    this.pass({ kind: 'list', path: directory });
    return this.#files.list(directory);
  }
  makeDirectory(path: string): void {
    this.#files.makeDirectory(path);
  }
  rename(from: string, to: string): void {
    this.pass({ kind: 'rename', path: from });
    this.#files.rename(from, to);
  }
  remove(path: string): void {
    this.pass({ kind: 'remove', path });
    this.#files.remove(path);
  }
  syncDirectory(path: string): void {
    this.pass({ kind: 'syncDirectory', path });
    this.#files.syncDirectory(path);
  }
}

class FaultyFile implements FileHandle {
  readonly #files: FaultyFiles;
  readonly #file: FileHandle;
  readonly #path: string;

  constructor(files: FaultyFiles, file: FileHandle, path: string) {
    this.#files = files;
    this.#file = file;
    this.#path = path;
  }

  readAt(into: Uint8Array, offset: number): number {
    this.#files.pass({ kind: 'read', path: this.#path, offset, lengthBytes: into.length });
    return this.#file.readAt(into, offset);
  }
  writeAt(bytes: Uint8Array, offset: number): void {
    const operation: FileOperation = { kind: 'write', path: this.#path, offset, lengthBytes: bytes.length };
    const fault = this.#files.check(operation);
    if (fault === null) {
      this.#file.writeAt(bytes, offset);
      return;
    }
    this.#file.writeAt(bytes.subarray(0, fault.partialBytes ?? 0), offset);
    throw failure(operation, fault);
  }
  truncate(length: number): void {
    this.#files.pass({ kind: 'truncate', path: this.#path, offset: length });
    this.#file.truncate(length);
  }
  size(): number {
    this.#files.pass({ kind: 'size', path: this.#path });
    return this.#file.size();
  }
  sync(): void {
    this.#files.pass({ kind: 'sync', path: this.#path });
    this.#file.sync();
  }
  close(): void {
    this.#file.close();
  }
}

function failure(operation: FileOperation, fault: FileFault): FileError {
  return new FileError(fault.errno, `${operation.kind} ${operation.path}: ${fault.errno} by plan`);
}
