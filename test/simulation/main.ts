import { parseArgs } from 'node:util';
import { World } from './world.js';

/** `npm run sim -- --seed N`: replays one world; `--seeds K`: K of them from there, `--stop`: not beyond the first that breaks a promise. Ends with a count. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '1' },
      stop: { type: 'boolean', default: false },
    },
  });
  const first = Number(values.seed);
  const count = Number(values.seeds);
  const startedMs = performance.now();
  let failed = 0;
  const total = { lives: 0, streams: 0, saved: 0, partly: 0, kills: 0, powerCuts: 0 };
  for (let seed = first; seed < first + count; seed++) {
    const report = await new World(seed).run();
    total.lives += report.lives;
    total.streams += report.streams;
    total.saved += report.saved;
    total.partly += report.partly;
    total.kills += report.deaths.kill;
    total.powerCuts += report.deaths['power-cut'];
    if (count === 1 || report.problems.length > 0) print(JSON.stringify(report, null, count === 1 ? 2 : 0));
    if (report.problems.length > 0) failed++;
    if (values.stop && failed > 0) break;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  print(JSON.stringify({ worlds: count, ...total, seconds: Math.round(seconds * 10) / 10 }));
  print(`${String(count - failed)} passed, ${String(failed)} failed`);
  return failed === 0 ? 0 : 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main();
