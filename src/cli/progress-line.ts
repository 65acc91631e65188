import { writeLine, type CommandEnvironment } from './context.js';

/** How often progress is told, milliseconds: often enough to watch, seldom enough to read. */
const INTERVAL_MS = 1_000;

/** Progress: one line that is written over on a terminal, JSON lines with `--json`, nothing otherwise. */
export class ProgressLine {
  readonly #environment: CommandEnvironment;
  readonly #kind: 'terminal' | 'json' | 'none';
  #shownMs = -Infinity;
  #isOpen = false;

  /** `dataOnStdout`: the standard output carries bytes of a stream and nothing else. */
  constructor(environment: CommandEnvironment, dataOnStdout = false) {
    this.#environment = environment;
    const { options, stderr } = environment;
    this.#kind = options.json && !dataOnStdout ? 'json' : stderr.isTTY === true && !options.quiet ? 'terminal' : 'none';
  }

  /** False: it is not the time for it yet, or nobody is told. */
  show(record: object, text: string): boolean {
    if (this.#kind === 'none') return false;
    const nowMs = this.#environment.clock.monotonicMs();
    if (nowMs - this.#shownMs < INTERVAL_MS) return false;
    this.#shownMs = nowMs;
    if (this.#kind === 'json') {
      writeLine(this.#environment.stdout, JSON.stringify(record));
      return true;
    }
    // Carriage return and "erase to the end of the line" (ECMA-48 EL).
    this.#environment.stderr.write(`\r${text}\u001b[K`);
    this.#isOpen = true;
    return true;
  }

  end(): void {
    if (this.#isOpen) writeLine(this.#environment.stderr, '');
    this.#isOpen = false;
  }
}
