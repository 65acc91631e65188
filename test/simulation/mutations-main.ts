import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTATIONS, type Mutation } from './mutations.js';

/** Worlds a planted mistake may hide in before it counts as not found. */
const WORLDS = 400;
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * `npm run sim:mutations`: plants each mistake of `mutations.ts` in a copy of the compiled program and runs worlds until one
 * breaks a promise. Ends with a count; fails when a mistake is not found.
 */
function main(): number {
  let missed = 0;
  for (const mutation of MUTATIONS) {
    const verdict = plant(mutation);
    if (verdict === null) missed++;
    process.stdout.write(`${mutation.name}: ${verdict ?? `NOT FOUND in ${String(WORLDS)} worlds`}\n`);
  }
  process.stdout.write(`${String(MUTATIONS.length - missed)} passed, ${String(missed)} failed\n`);
  return missed === 0 ? 0 : 1;
}

/** What the first world said that found it; null when none did. */
function plant({ edits }: Mutation): string | null {
  const copy = mkdtempSync(join(tmpdir(), 'tapeloom-mutation-'));
  try {
    for (const part of ['dist', 'native', 'package.json'])
      cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    for (const { file, from, to } of edits) {
      const path = join(copy, 'dist', file);
      const text = readFileSync(path, 'utf8');
      if (text.split(from).length !== 2) throw new Error(`${file} has not exactly one "${from}"`);
      writeFileSync(
        path,
        text.replace(from, () => to),
      );
    }
    const program = join(copy, 'dist/test/simulation/main.js');
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--seeds', String(WORLDS), '--stop'], {
      encoding: 'utf8',
    });
    const line = stdout.split('\n').find((one) => one.includes('"problems":["'));
    if (line !== undefined) {
      const { seed, problems } = JSON.parse(line) as { seed: number; problems: string[] };
      return `seed ${String(seed)}: ${problems[0]?.slice(0, 120) ?? ''}`;
    }
    // An assertion that ends the process is how a daemon answers a mistake of its own.
    const assertion = /AssertionError: .*/.exec(stderr)?.[0];
    return status !== 0 && assertion !== undefined ? `the process ended: ${assertion}` : null;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

process.exitCode = main();
