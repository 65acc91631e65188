import { FileError, type FileHandle, type FilePort } from '../../src/device/file-port.js';

/** Files in memory, made for worlds that live for some thousand operations: nothing is remembered but what is there now. */
export class WorldFiles implements FilePort {
  readonly #files = new Map<string, GrowingBytes>();

  open(path: string, mode: 'read' | 'read-write' | 'create'): FileHandle {
    const found = this.#files.get(path);
    if (mode === 'create') {
      if (found !== undefined) throw new FileError('EEXIST', `open ${path}: EEXIST`);
      const made = new GrowingBytes();
      this.#files.set(path, made);
      return made;
    }
    if (found === undefined) throw new FileError('ENOENT', `open ${path}: ENOENT`);
    return found;
  }

  exists(path: string): boolean {
    if (this.#files.has(path)) return true;
    for (const name of this.#files.keys()) if (name.startsWith(`${path}/`)) return true;
    return false;
  }

  list(directory: string): readonly string[] {
    const prefix = `${directory}/`;
    const names = new Set<string>();
    for (const name of this.#files.keys())
      if (name.startsWith(prefix)) names.add(name.slice(prefix.length).split('/')[0] ?? '');
    return [...names].sort();
  }

  makeDirectory(): void {
    // Every directory is there.
  }

  rename(from: string, to: string): void {
    const file = this.#files.get(from);
    if (file === undefined) throw new FileError('ENOENT', `rename ${from}: ENOENT`);
    this.#files.set(to, file);
    this.#files.delete(from);
  }

  remove(path: string): void {
    if (!this.#files.delete(path)) throw new FileError('ENOENT', `remove ${path}: ENOENT`);
  }

  syncDirectory(): void {
    // Names are never lost here.
  }
}

class GrowingBytes implements FileHandle {
  #bytes = new Uint8Array(256);
  #length = 0;

  readAt(into: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(into.length, this.#length - offset));
    into.set(this.#bytes.subarray(offset, offset + count));
    return count;
  }

  writeAt(bytes: Uint8Array, offset: number): void {
    const end = offset + bytes.length;
    this.#reserve(end);
    this.#bytes.set(bytes, offset);
    this.#length = Math.max(this.#length, end);
  }

  truncate(length: number): void {
    this.#reserve(length);
    if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }

  size(): number {
    return this.#length;
  }

  sync(): void {
    // What is lost in a power cut, the simulated drive knows.
  }

  close(): void {
    // Nothing is held.
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
