import { parseArgs } from 'node:util';
import { KillRun } from './kill-run.js';

/** Streams stay small, so that many kills fit on the simulated cartridges. */
const MAX_BYTES = 1_000_000;
/** Kills between two lines of progress. */
const TOLD_EVERY = 25;

/** `npm run test:kills -- --count N [--seed S]`: kills a real daemon N times. When a kill hits is up to the machine, too. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
  });
  const count = Number(values.count);
  const run = new KillRun(Number(values.seed), MAX_BYTES);
  let failed = 0;
  const note = (what: string, problems: readonly string[]): void => {
    if (problems.length > 0) failed++;
    for (const problem of problems) print(`seed ${values.seed}, ${what}: ${problem}`);
  };
  try {
    await run.start();
    for (let kill = 1; kill <= count; kill++) {
      note(`kill ${String(kill)}`, await run.kill());
      if (kill % TOLD_EVERY === 0) print(`${String(kill)} kills, ${describe(run)}`);
    }
    note('at the end', await run.end());
  } finally {
    await run.remove();
  }
  print(`${String(count)} kills, ${describe(run)}`);
  print(`${String(count - failed)} passed, ${String(failed)} failed`);
  return failed === 0 ? 0 : 1;
}

function describe(run: KillRun): string {
  return `${String(run.streams)} streams, ${String(run.acknowledged)} of them acknowledged`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main();
