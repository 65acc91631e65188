import { parseArgs } from 'node:util';
import { withAllTargets } from './all-targets.js';
import type { FuzzTarget } from './fuzz-target.js';
import { runFuzz, type FoundFailure } from './fuzz-run.js';
import { Watchdog } from './watchdog.js';

const USAGE = `usage: npm run fuzz -- [--seed N] [--inputs K] [--target NAME] [--input I]
K inputs over the decoders, made from seed N; each that breaks a promise is printed and can be made again with its seed, target and input.
`;
const EX_USAGE = 64;
/** Failures of one target that are worth printing. */
const MOST_FAILURES = 5;
const HANG_MS = 60_000;
const GROWTH_BYTES = 2 ** 30;
const PRINTED_BYTES = 512;

interface Options {
  readonly seed: number;
  readonly inputs: number;
  readonly target: string | null;
  readonly input: number | null;
}

/** The fuzzer by hand: `npm run fuzz`. */
async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) return EX_USAGE;
  return withAllTargets(async (all) => {
    const targets = all.filter(({ name }) => options.target === null || name === options.target);
    if (targets.length === 0) {
      print(`targets: ${all.map(({ name }) => name).join(', ')}`);
      return EX_USAGE;
    }
    return fuzz(targets, options);
  });
}

async function fuzz(targets: readonly FuzzTarget[], { seed, inputs, input }: Options): Promise<number> {
  const watchdog = new Watchdog({
    names: targets.map(({ name }) => name),
    seed,
    hangMs: HANG_MS,
    growthBytes: GROWTH_BYTES,
  });
  let total = 0;
  const failures = await runFuzz(targets, {
    seed,
    inputs,
    ...(input === null ? {} : { only: input }),
    mostFailures: MOST_FAILURES,
    onInput: ({ name }, number) => {
      watchdog.beat(name, number);
    },
    onTarget: ({ name }, count, seconds) => {
      total += count;
      print(`${name}: ${String(count)} inputs in ${seconds.toFixed(1)} s`);
    },
  });
  await watchdog.stop();
  for (const failure of failures) printFailure(seed, failure);
  print(`${String(total)} inputs, ${String(failures.length)} failed`);
  return failures.length === 0 ? 0 : 1;
}

function printFailure(seed: number, { target, number, input, error }: FoundFailure): void {
  print(`FAILED --seed ${String(seed)} --target ${target} --input ${String(number)} (${String(input.length)} bytes)`);
  print(error instanceof Error ? (error.stack ?? error.message) : String(error));
  print(input.subarray(0, PRINTED_BYTES).toString('hex'));
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      inputs: { type: 'string', default: '100000' },
      target: { type: 'string' },
      input: { type: 'string' },
    },
  });
  const numbers = [values.seed, values.inputs, values.input ?? '0'].map(Number);
  if (!numbers.every((value) => Number.isSafeInteger(value) && value >= 0)) {
    process.stderr.write(USAGE);
    return null;
  }
  const [seed = 1, inputs = 0, input = 0] = numbers;
  return { seed, inputs, target: values.target ?? null, input: values.input === undefined ? null : input };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main();
