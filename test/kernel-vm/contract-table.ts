import type { ClauseRecord } from '../support/clauses.js';

/** The columns of the table, and in which stage each is filled. */
const TARGETS: Readonly<Record<string, string>> = {
  simulator: 'host',
  'libiscsi + tgt': 'host',
  'kernel + tgt': 'library',
  'kernel + scsi_debug': 'scsi-debug',
};

/** The stages that together fill the table. */
export const TABLE_STAGES: readonly string[] = [...new Set(Object.values(TARGETS))];

/**
 * For each contract a table in Markdown: clauses x targets, "passed" or the letter of the reason why it cannot be tested there. Made
 * from what ran and from nothing else: a clause that failed or did not run says so.
 */
export function contractTables(records: readonly ClauseRecord[]): string {
  const contracts = [...new Set(records.map(({ contract }) => contract))].sort();
  return contracts
    .map((contract) =>
      tableOf(
        contract,
        records.filter((one) => one.contract === contract),
      ),
    )
    .join('\n');
}

function tableOf(contract: string, records: readonly ClauseRecord[]): string {
  const targets = Object.keys(TARGETS).filter((target) => records.some((one) => one.target === target));
  const inTable = records.filter(({ target }) => targets.includes(target));
  const clauses = [...new Set(inTable.map(({ clause }) => clause))];
  const reasons = new Reasons();
  const rows = clauses.map((clause) => [
    clause,
    ...targets.map((target) =>
      cellOf(
        inTable.find((one) => one.clause === clause && one.target === target),
        reasons,
      ),
    ),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const head = line([`${contract}: clause`, ...targets]) + line(['---', ...targets.map(() => '---')]);
  return `${head}${rows.map(line).join('')}\n${reasons.list()}`;
}

function cellOf(record: ClauseRecord | undefined, reasons: Reasons): string {
  if (record === undefined) return 'NOT IN THE SUITE';
  if (record.outcome === 'untestable') return reasons.letterOf(record.target, record.reason ?? '');
  return record.outcome === 'passed' ? 'passed' : record.outcome.toUpperCase();
}

/** Reasons by letter, in the order in which they are met. */
class Reasons {
  readonly #letters = new Map<string, string>();

  letterOf(target: string, reason: string): string {
    const text = `not testable with ${target}: ${reason}`;
    const known = this.#letters.get(text);
    if (known !== undefined) return known;
    const letter = String.fromCharCode(0x61 + this.#letters.size);
    this.#letters.set(text, letter);
    return letter;
  }

  list(): string {
    return [...this.#letters].map(([text, letter]) => `- ${letter}: ${text}\n`).join('');
  }
}
