import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { isReached } from './figure.js';
import { PACKAGE } from './processes.js';
import { FULL, QUICK, Report, type BenchPlan } from './report.js';
import { measureRestores } from './restore-suite.js';
import { measureDiskSaves, measureNullSaves, measurePacedSaves } from './save-suite.js';

const USAGE = `usage: npm run bench -- [--quick] [--json FILE] [--only SUITE,...]
Measures the daemon on this machine, against C programs that do the least, in turns (docs/PERFORMANCE.md).
  --quick      short loads, fewer repetitions: under 8 minutes on two cores
  --json FILE  writes every figure, with name and unit
  --only ...   some suites only: `;

type Suite = (report: Report, plan: BenchPlan) => Promise<void>;

const SUITES: Readonly<Record<string, Suite>> = {
  null: measureNullSaves,
  drive: measurePacedSaves,
  disk: measureDiskSaves,
  restore: measureRestores,
};

/** `npm run bench`. Exit status 0 also when a figure misses its limit: the limits are for people to look at. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, json: { type: 'string' }, only: { type: 'string' } },
  });
  const chosen = values.only?.split(',') ?? Object.keys(SUITES);
  if (chosen.some((name) => SUITES[name] === undefined)) {
    process.stderr.write(`${USAGE}${Object.keys(SUITES).join(', ')}\n`);
    return 64;
  }
  execFileSync('make', ['-s', '-C', `${PACKAGE}/bench/native`], { stdio: 'inherit' });
  const plan = values.quick ? QUICK : FULL;
  const report = new Report((line) => {
    process.stdout.write(`${line}\n`);
  });
  const startedMs = performance.now();
  for (const name of chosen) await SUITES[name]?.(report, plan);
  const missed = report.figures.filter((figure) => !isReached(figure));
  const seconds = (performance.now() - startedMs) / 1000;
  report.section(
    `${String(report.figures.length)} figures in ${seconds.toFixed(0)} s, ${String(missed.length)} missed`,
  );
  for (const { name } of missed) report.note(name);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(document(report, plan), null, 1));
  return 0;
}

function document(report: Report, plan: BenchPlan): unknown {
  return {
    format: 1,
    plan,
    machine: {
      cpus: cpus().map(({ model }) => model),
      memoryBytes: totalmem(),
      kernel: release(),
      node: process.version,
    },
    figures: report.figures,
  };
}

process.exit(await main());
