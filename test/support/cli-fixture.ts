import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { systemClock } from '../../src/base/clock.js';
import { addCatalogCommands } from '../../src/cli/catalog-commands.js';
import { addChangerCommands } from '../../src/cli/changer-commands.js';
import type { CliContext } from '../../src/cli/context.js';
import { addClockCommands } from '../../src/cli/clock-commands.js';
import { addDriveCommands } from '../../src/cli/drive-commands.js';
import { addHealthCommands } from '../../src/cli/health-commands.js';
import { addJobCommands } from '../../src/cli/job-commands.js';
import { addMediaCommands } from '../../src/cli/media-commands.js';
import { addPoolCommands } from '../../src/cli/pool-commands.js';
import { makeCommandRunner } from '../../src/cli/run-command.js';
import { serialLines } from '../../src/cli/scanner.js';
import { addStatusCommands } from '../../src/cli/status-commands.js';
import { addStreamCommands } from '../../src/cli/stream-commands.js';

const CLI = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface CliOutcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program in a process of its own, with nothing in its environment but what is given. */
export async function runCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CliOutcome> {
  const child = spawn(process.execPath, [CLI, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
}

/** The program with `shell` text around it, which finds it as `$TAPELOOM`. */
export async function runShell(shell: string, environment: Readonly<Record<string, string>> = {}): Promise<CliOutcome> {
  const child = spawn('/bin/bash', ['-c', shell], {
    env: { ...environment, TAPELOOM: `${process.execPath} ${CLI}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
}

function capture(): { readonly stream: Writable; readonly text: () => string } {
  const stream = new PassThrough();
  const chunks: string[] = [];
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    chunks.push(chunk);
  });
  return { stream, text: () => chunks.join('') };
}

/** The commands in the test's own process, with a terminal if `terminal` says what is typed there. */
export async function runCommand(
  socketPath: string,
  args: readonly string[],
  changes: {
    readonly environment?: Readonly<Record<string, string>>;
    /** There is a terminal: what the person types, and the input ends behind it; null: they think about it. */
    readonly terminal?: string | null;
    /** There is none: what comes in by this instead. */
    readonly stdin?: PassThrough;
    readonly signal?: AbortSignal;
    readonly serialLines?: CliContext['serialLines'];
  } = {},
): Promise<{ readonly stdout: string; readonly stderr: string; readonly error: unknown }> {
  const stdout = capture();
  const stderr = capture();
  const stdin = Object.assign(changes.stdin ?? new PassThrough(), { isTTY: changes.terminal !== undefined });
  if (typeof changes.terminal === 'string') stdin.end(changes.terminal);
  const context: CliContext = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    stdin,
    environment: changes.environment ?? {},
    clock: systemClock,
    signal: changes.signal ?? new AbortController().signal,
    serialLines: changes.serialLines ?? serialLines,
    version: '1.2.3',
    user: 'olga',
  };
  const program = new Command('tapeloom')
    .exitOverride()
    .option('--socket <path>', '', socketPath)
    .option('--json', '', false)
    .option('--quiet', '', false)
    .configureOutput({ writeErr: (words) => stderr.stream.write(words) });
  const run = makeCommandRunner(context);
  const nouns = [
    addStreamCommands,
    addMediaCommands,
    addDriveCommands,
    addHealthCommands,
    addChangerCommands,
    addJobCommands,
    addPoolCommands,
    addCatalogCommands,
    addClockCommands,
    addStatusCommands,
  ];
  for (const add of nouns) add(program, run);
  const error: unknown = await program.parseAsync(args, { from: 'user' }).then(
    () => null,
    (reason: unknown) => reason,
  );
  return { stdout: stdout.text(), stderr: stderr.text(), error };
}
