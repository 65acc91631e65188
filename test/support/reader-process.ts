import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { SimSyscallOptions } from '../../sim/sim-syscalls.js';

const READER = fileURLToPath(new URL('../../../tools/tapeloom-read.mjs', import.meta.url));
const TAPE_FOR_NODE = new URL('./tape-for-node.js', import.meta.url).href;

export interface ReaderResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** One line of what it prints with --json. */
export interface ReaderLine {
  readonly message_type: string;
  readonly [key: string]: unknown;
}

/** Runs the stand-alone reader as a process; with `rack` its drives are simulated ones. */
export function runReader(args: readonly string[], options: { readonly rack?: SimSyscallOptions } = {}): ReaderResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, commandLine(args, options.rack), {
    input: '',
    maxBuffer: 256 * 1024 * 1024,
    env: environment(options.rack),
  });
  return { status, stdout, stderr: stderr.toString('utf8') };
}

/** The reader while it runs: for what it asks. */
export class ReaderProcess {
  readonly #child: ChildProcess;
  readonly #stdout: Promise<Buffer>;
  readonly #closed: Promise<unknown[]>;
  #stderr = '';
  #heard: () => void = () => undefined;

  constructor(args: readonly string[], rack: SimSyscallOptions) {
    this.#child = spawn(process.execPath, commandLine(args, rack), { env: environment(rack), stdio: 'pipe' });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('pipes were asked for');
    this.#stdout = buffer(stdout);
    this.#closed = once(this.#child, 'close');
    stderr.on('data', (piece: Buffer) => {
      this.#stderr += piece.toString('utf8');
      this.#heard();
    });
    void this.#closed.then(() => {
      this.#heard();
    });
  }

  /** Until it has said `text` so many times. */
  async said(text: string, times: number): Promise<void> {
    while (this.#stderr.split(text).length <= times) {
      if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.#stderr}`);
      await new Promise<void>((resolve) => (this.#heard = resolve));
    }
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  async end(): Promise<ReaderResult> {
    this.#child.stdin?.end();
    await this.#closed;
    return { status: this.#child.exitCode, stdout: await this.#stdout, stderr: this.#stderr };
  }
}

export function linesOf({ stdout }: ReaderResult): readonly ReaderLine[] {
  return stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReaderLine);
}

function commandLine(args: readonly string[], rack: SimSyscallOptions | undefined): readonly string[] {
  return [...(rack === undefined ? [] : ['--import', TAPE_FOR_NODE]), READER, ...args];
}

function environment(rack: SimSyscallOptions | undefined): NodeJS.ProcessEnv {
  return rack === undefined ? {} : { TAPELOOM_TEST_TAPE: JSON.stringify(rack) };
}
