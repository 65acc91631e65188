#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { Command, CommanderError } from 'commander';
import { systemClock } from '../base/clock.js';
import { ERROR_CODES } from '../base/error-codes.js';
import { describeError, isStorageError } from '../base/storage-error.js';
import type { CliContext, GlobalOptions } from './context.js';
import { writeLine } from './context.js';
import { addDriveCommands } from './drive-commands.js';
import { addMediaCommands } from './media-commands.js';
import { makeCommandRunner } from './run-command.js';
import { addStatusCommands } from './status-commands.js';
import { addStreamCommands } from './stream-commands.js';
import { UsageError } from './usage-error.js';

const EX_USAGE = 64;
const EX_SOFTWARE = 70;
const INTERRUPTED = 130;
const DEFAULT_SOCKET = '/run/tapeloom/control.sock';

/** `tapeloom`: the composition root of the CLI. */
async function main(): Promise<number> {
  const abort = new AbortController();
  process.once('SIGINT', () => {
    abort.abort(new Error('interrupted'));
  });
  // A reader that closed the pipe (`tapeloom media list | head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : EX_SOFTWARE);
  });
  const context: CliContext = {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    environment: process.env,
    clock: systemClock,
    signal: abort.signal,
    version: readVersion(),
    user: userInfo().username,
  };
  const program = makeProgram(context);
  try {
    await program.parseAsync(process.argv);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EX_USAGE;
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
    .option('--quiet', 'no remarks and no progress', false)
    .showHelpAfterError('(see `tapeloom --help`)')
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });
  const run = makeCommandRunner(context);
  addStreamCommands(program, run);
  addMediaCommands(program, run);
  addDriveCommands(program, run);
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
  const code = isStorageError(error) ? error.code : error instanceof UsageError ? 'USAGE' : 'INTERNAL';
  if (options.json) {
    const details = isStorageError(error) ? { disposition: error.disposition, context: error.context } : {};
    writeLine(
      context.stdout,
      JSON.stringify({ message_type: 'error', error: { code, message: describeError(error), ...details } }),
    );
  }
  writeLine(context.stderr, `tapeloom: ${describeError(error)}${isStorageError(error) ? ` [${error.code}]` : ''}`);
  if (isStorageError(error)) return ERROR_CODES[error.code].exitCode;
  if (error instanceof UsageError) return EX_USAGE;
  if (error instanceof Error && error.stack !== undefined) writeLine(context.stderr, error.stack);
  return EX_SOFTWARE;
}

/** From the package's own package.json: dist/src/cli/main.js is three folders below it. */
function readVersion(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

process.exitCode = await main();
