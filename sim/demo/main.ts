import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describeSeconds } from '../../src/cli/status-commands.js';
import { formatTable } from '../../src/cli/text-table.js';
import { formatBytes } from '../../src/cli/words.js';
import type { StatusView, StreamView } from '../../src/protocol/control-api.js';
import { Cli } from './cli-process.js';
import { saveSource, type SavedSource } from './save-client.js';
import { chooseSources, type Source } from './sources.js';

/**
 * `npm run demo`: the main job on real data. A storage node on simulated hardware starts; several clients save tar streams of
 * this machine's directories at once; each is restored and compared byte for byte. Exits 0 only when all are equal.
 */

const DAEMON = fileURLToPath(new URL('../main.js', import.meta.url));
const BARCODE = 'TPL001L9';

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tapeloom-demo-'));
  say(`Tapeloom demo. State, configuration, log and simulated cartridges lie in ${directory}`);
  const daemon = await startDaemon(directory);
  try {
    const cli = new Cli(clientEnvironment(directory));
    await cli.run('media', 'label', BARCODE, '--pool', 'default');
    say(`Cartridge ${BARCODE} is labelled and belongs to pool "default".\n`);
    const { saved, status } = await saveAll(cli, chooseSources(), directory);
    await restoreAll(cli, saved);
    await summarise(cli, saved, status);
  } finally {
    daemon.kill('SIGTERM');
    const [code] = (await once(daemon, 'exit')) as [number | null];
    say(`\nDaemon stopped with status ${String(code)}. Look around: it starts again with`);
    say(`  node ${DAEMON} --state ${directory}`);
    if (code !== 0) process.exitCode = 1;
  }
}

async function startDaemon(directory: string): Promise<ChildProcess> {
  const log = createWriteStream(join(directory, 'tapeloomd.log'));
  await once(log, 'open');
  const daemon = spawn(process.execPath, [DAEMON, '--state', directory], { stdio: ['ignore', log, log] });
  const socket = join(directory, 'control.sock');
  while (!existsSync(socket)) {
    if (daemon.exitCode !== null) throw new Error(`the daemon ended at once; see ${join(directory, 'tapeloomd.log')}`);
    await delay(50);
  }
  say(`Daemon started (process ${String(daemon.pid)}): one simulated LTO-9 drive, one disk target.`);
  return daemon;
}

function clientEnvironment(directory: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    TAPELOOM_SOCKET: join(directory, 'control.sock'),
    TAPELOOM_CLIENT: 'demo',
    TAPELOOM_TOKEN_FILE: join(directory, 'demo.token'),
  };
}

async function saveAll(
  cli: Cli,
  sources: readonly Source[],
  directory: string,
): Promise<{ saved: readonly SavedSource[]; status: StatusView }> {
  for (const source of sources)
    say(
      `  ${source.name.padEnd(28)} about ${formatBytes(source.bytes).padStart(9)}, ` +
        `${source.rate === null ? 'as fast as it can' : `${formatBytes(source.rate)}/s`}, from ${source.by}`,
    );
  say(`\n${String(sources.length)} clients save at the same time:`);
  const watch = new AbortController();
  const watched = watchProgress(cli, watch.signal);
  let saved: readonly SavedSource[];
  try {
    saved = await Promise.all(sources.map(async (source) => saveSource(cli, source, directory)));
  } finally {
    watch.abort();
  }
  return { saved, status: (await watched) ?? (await cli.json<StatusView>('status')) };
}

/** A line a second; the last status that showed the session is returned for the summary. */
async function watchProgress(cli: Cli, signal: AbortSignal): Promise<StatusView | null> {
  let last: StatusView | null = null;
  while (!signal.aborted) {
    const status = await cli.json<StatusView>('status');
    const session = status.sessions.find((one) => one.kind === 'save');
    if (session !== undefined) {
      last = status;
      const streams = session.streams.map((stream) => `${stream.name} ${formatBytes(stream.durableBytes)}`);
      say(
        `  ${session.state}: ${formatBytes(session.bytes)} on tape in ${String(session.blocks)} blocks, ` +
          `${String(session.checkpoints)} checkpoints; durable: ${streams.join(', ')}`,
      );
    }
    await delay(1000, undefined, { signal }).catch(() => undefined);
  }
  return last;
}

async function restoreAll(cli: Cli, saved: readonly SavedSource[]): Promise<void> {
  say('\nRestoring all of them at once and comparing with what the clients sent:');
  const results = await Promise.all(
    saved.map(async (one) => {
      const client = cli.spawn(['restore', one.streamId, '-'], ['ignore', 'pipe', 'inherit']);
      const hash = createHash('sha256');
      if (client.stdout === null) throw new Error('the client has no output');
      const exit = once(client, 'close');
      for await (const chunk of client.stdout) hash.update(chunk as Uint8Array);
      const [status] = (await exit) as [number | null];
      const equal = status === 0 && hash.digest('hex') === one.sha256;
      say(`  ${one.source.name.padEnd(28)} ${one.sha256.slice(0, 16)}... ${equal ? 'equal' : 'DIFFERENT'}`);
      return equal;
    }),
  );
  if (results.includes(false)) throw new Error('a restored stream is not what was saved');
}

async function summarise(cli: Cli, saved: readonly SavedSource[], during: StatusView): Promise<void> {
  const rows: string[][] = [];
  for (const one of saved) {
    const stream = await cli.json<StreamView>('stream', 'show', one.streamId);
    rows.push([
      one.source.name,
      formatBytes(one.bytes),
      `${(one.bytes / 1e6 / one.seconds).toFixed(1)} MB/s`,
      String(stream.blocks),
      String(stream.extents),
      stream.state,
    ]);
  }
  say(`\n${formatTable(['STREAM', 'BYTES', 'RATE', 'BLOCKS', 'EXTENTS', 'STATE'], rows)}`);
  const total = saved.reduce((sum, one) => sum + one.bytes, 0);
  const slowest = Math.max(...saved.map((one) => one.seconds));
  say(`\nTogether ${formatBytes(total)} in ${slowest.toFixed(1)} s: ${(total / 1e6 / slowest).toFixed(1)} MB/s.`);
  const session = during.sessions.find((one) => one.kind === 'save');
  if (session !== undefined) say(`Seconds of the session by cause: ${describeSeconds(session.seconds)}`);
  const { simulation } = await cli.json<StatusView>('status');
  if (simulation !== null)
    say(
      `The drive's own figures: ${Object.entries(simulation)
        .map(([name, value]) => `${name} ${String(Math.round(value * 100) / 100)}`)
        .join(', ')}`,
    );
}

try {
  await main();
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
