#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES } from '../src/base/error-codes.js';
import { describeError, isStorageError } from '../src/base/storage-error.js';
import { loadConfiguration } from '../src/daemon/configuration.js';
import { runDaemon } from '../src/daemon/run-daemon.js';
import { LIBRARY_NAMES } from './library/library-personality.js';
import { readNodeOptions, type NodeOptions } from './node-options.js';
import { makeNodeState } from './node-state.js';
import { isOperatorCommand, operatorUsage, runOperator } from './operator/run-operator.js';
import { SimHardware } from './sim-hardware.js';

const EX_USAGE = 64;
const EX_SOFTWARE = 70;
const QUIRKY = LIBRARY_NAMES.filter((name) => name !== 'library' && name !== 'autoloader');
const USAGE = `usage: tapeloom-sim --state DIRECTORY [options]
       tapeloom-sim COMMAND --state DIRECTORY ...
The storage node on simulated hardware: one LTO-9 drive, or a library with its drives, and one disk target. Everything lies in
DIRECTORY, which is made with a configuration, a client "demo" and its token, and blank cartridges TPL001L9, TPL002L9, ... when
it is not there.
  --library NAME     the drives stand in a library: "library" (2 drives, 24 slots, 4 import/export slots), "autoloader" (1, 8, 1)
                     or one with a quirk: ${QUIRKY.join(', ')}
  --cartridges N     blank cartridges to make (default 8; in a library: as many as leave some slots empty)
  --capacity SIZE    of each new cartridge, as 24MiB or 2GB (default: LTO-9)
  --clock wall|off   simulated mechanics take time (default), or none
  --speed N          so many simulated seconds in one (default 20)
  --keep all|header  store blocks whole (default), or their headers only: to count without storing
${operatorUsage()}`;

/** `tapeloom-sim`: the composition root on simulated hardware, and the operator who stands before it. */
async function main(args: readonly string[]): Promise<number> {
  const output = {
    stdout: (text: string) => process.stdout.write(text),
    stderr: (text: string) => process.stderr.write(text),
  };
  if (isOperatorCommand(args[0])) return runOperator(args, output);
  let options: NodeOptions;
  try {
    options = readNodeOptions(args);
  } catch (error) {
    output.stderr(`tapeloom-sim: ${describeError(error)}\n${USAGE}`);
    return EX_USAGE;
  }
  try {
    const file = join(options.state, 'tapeloom.toml');
    if (!existsSync(file)) makeNodeState(options.state, file, options.hardware.library);
    return await runDaemon({
      configuration: loadConfiguration(file),
      makeHardware: () => new SimHardware(options.hardware),
      environment: process.env,
    });
  } catch (error) {
    output.stderr(`tapeloom-sim: ${describeError(error)}\n`);
    return isStorageError(error) ? ERROR_CODES[error.code].exitCode : EX_SOFTWARE;
  }
}

// A thread of a drive that hangs must not keep the process.
process.exit(await main(process.argv.slice(2)));
