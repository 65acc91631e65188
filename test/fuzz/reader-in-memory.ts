import fs from 'node:fs';

const FIRST_DESCRIPTOR = 1_000_000;
const ROOT = '/in-memory/';

type Run = (args: readonly string[]) => number;

/** The stand-alone reader's program, loaded into this process. */
async function loadReader(): Promise<Run> {
  const url = new URL('../../../tools/tapeloom-read.mjs', import.meta.url).href;
  const { run } = (await import(url)) as { readonly run: Run };
  return run;
}

/**
 * Runs the stand-alone reader in this process over files in memory, below `/in-memory/`: thousands of runs a second. While it runs, the
 * functions of `node:fs` it uses are replaced; what it prints is kept.
 */
export class ReaderInMemory {
  readonly #run: Run;
  readonly #files = new Map<string, Buffer>();
  readonly #open = new Map<number, string>();
  #nextDescriptor = FIRST_DESCRIPTOR;
  #printed = '';

  private constructor(run: Run) {
    this.#run = run;
  }

  static async load(): Promise<ReaderInMemory> {
    return new ReaderInMemory(await loadReader());
  }

  static path(name: string): string {
    return ROOT + name;
  }

  /** Exit status, what was printed, and the files there are afterwards. */
  run(
    args: readonly string[],
    files: ReadonlyMap<string, Buffer>,
  ): { readonly status: number; readonly printed: string; readonly files: ReadonlyMap<string, Buffer> } {
    this.#files.clear();
    this.#open.clear();
    this.#printed = '';
    for (const [path, bytes] of files) this.#files.set(path, bytes);
    const replaced = this.#replacements();
    const real = Object.fromEntries(Object.keys(replaced).map((name) => [name, fs[name as keyof typeof fs]]));
    Object.assign(fs, replaced);
    try {
      const status = this.#run(args);
      return { status, printed: this.#printed, files: new Map(this.#files) };
    } finally {
      Object.assign(fs, real);
    }
  }

  #replacements(): Readonly<Record<string, unknown>> {
    return {
      existsSync: (path: string) => this.#exists(path),
      statSync: (path: string) => {
        if (!this.#exists(path)) throw missing(path);
        const bytes = this.#files.get(path);
        return { isDirectory: () => bytes === undefined, isCharacterDevice: () => false, size: bytes?.length ?? 0 };
      },
      readdirSync: (path: string) => [...this.#files.keys()].flatMap((name) => name.split(`${path}/`)[1] ?? []),
      openSync: (path: string, mode: string) => {
        if (mode !== 'r') this.#files.set(path, Buffer.alloc(0));
        else if (!this.#files.has(path)) throw missing(path);
        this.#open.set(this.#nextDescriptor, path);
        return this.#nextDescriptor++;
      },
      closeSync: (fd: number) => {
        this.#open.delete(fd);
      },
      fstatSync: (fd: number) => ({ size: this.#bytes(fd).length }),
      readSync: (fd: number, into: Uint8Array, offset: number, length: number, position: number) => {
        const piece = this.#bytes(fd).subarray(position, position + length);
        into.set(piece, offset);
        return piece.length;
      },
      writeSync: (fd: number, bytes: Buffer, offset: number, length: number, position: number | null) => {
        const piece = bytes.subarray(offset, offset + length);
        if (fd <= 2) this.#printed += piece.toString('latin1');
        else this.#write(fd, piece, position ?? this.#bytes(fd).length);
        return length;
      },
      ftruncateSync: (fd: number, length: number) => {
        const bytes = Buffer.alloc(length);
        this.#bytes(fd).copy(bytes);
        this.#files.set(this.#pathOf(fd), bytes);
      },
      fsyncSync: () => undefined,
      renameSync: (from: string, to: string) => {
        this.#files.set(to, this.#files.get(from) ?? Buffer.alloc(0));
        this.#files.delete(from);
      },
      unlinkSync: (path: string) => this.#files.delete(path),
    };
  }

  #exists(path: string): boolean {
    return this.#files.has(path) || [...this.#files.keys()].some((name) => name.startsWith(`${path}/`));
  }

  #pathOf(fd: number): string {
    const path = this.#open.get(fd);
    if (path === undefined) throw Object.assign(new Error('EBADF'), { code: 'EBADF' });
    return path;
  }

  #bytes(fd: number): Buffer {
    return this.#files.get(this.#pathOf(fd)) ?? Buffer.alloc(0);
  }

  #write(fd: number, piece: Buffer, position: number): void {
    const old = this.#bytes(fd);
    const bytes = Buffer.alloc(Math.max(old.length, position + piece.length));
    old.copy(bytes);
    piece.copy(bytes, position);
    this.#files.set(this.#pathOf(fd), bytes);
  }
}

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
}
