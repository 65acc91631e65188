import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClauseRecord } from '../support/clauses.js';
import { contractTables, TABLE_STAGES } from './contract-table.js';
import type { Tally } from './tally-reporter.js';

/**
 * `report FOLDER STAGE...`: what the stages of test:kernel came to. When all ran, the tables in docs/TESTING.md must be what they
 * make; `--write` puts them there. The last line is 'N passed, N failed', and the status 1 when anything failed.
 */
const DOCUMENT = 'docs/TESTING.md';
const BEGIN = '<!-- contract tables: made by test/kernel-vm/run, do not edit -->\n';
const END = '<!-- end of contract tables -->\n';

const [folder = '', ...words] = process.argv.slice(2);
const write = words.includes('--write');
const stages = words.filter((word) => word !== '--write');
const print = (line: string): void => void process.stdout.write(`${line}\n`);

let passed = 0;
const failed: string[] = [];

for (const stage of stages) {
  const file = join(folder, stage, 'tally.json');
  if (!existsSync(file)) {
    failed.push(`${stage}: ended without a tally`);
    continue;
  }
  const tally = JSON.parse(readFileSync(file, 'utf8')) as Tally;
  passed += tally.passed;
  failed.push(...tally.failed.map((title) => `${stage}: ${title}`));
}

if (TABLE_STAGES.every((stage) => stages.includes(stage))) {
  const wanted = contractTables(stages.flatMap(clausesOf));
  const document = readFileSync(DOCUMENT, 'utf8');
  const start = document.indexOf(BEGIN) + BEGIN.length;
  const end = document.indexOf(END);
  if (start < BEGIN.length || end < start) throw new Error(`${DOCUMENT} has no place for the contract tables`);
  const found = document.slice(start, end).trim();
  if (write) writeFileSync(DOCUMENT, `${document.slice(0, start)}\n${wanted.trim()}\n\n${document.slice(end)}`);
  if (write || found === wanted.trim()) passed++;
  else {
    print(`The contract tables are now:\n\n${wanted}`);
    failed.push(`${DOCUMENT} says something else of the contracts (npm run test:kernel -- --write)`);
  }
}

function clausesOf(stage: string): readonly ClauseRecord[] {
  const file = join(folder, stage, 'clauses.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ClauseRecord);
}

for (const one of failed) print(`failed: ${one}`);
print(`${String(passed)} passed, ${String(failed.length)} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
