import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LIBRARY_NAMES, libraryPersonality, type LibraryPersonality } from './library/library-personality.js';
import type { SimHardwareOptions } from './sim-hardware.js';
import { parseSize } from './sizes.js';

/** How to start a node on simulated hardware. */
export interface NodeOptions {
  /** The directory in which everything lies. */
  readonly state: string;
  readonly hardware: SimHardwareOptions;
}

/** Throws an Error that says what is wrong with the arguments. */
export function readNodeOptions(args: readonly string[]): NodeOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      state: { type: 'string' },
      library: { type: 'string' },
      cartridges: { type: 'string' },
      capacity: { type: 'string' },
      clock: { type: 'string', default: 'wall' },
      speed: { type: 'string', default: '20' },
      keep: { type: 'string', default: 'all' },
    },
  });
  if (values.state === undefined) throw new Error('--state DIRECTORY is needed');
  const state = resolve(values.state);
  const { library, cartridges, capacity } = values;
  return {
    state,
    hardware: {
      directory: join(state, 'rack'),
      library: library === undefined ? null : parseLibrary(library),
      cartridges: cartridges === undefined ? null : parseNumber('--cartridges', cartridges, 1, 999),
      capacityBytes: capacity === undefined ? null : parseCapacity(capacity),
      clock: parseChoice('--clock', values.clock, ['wall', 'off']),
      speed: parseNumber('--speed', values.speed, 1, 1000),
      keepPayload: parseChoice('--keep', values.keep, ['all', 'header']),
    },
  };
}

function parseLibrary(name: string): LibraryPersonality {
  const personality = libraryPersonality(name);
  if (personality === null) throw new Error(`--library is one of ${LIBRARY_NAMES.join(', ')}`);
  return personality;
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

function parseCapacity(text: string): number {
  const bytes = parseSize(text);
  if (bytes === null) throw new Error('--capacity is a size such as 24MiB or 2GB');
  return bytes;
}
