import { crc32c } from '../../src/base/crc32c.js';
import { SeededRandom } from '../../src/base/random.js';
import { ByteMutator } from './byte-mutator.js';
import { FuzzFailure, type FuzzTarget } from './fuzz-target.js';

/** An input that broke a promise; `seed`, `target` and `number` make it again. */
export interface FoundFailure {
  readonly target: string;
  readonly number: number;
  readonly input: Buffer;
  readonly error: unknown;
}

export interface FuzzRunOptions {
  readonly seed: number;
  /** Of all targets together; each gets its share. */
  readonly inputs: number;
  /** Only this one of each target, counted from 0. */
  readonly only?: number;
  /** Called before each input. */
  readonly onInput?: (target: FuzzTarget, number: number) => void;
  readonly onTarget?: (target: FuzzTarget, inputs: number, seconds: number) => void;
  /** Failures of one target after which it is left. */
  readonly mostFailures: number;
}

/** Makes the input number `number` of a target. The same for the same seed, whatever other targets there are. */
export function makeInput(target: FuzzTarget, seed: number, number: number): { input: Buffer; mended: boolean } {
  const random = new SeededRandom(crc32c(Buffer.from(`${String(seed)}/${target.name}/${String(number)}`)));
  const input = new ByteMutator(random).mutate(target.seeds);
  if (target.mend === undefined || random.below(2) === 0) return { input, mended: false };
  return { input: target.mend(input), mended: true };
}

/** Runs the targets one after the other; returns what it found. */
export async function runFuzz(
  targets: readonly FuzzTarget[],
  options: FuzzRunOptions,
): Promise<readonly FoundFailure[]> {
  const { seed, inputs, only, onInput, onTarget, mostFailures } = options;
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  const failures: FoundFailure[] = [];
  for (const target of targets) {
    const startedMs = performance.now();
    const first = only ?? 0;
    const end = only === undefined ? Math.max(1, Math.round((inputs * target.share) / shares)) : only + 1;
    let failed = 0;
    for (let number = first; number < end && failed < mostFailures; number++) {
      onInput?.(target, number);
      const { input, mended } = makeInput(target, seed, number);
      try {
        const checking = target.check(Buffer.from(input), mended);
        if (checking instanceof Promise) await checking;
        if (Object.keys(Object.prototype).length > 0) throw new FuzzFailure('nothing is added to all objects');
      } catch (error) {
        failed++;
        failures.push({ target: target.name, number, input, error });
      }
    }
    onTarget?.(target, end - first, (performance.now() - startedMs) / 1000);
  }
  return failures;
}
