import type { OperatorBench } from './operator-bench.js';

/** Options an operator's command may have, by name; what is not given is absent. */
export const OPERATOR_OPTIONS = {
  slot: { type: 'string' },
  mailslot: { type: 'string' },
  drive: { type: 'string' },
  hand: { type: 'boolean' },
  capacity: { type: 'string' },
  uses: { type: 'string' },
  json: { type: 'boolean' },
} as const;

export interface OperatorArguments {
  /** Behind the command's name. */
  readonly words: readonly string[];
  readonly slot?: string;
  readonly mailslot?: string;
  readonly drive?: string;
  readonly hand?: boolean;
  readonly capacity?: string;
  readonly uses?: string;
  readonly json?: boolean;
}

/** Something an operator can do to the simulated hardware of a node, which may be running. */
export interface OperatorCommand {
  readonly name: string;
  /** What follows the name: words in capitals, options in brackets. */
  readonly usage: string;
  readonly summary: string;
  /** How many words it needs and takes. */
  readonly words: readonly [number, number];
  readonly options: readonly (keyof typeof OPERATOR_OPTIONS)[];
  /** Returns what to tell the operator. RackError when it cannot be done; nothing was done then. */
  run(bench: OperatorBench, args: OperatorArguments): string;
}
