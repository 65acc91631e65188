import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlClient } from '../src/client/control-client.js';
import type { StatusView } from '../src/protocol/control-api.js';
import { BENCH_PROGRAMS, cpuSecondsOf, PACKAGE, residentBytesOf, run } from './processes.js';

export interface NodeOptions {
  /** Simulated drives, each with a pool of its own, `tape0`, `tape1`; and how fast they are: see bench/daemon.ts. */
  readonly drives: number;
  readonly speed: number;
  /** Where the volumes of pool `disk` lie; a directory of the node's own when not told. */
  readonly diskDirectory?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** What a load did, and what the daemon used for it, opening and closing the streams included. */
export interface MeasuredLoad {
  readonly bytes: number;
  /** From the first byte to the last. */
  readonly movingSeconds: number;
  readonly daemonCpuSeconds: number;
  readonly ids: readonly string[];
}

/** A stretch in which all streams flowed. */
export interface SteadyLoad {
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const CLIENT = 'bench';
const TOKEN = 'bench-token';

/** A daemon in a process and a directory of its own, and the load generator's ways to it. */
export class NodeUnderTest {
  readonly #options: NodeOptions;
  readonly #directory = mkdtempSync(join(tmpdir(), 'tapeloom-bench-'));
  readonly #control: ControlClient;
  #daemon: ChildProcess | null = null;
  #port = 0;

  private constructor(options: NodeOptions) {
    this.#options = options;
    this.#control = new ControlClient({ socketPath: join(this.#directory, 'control.sock'), user: 'bench' });
  }

  /** Started, and a volume labelled for every pool. */
  static async start(options: NodeOptions): Promise<NodeUnderTest> {
    const node = new NodeUnderTest(options);
    try {
      await node.#start();
    } catch (error) {
      await node.stop();
      throw error;
    }
    return node;
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0;
  }
  get residentBytes(): number {
    return residentBytesOf(this.pid);
  }
  async status(): Promise<StatusView> {
    return this.#control.status();
  }

  async save(pool: string, streams: number, totalBytes: number): Promise<MeasuredLoad> {
    const each = Math.floor(totalBytes / streams);
    return this.#measure(['save', '--pool', pool, '--streams', String(streams), '--bytes', String(each)]);
  }

  /** Streams that send for so long, once all are open. */
  async saveFor(pool: string, streams: number, seconds: number): Promise<MeasuredLoad & { steady: SteadyLoad }> {
    const length = ['--seconds', String(seconds), '--watch', String(this.pid)];
    const load = await this.#measure(['save', '--pool', pool, '--streams', String(streams), ...length]);
    return load as MeasuredLoad & { steady: SteadyLoad };
  }

  async restore(ids: readonly string[]): Promise<MeasuredLoad> {
    return this.#measure(['restore', '--ids', ids.join(',')]);
  }

  /** Ends the daemon and removes its directory. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = null;
    if (daemon?.exitCode === null) {
      const closed = once(daemon, 'close');
      daemon.kill('SIGTERM');
      await closed;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #measure(args: readonly string[]): Promise<MeasuredLoad> {
    const { tls } = this.#options;
    const door = ['--port', String(this.#port), '--client', CLIENT, '--token', TOKEN];
    const before = cpuSecondsOf(this.pid);
    const output = await run(`${BENCH_PROGRAMS}/load`, [...args, ...door, '--tls', tls === undefined ? 'no' : 'yes']);
    const daemonCpuSeconds = cpuSecondsOf(this.pid) - before;
    return { ...(JSON.parse(output) as Omit<MeasuredLoad, 'daemonCpuSeconds'>), daemonCpuSeconds };
  }

  async #start(): Promise<void> {
    this.#configure();
    const { speed, drives } = this.#options;
    const log = openSync(join(this.#directory, 'log'), 'a');
    const args = [`${PACKAGE}/dist/bench/daemon.js`, '--state', this.#directory, '--speed', String(speed)];
    this.#daemon = spawn(process.execPath, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#port = (await this.#answered()).dataDoor.port;
    for (let drive = 0; drive < drives; drive++)
      await this.#label(`TPL00${String(drive + 1)}L9`, `tape${String(drive)}`);
    await this.#label('DSK001DK', 'disk');
  }

  async #label(barcode: string, pool: string): Promise<void> {
    const { jobId } = await this.#control.job.start({ kind: 'label', barcodes: [barcode], pool });
    const { state, error } = await this.#control.job.show(jobId, LABEL_MS);
    if (state !== 'succeeded') throw new Error(`${barcode} was not labelled: ${error?.message ?? state}`);
  }

  async #answered(): Promise<StatusView> {
    for (;;) {
      try {
        return await this.status();
      } catch (cause) {
        if (this.#daemon?.exitCode !== null)
          throw new Error(`the daemon ended: ${readFileSync(join(this.#directory, 'log'), 'utf8')}`, { cause });
        await delay(50);
      }
    }
  }

  #configure(): void {
    const { drives, tls } = this.#options;
    const disk = this.#options.diskDirectory ?? join(this.#directory, 'disk');
    mkdirSync(disk, { recursive: true });
    if (tls !== undefined) {
      writeFileSync(join(this.#directory, 'cert.pem'), tls.cert);
      writeFileSync(join(this.#directory, 'key.pem'), tls.key, { mode: 0o600 });
    }
    const tapes = Array.from({ length: drives }, (_, i) => i);
    const text = [
      `state_directory = ${JSON.stringify(this.#directory)}`,
      '[data_door]',
      'port = 0',
      ...(tls === undefined
        ? []
        : [
            `tls_certificate = ${JSON.stringify(join(this.#directory, 'cert.pem'))}`,
            `tls_key = ${JSON.stringify(join(this.#directory, 'key.pem'))}`,
          ]),
      '[control_door]',
      `socket = ${JSON.stringify(join(this.#directory, 'control.sock'))}`,
      ...tapes.flatMap((i) => [
        '[[drive]]',
        `name = "tape${String(i)}"`,
        'kind = "tape"',
        `device = "/dev/nst${String(i)}"`,
        '[[pool]]',
        `name = "tape${String(i)}"`,
        'kind = "tape"',
      ]),
      '[[drive]]',
      'name = "disk"',
      'kind = "disk"',
      `directory = ${JSON.stringify(disk)}`,
      'capacity = "64GB"',
      '[[pool]]',
      'name = "disk"',
      'kind = "disk"',
      '[[client]]',
      `name = "${CLIENT}"`,
      `token_sha256 = "${createHash('sha256').update(TOKEN).digest('hex')}"`,
    ];
    writeFileSync(join(this.#directory, 'tapeloom.toml'), `${text.join('\n')}\n`, { mode: 0o640 });
  }
}

/** A label takes a moment on simulated drives; a daemon that hangs is given up. */
const LABEL_MS = 60_000;
