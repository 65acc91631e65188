import { FileError, type FileHandle, type FilePort } from '../../src/device/file-port.js';

/** One change of a file, as it goes to the disk. */
export type FileChange =
  | { readonly kind: 'write'; readonly path: string; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly path: string; readonly length: number }
  | { readonly kind: 'sync'; readonly path: string }
  | { readonly kind: 'create'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'remove'; readonly path: string };

/**
 * Files in memory that remember every change, so that a power cut can be played: `withChanges` makes the disk as it is when
 * only some of the changes reached it.
 */
export class MemoryFiles implements FilePort {
  readonly #files = new Map<string, Uint8Array>();
  readonly changes: FileChange[] = [];

  /** A disk on which just these changes happened, in this order. */
  static withChanges(changes: readonly FileChange[]): MemoryFiles {
    const files = new MemoryFiles();
    for (const change of changes) files.#apply(change);
    return files;
  }

  names(): readonly string[] {
    return [...this.#files.keys()];
  }

  bytes(path: string): Uint8Array {
    const bytes = this.#files.get(path);
    if (bytes === undefined) throw new FileError('ENOENT', `open ${path}: ENOENT`);
    return bytes;
  }

  change(change: FileChange): void {
    this.changes.push(change);
    this.#apply(change);
  }

  #apply(change: FileChange): void {
    const old = this.#files.get(change.path) ?? new Uint8Array();
    switch (change.kind) {
      case 'write': {
        const end = Math.max(old.length, change.offset + change.bytes.length);
        const bytes = new Uint8Array(end);
        bytes.set(old);
        bytes.set(change.bytes, change.offset);
        this.#files.set(change.path, bytes);
        return;
      }
      case 'truncate': {
        const bytes = new Uint8Array(change.length);
        bytes.set(old.subarray(0, change.length));
        this.#files.set(change.path, bytes);
        return;
      }
      case 'create':
        this.#files.set(change.path, old);
        return;
      case 'rename':
        this.#files.set(change.to, old);
        this.#files.delete(change.path);
        return;
      case 'remove':
        this.#files.delete(change.path);
        return;
      case 'sync':
    }
  }

  open(path: string, mode: 'read' | 'read-write' | 'create'): FileHandle {
    if (mode === 'create') {
      if (this.#files.has(path)) throw new FileError('EEXIST', `open ${path}: EEXIST`);
      this.change({ kind: 'create', path });
    } else this.bytes(path);
    return new MemoryFile(this, path);
  }
  exists(path: string): boolean {
    return this.#files.has(path) || this.names().some((name) => name.startsWith(`${path}/`));
  }
  list(directory: string): readonly string[] {
    const prefix = `${directory}/`;
    const below = this.names().filter((name) => name.startsWith(prefix));
    return [...new Set(below.map((name) => name.slice(prefix.length).split('/')[0] ?? ''))].sort();
  }
  makeDirectory(): void {
    // Every directory is there.
  }
  rename(from: string, to: string): void {
    this.bytes(from);
    this.change({ kind: 'rename', path: from, to });
  }
  remove(path: string): void {
    this.bytes(path);
    this.change({ kind: 'remove', path });
  }
  syncDirectory(): void {
    // Tests decide themselves which changes of names are lost.
  }
}

class MemoryFile implements FileHandle {
  readonly #files: MemoryFiles;
  readonly #path: string;

  constructor(files: MemoryFiles, path: string) {
    this.#files = files;
    this.#path = path;
  }

  readAt(into: Uint8Array, offset: number): number {
    const bytes = this.#files.bytes(this.#path).subarray(offset, offset + into.length);
    into.set(bytes);
    return bytes.length;
  }
  writeAt(bytes: Uint8Array, offset: number): void {
    this.#files.change({ kind: 'write', path: this.#path, offset, bytes: bytes.slice() });
  }
  truncate(length: number): void {
    this.#files.change({ kind: 'truncate', path: this.#path, length });
  }
  size(): number {
    return this.#files.bytes(this.#path).length;
  }
  sync(): void {
    this.#files.change({ kind: 'sync', path: this.#path });
  }
  close(): void {
    // Nothing is held.
  }
}
