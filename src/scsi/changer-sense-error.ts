import { unreachable } from '../base/assert.js';
import { ERROR_CODES, type Disposition, type ErrorCode } from '../base/error-codes.js';
import { StorageError, type ErrorContext } from '../base/storage-error.js';
import { changerSenseOutcome, type ChangerOperation, type ChangerSenseOutcome } from './changer-sense-outcome.js';
import { formatSense, type Sense } from './sense.js';

const NEXT_STEP: Readonly<Record<Disposition, string>> = {
  retry: 'Try again.',
  'replace-volume': 'Go on with another volume.',
  'take-drive-down': 'Take the changer out of use until its hardware and cabling have been looked at.',
  'ask-operator': 'An operator must look at the changer.',
  'reject-client': 'The request must be changed.',
  stop: 'The daemon must not go on before this is put right.',
};

/** What an operator does about codes that have a remedy of their own. */
const REMEDY: Partial<Readonly<Record<ErrorCode, string>>> = {
  CHANGER_CARTRIDGE_LOADED: 'Unload the drive first; if it is unloaded, allow medium removal there.',
  CHANGER_DOOR_OPEN: 'Put the magazines in, close door and import/export station, and wait until the changer is ready.',
  MEDIUM_INCOMPATIBLE: 'Take the cartridge out; the drive cannot use it.',
};

/**
 * The StorageError for sense of a changer that ended `command` (its name, for the message) and that the caller cannot go on
 * from: a failure of the table, or a condition that has no place where it was met. Where a cartridge is after a move that
 * failed it does not say: the caller looks.
 */
export function changerSenseError(
  sense: Sense,
  command: string,
  operation: ChangerOperation,
  context: ErrorContext = {},
): StorageError {
  const { code, disposition } = failureOf(changerSenseOutcome(sense, operation));
  const next = (disposition === 'retry' ? undefined : REMEDY[code]) ?? NEXT_STEP[disposition];
  return new StorageError(code, `${command} failed: ${formatSense(sense)}. ${next}`, {
    disposition,
    context: { ...context, command, senseKey: sense.key, asc: sense.asc, ascq: sense.ascq, deferred: sense.deferred },
  });
}

function failureOf(outcome: ChangerSenseOutcome): { readonly code: ErrorCode; readonly disposition: Disposition } {
  if (outcome.kind === 'failure') return outcome;
  const code = codeOfCondition(outcome);
  return { code, disposition: ERROR_CODES[code].disposition };
}

function codeOfCondition(outcome: Exclude<ChangerSenseOutcome, { readonly kind: 'failure' }>): ErrorCode {
  switch (outcome.kind) {
    case 'becoming-ready':
    case 'unit-attention':
    case 'initialize-required':
      return 'CHANGER_NOT_READY';
    case 'nothing':
    case 'recovered':
    case 'not-supported':
      return 'SCSI_CHECK_CONDITION';
    default:
      return unreachable(outcome);
  }
}
