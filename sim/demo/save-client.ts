import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cli } from './cli-process.js';
import type { Source } from './sources.js';

export interface SavedSource {
  readonly source: Source;
  readonly streamId: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly seconds: number;
}

/** Saves one source with a `tapeloom save` of its own and remembers the SHA-256 of what went in. */
export async function saveSource(cli: Cli, source: Source, directory: string): Promise<SavedSource> {
  const startedMs = performance.now();
  const tally = new Tally(source.rate);
  const args = [
    'save',
    '--pool',
    'default',
    '--name',
    source.name,
    '--attribute',
    `source=tar of /${source.paths.join(' /')}`,
  ];
  const streamId =
    source.by === 'stdin'
      ? await saveFromStdin(cli, args, source, tally)
      : source.by === 'fifo'
        ? await saveFromFifo(cli, args, source, tally, join(directory, `${source.name}.fifo`))
        : await saveFromFile(cli, args, source, tally, join(directory, `${source.name}.tar`));
  return { source, streamId, ...tally.result(), seconds: (performance.now() - startedMs) / 1000 };
}

async function saveFromStdin(cli: Cli, args: readonly string[], source: Source, tally: Tally): Promise<string> {
  const client = cli.spawn([...args, '-'], ['pipe', 'pipe', 'pipe']);
  if (client.stdin === null) throw new Error('the client has no standard input');
  const ended = finish(client);
  // A client that fails closes its input; its own message says why.
  await pipeline(openTar(source), tally, client.stdin).catch(() => undefined);
  return ended;
}

async function saveFromFifo(
  cli: Cli,
  args: readonly string[],
  source: Source,
  tally: Tally,
  fifo: string,
): Promise<string> {
  await run('mkfifo', [fifo]);
  const ended = finish(cli.spawn([...args, fifo], ['ignore', 'pipe', 'pipe']));
  await pipeline(openTar(source), tally, createWriteStream(fifo)).catch(() => undefined);
  return ended;
}

async function saveFromFile(
  cli: Cli,
  args: readonly string[],
  source: Source,
  tally: Tally,
  file: string,
): Promise<string> {
  await pipeline(openTar(source), createWriteStream(file));
  const saved = finish(cli.spawn([...args, file], ['ignore', 'pipe', 'pipe']));
  for await (const chunk of createReadStream(file)) tally.count(chunk as Uint8Array);
  return saved;
}

/** Reads the tree as root or not: files that cannot be read are left out, which is why tar may exit with 1 or 2. */
function openTar(source: Source): Readable {
  const tar = spawn('tar', ['--create', '--file=-', '--directory=/', '--ignore-failed-read', ...source.paths], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return tar.stdout;
}

async function finish(client: ReturnType<Cli['spawn']>): Promise<string> {
  const { stdout, stderr } = client;
  if (stdout === null || stderr === null) throw new Error('the client has no output');
  const [out, messages, closed] = await Promise.all([text(stdout), text(stderr), once(client, 'close')]);
  const [status] = closed as [number | null];
  if (status !== 0) throw new Error(`tapeloom save exited with ${String(status)}: ${messages}`);
  return out.trim();
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const [status] = (await once(spawn(command, args, { stdio: 'inherit' }), 'close')) as [number | null];
  if (status !== 0) throw new Error(`${command} exited with ${String(status)}`);
}

/** Counts, digests and, where told, slows down what passes. */
class Tally extends Transform {
  readonly #hash = createHash('sha256');
  readonly #rate: number | null;
  #bytes = 0;
  #startedMs: number | null = null;

  constructor(rate: number | null) {
    super({ highWaterMark: 1 << 20 });
    this.#rate = rate;
  }

  count(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  result(): { readonly bytes: number; readonly sha256: string } {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error: Error | null, data: Buffer) => void,
  ): void {
    this.count(chunk);
    const aheadMs = this.#aheadMs();
    if (aheadMs < 1) done(null, chunk);
    else
      void delay(aheadMs).then(() => {
        done(null, chunk);
      });
  }

  /** Milliseconds the stream is ahead of its rate. */
  #aheadMs(): number {
    if (this.#rate === null) return 0;
    const nowMs = performance.now();
    this.#startedMs ??= nowMs;
    return this.#startedMs + (this.#bytes / this.#rate) * 1000 - nowMs;
  }
}
