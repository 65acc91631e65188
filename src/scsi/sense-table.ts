import { assert } from '../base/assert.js';
import type { Sense } from './sense.js';

/** A row of a table from sense to what it means. It applies when everything it names agrees; `asc` alone covers every qualifier. */
export interface SenseRow<Operation, Result> {
  readonly key?: readonly number[];
  readonly asc?: readonly number[];
  readonly ascq?: readonly number[];
  readonly deferred?: boolean;
  readonly flag?: 'filemark' | 'endOfMedium' | 'incorrectLength';
  readonly operation?: readonly Operation[];
  readonly result: (sense: Sense, operation: Operation) => Result;
}

/** The first row that applies wins; the last one of a table applies to everything. */
export function lookUpSense<Operation, Result>(
  rows: readonly SenseRow<Operation, Result>[],
  sense: Sense,
  operation: Operation,
): Result {
  const row = rows.find((candidate) => applies(candidate, sense, operation));
  assert(row !== undefined, 'the last row of a sense table applies to everything');
  return row.result(sense, operation);
}

function applies<Operation, Result>(row: SenseRow<Operation, Result>, sense: Sense, operation: Operation): boolean {
  return (
    (row.key?.includes(sense.key) ?? true) &&
    (row.asc?.includes(sense.asc) ?? true) &&
    (row.ascq?.includes(sense.ascq) ?? true) &&
    (row.deferred === undefined || row.deferred === sense.deferred) &&
    (row.flag === undefined || sense[row.flag]) &&
    (row.operation?.includes(operation) ?? true)
  );
}
