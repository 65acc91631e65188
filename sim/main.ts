#!/usr/bin/env node
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ERROR_CODES } from '../src/base/error-codes.js';
import { describeError, isStorageError } from '../src/base/storage-error.js';
import { loadConfiguration } from '../src/daemon/configuration.js';
import { runDaemon } from '../src/daemon/run-daemon.js';
import { SimHardware, type SimHardwareOptions } from './sim-hardware.js';

const EX_USAGE = 64;
const EX_SOFTWARE = 70;
const USAGE = `usage: tapeloom-sim --state DIRECTORY [options]
The storage node on simulated hardware: one LTO-9 drive and one disk target. Everything lies in DIRECTORY, which is made with a
configuration, a client "demo" and its token, and blank cartridges TPL001L9, TPL002L9, ... when it is not there.
  --cartridges N     blank cartridges to make (default 8)
  --capacity SIZE    of each new cartridge, as 24MiB or 2GB (default: LTO-9)
  --clock wall|off   simulated mechanics take time (default), or none
  --speed N          so many simulated seconds in one (default 20)
  --keep all|header  store blocks whole (default), or their headers only: to count without storing
`;

/** `tapeloom-sim`: the composition root on simulated hardware. */
async function main(): Promise<number> {
  let options: { readonly state: string; readonly hardware: SimHardwareOptions };
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`tapeloom-sim: ${describeError(error)}\n${USAGE}`);
    return EX_USAGE;
  }
  try {
    const file = join(options.state, 'tapeloom.toml');
    if (!existsSync(file)) makeState(options.state, file);
    return await runDaemon({
      configuration: loadConfiguration(file),
      makeHardware: () => new SimHardware(options.hardware),
      environment: process.env,
    });
  } catch (error) {
    process.stderr.write(`tapeloom-sim: ${describeError(error)}\n`);
    return isStorageError(error) ? ERROR_CODES[error.code].exitCode : EX_SOFTWARE;
  }
}

function readOptions(): { readonly state: string; readonly hardware: SimHardwareOptions } {
  const { values } = parseArgs({
    options: {
      state: { type: 'string' },
      cartridges: { type: 'string', default: '8' },
      capacity: { type: 'string' },
      clock: { type: 'string', default: 'wall' },
      speed: { type: 'string', default: '20' },
      keep: { type: 'string', default: 'all' },
    },
  });
  if (values.state === undefined) throw new Error('--state DIRECTORY is needed');
  const state = resolve(values.state);
  return {
    state,
    hardware: {
      directory: join(state, 'rack'),
      cartridges: parseNumber('--cartridges', values.cartridges, 1, 999),
      capacityBytes: values.capacity === undefined ? null : parseCapacity(values.capacity),
      clock: parseChoice('--clock', values.clock, ['wall', 'off']),
      speed: parseNumber('--speed', values.speed, 1, 1000),
      keepPayload: parseChoice('--keep', values.keep, ['all', 'header']),
    },
  };
}

function parseNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${option} is a number from ${String(min)} to ${String(max)}`);
}

function parseChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === text);
  if (choice === undefined) throw new Error(`${option} is one of ${choices.join(', ')}`);
  return choice;
}

const UNITS: Readonly<Record<string, number>> = {
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

function parseCapacity(text: string): number {
  const [, digits, unit] = /^(\d+)([MGT]i?B)$/.exec(text) ?? [];
  const factor = UNITS[unit ?? ''];
  if (digits === undefined || factor === undefined) throw new Error('--capacity is a size such as 24MiB or 2GB');
  return Number(digits) * factor;
}

/** A configuration as an operator would write it. */
function makeState(state: string, file: string): void {
  mkdirSync(state, { recursive: true });
  const token = randomBytes(24).toString('base64url');
  const tokenSha256 = createHash('sha256').update(token, 'utf8').digest('hex');
  writeFileSync(join(state, 'demo.token'), `${token}\n`, { mode: 0o600 });
  const text = `# Made by tapeloom-sim; edit it as you like.
node = "sim"
state_directory = ${JSON.stringify(state)}

[data_door]
port = 0

[control_door]
socket = ${JSON.stringify(join(state, 'control.sock'))}

[[drive]]
name = "tape0"
kind = "tape"
device = "/dev/nst0"

[[drive]]
name = "disk0"
kind = "disk"
directory = ${JSON.stringify(join(state, 'disk0'))}
capacity = "4GiB"

[[pool]]
name = "default"
kind = "tape"
retention_days = 30

[[pool]]
name = "disk"
kind = "disk"
retention_days = 30

[[client]]
name = "demo"
token_sha256 = "${tokenSha256}"
`;
  writeFileSync(file, text, { mode: 0o640 });
}

// A thread of a drive that hangs must not keep the process.
process.exit(await main());
