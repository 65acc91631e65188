import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** What a run of mocha came to. */
export interface Tally {
  readonly passed: number;
  /** Titles, of hooks too. */
  readonly failed: readonly string[];
}

/**
 * Mocha's own report, and at its end the tally in the file TAPELOOM_TALLY: a guest that dies in the middle leaves none.
 * The module is one that mocha loads by its path, which wants a default export.
 */
class TallyReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    let passed = 0;
    const failed: string[] = [];
    runner.on('pass', () => {
      passed++;
    });
    runner.on('fail', (test, error: unknown) => {
      failed.push(test.fullTitle());
      // At once: what comes behind it may never end.
      Mocha.reporters.Base.consoleLog(error instanceof Error ? error.stack : String(error));
    });
    runner.once('end', () => {
      const tally: Tally = { passed, failed };
      writeFileSync(process.env['TAPELOOM_TALLY'] ?? 'tally.json', JSON.stringify(tally));
    });
  }
}

export { TallyReporter as default };
