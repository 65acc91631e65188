#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { Command, CommanderError } from 'commander';
import { systemClock } from '../base/clock.js';
import { ERROR_CODES } from '../base/error-codes.js';
import { StorageError, describeError, isStorageError } from '../base/storage-error.js';
import { addCatalogCommands } from './catalog-commands.js';
import { addChangerCommands } from './changer-commands.js';
import type { CliContext, GlobalOptions } from './context.js';
import { writeLine } from './context.js';
import { addClockCommands } from './clock-commands.js';
import { addDriveCommands } from './drive-commands.js';
import { addHealthCommands } from './health-commands.js';
import { addJobCommands } from './job-commands.js';
import { addMediaCommands } from './media-commands.js';
import { addPoolCommands } from './pool-commands.js';
import { makeCommandRunner } from './run-command.js';
import { serialLines } from './scanner.js';
import { addStatusCommands } from './status-commands.js';
import { addStreamCommands } from './stream-commands.js';
import { UsageError } from './usage-error.js';
import { printable } from './words.js';

const EX_USAGE = 64;
const EX_SOFTWARE = 70;
const EX_IOERR = 74;
const INTERRUPTED = 130;
const DEFAULT_SOCKET = '/run/tapeloom/control.sock';

/** `tapeloom`: the composition root of the CLI. */
async function main(): Promise<number> {
  const abort = new AbortController();
  process.once('SIGINT', () => {
    abort.abort(new Error('interrupted'));
  });
  // A reader that closed the pipe (`tapeloom media list | head`) is no error of ours. A save goes on without it; a restore
  // to it sees the error itself.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    writeLine(process.stderr, `tapeloom: cannot write the output: ${error.message}`);
    process.exit(EX_IOERR);
  });
  const context: CliContext = {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    environment: process.env,
    clock: systemClock,
    signal: abort.signal,
    serialLines,
    version: readVersion(),
    user: userName(),
  };
  const program = makeProgram(context);
  try {
    await program.parseAsync(process.argv);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    return reportFailure(context, program.opts<GlobalOptions>(), error);
  }
}

function makeProgram(context: CliContext): Command {
  const program = new Command('tapeloom');
  program
    .description('operate a Tapeloom storage node')
    .version(context.version, '-V, --version')
    .option('--socket <path>', 'control door of the daemon', context.environment['TAPELOOM_SOCKET'] ?? DEFAULT_SOCKET)
    .option('--json', 'machine-readable output', false)
    .option('--quiet', 'no progress', false)
    .showHelpAfterError('(see `tapeloom --help`)')
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });
  const run = makeCommandRunner(context);
  addStreamCommands(program, run);
  addMediaCommands(program, run);
  addDriveCommands(program, run);
  addHealthCommands(program, run);
  addChangerCommands(program, run);
  addJobCommands(program, run);
  addPoolCommands(program, run);
  addCatalogCommands(program, run);
  addClockCommands(program, run);
  addStatusCommands(program, run);
  overrideExits(program);
  return program;
}

/** commander exits by itself unless told not to, command by command. */
function overrideExits(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExits(child);
}

function reportFailure(context: CliContext, options: GlobalOptions, error: unknown): number {
  if (context.signal.aborted) {
    writeLine(context.stderr, 'tapeloom: interrupted');
    return INTERRUPTED;
  }
  // Who reads a restored stream has gone: quiet, but not every byte was delivered.
  if (isSystemError(error) && error.code === 'EPIPE') return EX_IOERR;
  const failure = isSystemError(error) ? storageErrorOf(error) : error;
  const isUsage = failure instanceof UsageError || failure instanceof CommanderError;
  const code = isStorageError(failure) ? failure.code : isUsage ? 'USAGE' : 'INTERNAL';
  const message = describeError(failure);
  if (options.json) {
    const details = isStorageError(failure) ? { disposition: failure.disposition, context: failure.context } : {};
    writeLine(context.stdout, JSON.stringify({ message_type: 'error', error: { code, message, ...details } }));
  }
  // What is wrong with the command line, commander has said already.
  if (!(failure instanceof CommanderError))
    writeLine(context.stderr, `tapeloom: ${printable(message)}${isStorageError(failure) ? ` [${failure.code}]` : ''}`);
  if (isStorageError(failure)) return ERROR_CODES[failure.code].exitCode;
  if (isUsage) return EX_USAGE;
  if (failure instanceof Error && failure.stack !== undefined) writeLine(context.stderr, failure.stack);
  return EX_SOFTWARE;
}

/** An error of the operating system: a file of the user's that cannot be read or written to its end. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'errno' in error && 'syscall' in error;
}

function storageErrorOf(error: NodeJS.ErrnoException): StorageError {
  const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  return new StorageError(isFull ? 'DEVICE_DISK_FULL' : 'DEVICE_IO', error.message, { cause: error });
}

/** A user id without a name, as in a container, has its number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${String(process.getuid?.() ?? 'unknown')}`;
  }
}

/** From the package's own package.json: dist/src/cli/main.js is three folders below it. */
function readVersion(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

process.exitCode = await main();
