import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isStorageError } from '../../src/base/storage-error.js';
import { ControlClient } from '../../src/client/control-client.js';

const CLI = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface CliResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A daemon in a process and a directory of its own, and the CLI that speaks to it. */
export abstract class DaemonProcess {
  readonly directory: string;
  #daemon: ChildProcess | null = null;

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'tapeloom-e2e-'));
    // Nobody comes to the help of most tests.
    this.configure('10-nobody.toml', '[spanning]\nwait_hours = 0\n');
    // Small streams of slow clients are collected for a burst: here for no longer than a test may wait.
    this.configure('10-bursts.toml', '[buffer]\ncollect_s = 1\n');
  }

  /** What node runs: a script, and its arguments. The daemon listens at control.sock in its directory, where client demo has its token. */
  protected abstract get command(): readonly string[];

  /** Writes a file into conf.d; later names override earlier ones. Read at the next start. */
  configure(name: string, text: string): this {
    const folder = join(this.directory, 'conf.d');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), text);
    return this;
  }

  get process(): ChildProcess {
    if (this.#daemon === null) throw new Error('the daemon was not started');
    return this.#daemon;
  }

  get log(): string {
    return readFileSync(join(this.directory, 'tapeloomd.log'), 'utf8');
  }

  /** Starts the daemon and waits until its control door answers. */
  async start(): Promise<this> {
    const log = openSync(join(this.directory, 'tapeloomd.log'), 'a');
    const daemon = spawn(process.execPath, ['--enable-source-maps', ...this.command], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#daemon = daemon;
    // A socket left by a killed daemon exists but does not answer.
    while (!(await this.#answers())) {
      if (daemon.exitCode !== null) throw new Error(`the daemon exited with ${String(daemon.exitCode)}: ${this.log}`);
      await delay(20);
    }
    return this;
  }

  /** The control door, without a process between. */
  get control(): ControlClient {
    return new ControlClient({ socketPath: join(this.directory, 'control.sock'), user: 'test' });
  }

  /** SIGTERM; the status it exits with. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Stops what runs and removes the directory. */
  async remove(): Promise<void> {
    if (this.#daemon !== null) await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  environment(changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      TAPELOOM_SOCKET: join(this.directory, 'control.sock'),
      TAPELOOM_CLIENT: 'demo',
      TAPELOOM_TOKEN_FILE: join(this.directory, 'demo.token'),
      ...changes,
    };
  }

  spawnCli(args: readonly string[], stdio: StdioOptions, environment: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(process.execPath, ['--enable-source-maps', CLI, ...args], {
      env: this.environment(environment),
      stdio,
    });
  }

  async cli(...args: readonly string[]): Promise<CliResult> {
    return this.cliWith({}, ...args);
  }

  async cliWith(
    options: {
      readonly input?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
      readonly environment?: NodeJS.ProcessEnv;
    },
    ...args: readonly string[]
  ): Promise<CliResult> {
    const child = this.spawnCli(args, ['pipe', 'pipe', 'pipe'], options.environment);
    const { stdin, stdout, stderr } = child;
    if (stdin === null || stdout === null || stderr === null) throw new Error('pipes were asked for');
    // A client that was refused closes its input while we still write: its exit status tells.
    stdin.on('error', () => undefined);
    if (options.input === undefined) stdin.end();
    else Readable.from(options.input, { objectMode: true }).pipe(stdin);
    const [out, messages, closed] = await Promise.all([buffer(stdout), text(stderr), once(child, 'close')]);
    return { status: (closed as [number | null])[0], stdout: out, stderr: messages };
  }

  /** Runs a command that must succeed and parses what it printed. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const { status, stdout, stderr } = await this.cli('--json', ...args);
    if (status !== 0) throw new Error(`tapeloom ${args.join(' ')} exited with ${String(status)}: ${stderr}`);
    return JSON.parse(stdout.toString('utf8')) as T;
  }

  async #answers(): Promise<boolean> {
    try {
      await this.control.status();
      return true;
    } catch (error) {
      if (isStorageError(error)) return false;
      throw error;
    }
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const daemon = this.process;
    this.#daemon = null;
    if (daemon.exitCode !== null) return daemon.exitCode;
    daemon.kill(signal);
    const [code] = (await once(daemon, 'exit')) as [number | null];
    return code;
  }

  controlSocketExists(): boolean {
    return existsSync(join(this.directory, 'control.sock'));
  }
}
