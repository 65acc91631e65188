import { appendFileSync } from 'node:fs';

/** What became of one clause of a contract on one target. */
export interface ClauseRecord {
  readonly contract: string;
  readonly target: string;
  /** As in the contract's suite: "group: title". */
  readonly clause: string;
  readonly outcome: 'passed' | 'failed' | 'not-run' | 'untestable';
  /** Why it cannot be tested there. */
  readonly reason?: string;
}

/**
 * A contract's suite on one target. A clause that this target cannot show is not skipped in silence: it is named with the reason,
 * and comes out as `untestable`; naming one that does not exist is a mistake.
 *
 * With TAPELOOM_CLAUSES=FILE the outcomes are appended to FILE, one JSON object a line: from these the table in docs/TESTING.md is
 * made and checked.
 */
export class Clauses {
  readonly #contract: string;
  readonly #target: string;
  readonly #untestable: ReadonlyMap<string, string>;
  readonly #outcomes = new Map<string, ClauseRecord['outcome']>();
  #group: string | null = null;

  constructor(contract: string, target: string, untestable: Readonly<Record<string, string>> = {}) {
    this.#contract = contract;
    this.#target = target;
    this.#untestable = new Map(Object.entries(untestable));
  }

  /** In place of the outermost `describe`. */
  suite(define: () => void): void {
    describe(`${this.#target} as a ${this.#contract}`, () => {
      define();
      const unknown = [...this.#untestable.keys()].filter((clause) => !this.#outcomes.has(clause));
      if (unknown.length > 0) throw new Error(`${this.#contract} has no such clause: ${unknown.join('; ')}`);
      after(() => {
        this.#record();
      });
    });
  }

  group(title: string, define: () => void): void {
    describe(title, () => {
      this.#group = title;
      define();
      this.#group = null;
    });
  }

  /** In place of `it`. */
  clause(title: string, test: () => void | Promise<void>): void {
    const name = this.#group === null ? title : `${this.#group}: ${title}`;
    if (this.#untestable.has(name)) {
      this.#outcomes.set(name, 'untestable');
      return;
    }
    this.#outcomes.set(name, 'not-run');
    it(title, async () => {
      this.#outcomes.set(name, 'failed');
      await test();
      this.#outcomes.set(name, 'passed');
    });
  }

  #record(): void {
    const file = process.env['TAPELOOM_CLAUSES'];
    if (file === undefined) return;
    for (const [clause, outcome] of this.#outcomes) {
      const reason = this.#untestable.get(clause);
      const record: ClauseRecord = {
        contract: this.#contract,
        target: this.#target,
        clause,
        outcome,
        ...(reason === undefined ? {} : { reason }),
      };
      appendFileSync(file, `${JSON.stringify(record)}\n`);
    }
  }
}
