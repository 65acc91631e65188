import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { withAllTargets } from './all-targets.js';
import { FuzzFailure, must, type FuzzTarget } from './fuzz-target.js';
import { ReaderInMemory } from './reader-in-memory.js';
import { diskVolumeOf, makeSampleVolume } from './sample-volume.js';
import { makeInput, runFuzz } from './fuzz-run.js';

/** A share of what `npm run fuzz` runs, always the same inputs. */
const SEED = 20_260_101;
const INPUTS = 12_000;

function target(check: FuzzTarget['check'], more: Partial<FuzzTarget> = {}): FuzzTarget {
  return { name: 'test', seeds: [Buffer.from('a good input')], share: 1, check, ...more };
}

describe('the fuzzer', () => {
  it('finds inputs that break a promise, throw what is not declared, or reject, and makes each of them again', async () => {
    const checks: readonly FuzzTarget['check'][] = [
      (input) => {
        must(input[3] !== 0x7f, 'planted');
      },
      (input) => {
        if (input.length > 400) throw new RangeError('planted');
      },
      async (input) => {
        await Promise.resolve();
        if (input.length === 0) throw new TypeError('planted');
      },
    ];
    for (const check of checks) {
      const broken = target(check);
      const failures = await runFuzz([broken], { seed: 5, inputs: 20_000, mostFailures: 3 });
      expect(failures.length).to.be.greaterThan(0);
      for (const { number, input, error } of failures) {
        expect(makeInput(broken, 5, number).input.equals(input)).to.equal(true);
        const [again] = await runFuzz([broken], { seed: 5, inputs: 0, only: number, mostFailures: 1 });
        expect(again?.input.equals(input)).to.equal(true);
        expect(String(again?.error)).to.equal(String(error));
      }
    }
  });

  it('notices a key added to all objects', async () => {
    const polluted = target(() => {
      Object.assign(Object.prototype, { planted: 1 });
    });
    try {
      const [failure] = await runFuzz([polluted], { seed: 1, inputs: 1, mostFailures: 1 });
      expect(failure?.error).to.be.instanceOf(FuzzFailure);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'planted');
    }
  });

  it('gives a target the same inputs whatever other targets there are, mended ones among them', async () => {
    const seen: string[][] = [[], []];
    const named = (run: number): FuzzTarget =>
      target((input, mended) => void seen[run]?.push(`${String(mended)} ${input.toString('hex')}`), {
        mend: (input) => Buffer.concat([input, Buffer.of(1)]),
      });
    await runFuzz([named(0)], { seed: 9, inputs: 200, mostFailures: 1 });
    await runFuzz([target(() => undefined, { name: 'other' }), named(1)], { seed: 9, inputs: 400, mostFailures: 1 });
    expect(seen[0]).to.deep.equal(seen[1]);
    expect(seen[0]?.some((one) => one.startsWith('true'))).to.equal(true);
  });

  it('has a watchdog that names the input on which a decoder hangs, or takes memory without bound', () => {
    const watchdog = fileURLToPath(new URL('./watchdog.js', import.meta.url));
    for (const [what, hangMs, trouble] of [
      ['hangs', 3000, 'for (;;);'],
      ['takes more than', 600_000, 'const all = []; for (;;) { all.push(Buffer.alloc(8 << 20, 1)); }'],
    ] as const) {
      const program = `
        import { Watchdog } from ${JSON.stringify(watchdog)};
        import { setTimeout } from 'node:timers/promises';
        const dog = new Watchdog({ names: ['a', 'b'], seed: 7, hangMs: ${String(hangMs)}, growthBytes: 512 << 20 });
        await setTimeout(1500);
        dog.beat('b', 42);
        ${trouble}`;
      const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program]);
      expect(signal).to.equal('SIGKILL');
      expect(stderr.toString()).to.contain(what).and.to.contain('--seed 7 --target b --input 42');
    }
  });
});

describe('the volume that is mutated', () => {
  it('is whole: every complete stream is read from it, and nothing on it is damaged', async () => {
    const volume = await makeSampleVolume();
    const reader = await ReaderInMemory.load();
    const path = ReaderInMemory.path('volume');
    const files = new Map([[path, diskVolumeOf(volume.objects)]]);
    const { status, printed } = reader.run(['verify', path], files);
    expect([status, printed.split('\n').at(-2)]).to.deep.equal([0, 'all is good']);
    const out = ReaderInMemory.path('out');
    let complete = 0;
    for (const [streamId, { bytes, isComplete }] of volume.streams) {
      if (!isComplete) continue;
      expect(reader.run(['extract', streamId, out, path], files).files.get(out)?.equals(bytes)).to.equal(true);
      complete++;
    }
    expect(complete).to.equal(3);
  });
});

describe('every decoder, under mutated inputs,', () => {
  it('refuses what it must in the ways it declares and takes nothing wrong', async () => {
    const failures = await withAllTargets(async (targets) =>
      runFuzz(targets, { seed: SEED, inputs: INPUTS, mostFailures: 1 }),
    );
    const told = failures.map(
      ({ target: name, number, error }) =>
        `npm run fuzz -- --seed ${String(SEED)} --target ${name} --input ${String(number)}: ${String(error)}`,
    );
    expect(told).to.deep.equal([]);
  });
});
