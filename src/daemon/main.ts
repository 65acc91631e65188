#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { ERROR_CODES } from '../base/error-codes.js';
import { describeError, isStorageError } from '../base/storage-error.js';
import { existsSync } from 'node:fs';
import { systemClock } from '../base/clock.js';
import { loadConfiguration } from './configuration.js';
import { LinuxHardware } from './linux-hardware.js';
import { runDaemon } from './run-daemon.js';

const EX_USAGE = 64;
const EX_SOFTWARE = 70;
const DEFAULT_CONFIGURATION = '/etc/tapeloom/tapeloom.toml';
const USAGE = `usage: tapeloomd [--config FILE] [--check | --scan]
  --config FILE  the configuration (default ${DEFAULT_CONFIGURATION}; FILE's folder may have conf.d/*.toml)
  --check        read the configuration, say what is wrong with it, and end
  --scan         find tape drives and changers, print what to configure, and end; works without a configuration
                 (beside a running daemon: tapeloom drive scan, tapeloom changer scan)
`;

/** `tapeloomd`: the composition root on real hardware. */
async function main(): Promise<number> {
  let values: { config?: string; check?: boolean; scan?: boolean; help?: boolean };
  try {
    ({ values } = parseArgs({
      options: {
        config: { type: 'string' },
        check: { type: 'boolean' },
        scan: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }));
  } catch (error) {
    process.stderr.write(`tapeloomd: ${describeError(error)}\n${USAGE}`);
    return EX_USAGE;
  }
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    const file = values.config ?? DEFAULT_CONFIGURATION;
    if (values.scan === true) {
      await printScan(file);
      return 0;
    }
    const configuration = loadConfiguration(file);
    if (values.check === true) {
      process.stdout.write('The configuration is good.\n');
      return 0;
    }
    return await runDaemon({ configuration, makeHardware: () => new LinuxHardware(), environment: process.env });
  } catch (error) {
    process.stderr.write(`tapeloomd: ${describeError(error)}\n`);
    return isStorageError(error) ? ERROR_CODES[error.code].exitCode : EX_SOFTWARE;
  }
}

/** Where there is no configuration yet, nothing is configured. */
async function printScan(file: string): Promise<void> {
  const configured = existsSync(file) ? loadConfiguration(file) : { drives: [], changers: [] };
  const { configuration } = await new LinuxHardware().scan(configured, systemClock);
  process.stdout.write(`${configuration.changers}\n${configuration.drives}`);
}

// A thread of a drive that hangs in a system call must not keep the process: systemd would wait for it.
process.exit(await main());
