import { unreachable } from '../base/assert.js';
import { ERROR_CODES, type Disposition, type ErrorCode } from '../base/error-codes.js';
import { StorageError, type ErrorContext } from '../base/storage-error.js';
import { senseOutcome, type SenseOperation, type SenseOutcome } from './sense-outcome.js';
import { formatSense, type Sense } from './sense.js';

const NEXT_STEP: Readonly<Record<Disposition, string>> = {
  retry: 'Try again.',
  'replace-volume': 'Go on with another volume, and verify this one.',
  'take-drive-down': 'Take the drive out of use until its hardware, cabling and firmware have been looked at.',
  'ask-operator': 'An operator must look at the drive and its cartridge.',
  'reject-client': 'The request must be changed.',
  stop: 'The daemon must not go on before this is put right.',
};

/**
 * The StorageError for sense that ended `command` (its name, for the message) and that the caller cannot go on from:
 * a failure of the table, or a condition that has no place where it was met.
 */
export function senseError(
  sense: Sense,
  command: string,
  operation: SenseOperation = 'other',
  context: ErrorContext = {},
): StorageError {
  const { code, disposition } = failureOf(senseOutcome(sense, operation), operation);
  const saved =
    // A deferred error is about earlier writes, whichever command is told of it.
    operation === 'write' || sense.deferred
      ? 'What was flushed before is on the medium; what was written since may not be'
      : 'Nothing was changed on the medium';
  return new StorageError(code, `${command} failed: ${formatSense(sense)}. ${saved}. ${NEXT_STEP[disposition]}`, {
    disposition,
    context: { ...context, command, senseKey: sense.key, asc: sense.asc, ascq: sense.ascq, deferred: sense.deferred },
  });
}

function failureOf(
  outcome: SenseOutcome,
  operation: SenseOperation,
): { readonly code: ErrorCode; readonly disposition: Disposition } {
  if (outcome.kind === 'failure') return outcome;
  const code = codeOfCondition(outcome, operation);
  return { code, disposition: ERROR_CODES[code].disposition };
}

function codeOfCondition(
  outcome: Exclude<SenseOutcome, { readonly kind: 'failure' }>,
  operation: SenseOperation,
): ErrorCode {
  switch (outcome.kind) {
    case 'becoming-ready':
      return 'DRIVE_NOT_READY';
    case 'unit-attention':
      return outcome.positionLost ? 'DRIVE_POSITION_LOST' : 'DRIVE_NOT_READY';
    case 'end-of-medium':
      return operation === 'write' ? 'MEDIUM_FULL' : 'MEDIUM_READ_ERROR';
    case 'end-of-data':
      return 'MEDIUM_READ_ERROR';
    case 'incorrect-length':
      return 'MEDIUM_BLOCK_TOO_LARGE';
    case 'nothing':
    case 'recovered':
    case 'filemark':
    case 'early-warning':
    case 'beginning-of-medium':
    case 'not-supported':
      return 'SCSI_CHECK_CONDITION';
    default:
      return unreachable(outcome);
  }
}
