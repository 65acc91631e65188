import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError } from '../../src/base/storage-error.js';
import { FileError } from '../../src/device/file-port.js';
import { createFilePort } from '../../src/device/linux-files.js';
import { RackError } from '../rack.js';
import { CARTRIDGE_COMMANDS } from './cartridge-commands.js';
import { DRIVE_COMMANDS } from './drive-commands.js';
import { FRONT_COMMANDS } from './front-commands.js';
import { OperatorBench } from './operator-bench.js';
import { OPERATOR_OPTIONS, type OperatorArguments, type OperatorCommand } from './operator-command.js';
import { STATUS_COMMAND } from './status-report.js';

const EX_USAGE = 64;

const COMMANDS: readonly OperatorCommand[] = [
  STATUS_COMMAND,
  ...FRONT_COMMANDS,
  ...CARTRIDGE_COMMANDS,
  ...DRIVE_COMMANDS,
];

export interface OperatorOutput {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

export function isOperatorCommand(name: string | undefined): boolean {
  return COMMANDS.some((command) => command.name === name);
}

export function operatorUsage(): string {
  const lines = COMMANDS.map(({ name, usage, summary }) => `  ${`${name} ${usage}`.trim()}\n      ${summary}`);
  return `What an operator does to it, while it runs or not:\n${lines.join('\n')}\n`;
}

/** Runs the command that `args` begin with; returns the exit code: 0, 1 when it cannot be done, 64 when it was not understood. */
export function runOperator(args: readonly string[], output: OperatorOutput): number {
  const [name, ...rest] = args;
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) return EX_USAGE;
  let parsed: { readonly state: string; readonly args: OperatorArguments };
  try {
    parsed = parse(command, rest);
  } catch (error) {
    const call = `${command.name} --state DIRECTORY ${command.usage}`.trim();
    output.stderr(`tapeloom-sim: ${describeError(error)}\nusage: tapeloom-sim ${call}\n`);
    return EX_USAGE;
  }
  try {
    const bench = new OperatorBench(createFilePort(), join(resolve(parsed.state), 'rack'));
    output.stdout(`${command.run(bench, parsed.args)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof RackError || error instanceof FileError)) throw error;
    output.stderr(`tapeloom-sim: ${describeError(error)}\n`);
    return 1;
  }
}

function parse(
  command: OperatorCommand,
  args: readonly string[],
): { readonly state: string; readonly args: OperatorArguments } {
  const options = Object.fromEntries(command.options.map((option) => [option, OPERATOR_OPTIONS[option]]));
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { state: { type: 'string' }, ...options },
    allowPositionals: true,
  });
  const [least, most] = command.words;
  if (positionals.length < least || positionals.length > most) throw new Error('wrong number of arguments');
  const { state, ...others } = values as { readonly state?: string } & Omit<OperatorArguments, 'words'>;
  if (state === undefined) throw new Error('--state DIRECTORY is needed');
  return { state, args: { ...others, words: positionals } };
}
