import { ERROR_CODES, type Disposition, type ErrorCode } from '../base/error-codes.js';
import { SENSE_KEYS, type Sense } from './sense.js';
import { lookUpSense, type SenseRow } from './sense-table.js';

/**
 * What the command was for: a medium error of a write and of a read are different failures. Filemarks and erasing are
 * `write`; `other` does not change the medium.
 */
export type SenseOperation = 'write' | 'read' | 'move' | 'other';

export type UnitAttentionKind = 'medium-may-have-changed' | 'reset' | 'mode-changed' | 'other';

/**
 * What sense data means for a tape drive (DESIGN 7). Every kind but `failure` is a condition.
 *
 * `deferred`: the condition belongs to an earlier command, and the command that got this sense was NOT performed; it
 * must be sent again (SPC-4). A deferred error proper is always a failure: something that was accepted is lost.
 */
export type SenseOutcome = { readonly deferred: boolean } & (
  | SenseCondition
  /** Not to be handled on the spot: `sense-error.ts` makes the StorageError. */
  | { readonly kind: 'failure'; readonly code: ErrorCode; readonly disposition: Disposition }
);

type SenseCondition =
  /** Nothing to report: what REQUEST SENSE answers when all is well. */
  | { readonly kind: 'nothing' }
  /** The command succeeded, with effort or with something to say (cleaning requested, failure predicted). */
  | { readonly kind: 'recovered' }
  /** A filemark was met; the position is behind it (forward) or before it (backward). */
  | { readonly kind: 'filemark'; readonly earlyWarning: boolean }
  | { readonly kind: 'end-of-data' }
  /** The command succeeded, and the end is near. */
  | { readonly kind: 'early-warning' }
  /** The physical end: VOLUME OVERFLOW, nothing of this block was written; or a read or space ran off the end. */
  | { readonly kind: 'end-of-medium' }
  /** Spacing backward met the beginning. */
  | { readonly kind: 'beginning-of-medium' }
  /** Asked for minus found, in bytes: positive for a short block, negative for one too long; null when not told. */
  | { readonly kind: 'incorrect-length'; readonly residual: number | null }
  /** Ask again later. `progress` in 65536ths, null when not told. */
  | { readonly kind: 'becoming-ready'; readonly progress: number | null }
  | {
      readonly kind: 'unit-attention';
      readonly attention: UnitAttentionKind;
      /** The medium or the position may be another one: label and position must be read again before a write. */
      readonly positionLost: boolean;
    }
  /** The drive does not know this command, page or field. */
  | { readonly kind: 'not-supported' };

type Result =
  SenseCondition | { readonly kind: 'failure'; readonly code: ErrorCode; readonly disposition: Disposition };

type Row = SenseRow<SenseOperation, Result>;

const K = SENSE_KEYS;

function always(result: SenseCondition): () => Result {
  return () => result;
}

function fail(code: ErrorCode, disposition: Disposition = ERROR_CODES[code].disposition): () => Result {
  return () => ({ kind: 'failure', code, disposition });
}

/** The medium failed what was being done to it. */
function failMedium(disposition?: Disposition): Row['result'] {
  return (_sense, operation) => fail(operation === 'write' ? 'MEDIUM_WRITE_ERROR' : 'MEDIUM_READ_ERROR', disposition)();
}

function attention(kind: UnitAttentionKind, positionLost: boolean): () => Result {
  return always({ kind: 'unit-attention', attention: kind, positionLost });
}

const becomingReady: Row['result'] = (sense) => ({ kind: 'becoming-ready', progress: sense.progress });

/**
 * The one table from sense to outcome; the first row that applies wins, and the last one always applies.
 * Sources: SSC-4 (end of medium, filemarks, blank check), SPC-4, LTO drive manuals.
 */
const ROWS: readonly Row[] = [
  // Unit attention first: nothing else said here is worth anything before position and label were read again.
  { key: [K.unitAttention], asc: [0x28], result: attention('medium-may-have-changed', true) },
  { key: [K.unitAttention], asc: [0x29], result: attention('reset', true) },
  { key: [K.unitAttention], asc: [0x2a], ascq: [0x01, 0x02], result: attention('mode-changed', false) },
  // Capacity, timestamp, encryption parameters; warnings; INQUIRY data and LUN list; log thresholds; predictions.
  { key: [K.unitAttention], asc: [0x2a], ascq: [0x09, 0x10, 0x11, 0x12, 0x13], result: attention('other', false) },
  { key: [K.unitAttention], asc: [0x3f], ascq: [0x02, 0x03, 0x0e], result: attention('other', false) },
  { key: [K.unitAttention], asc: [0x0b, 0x38, 0x5a, 0x5b, 0x5d], result: attention('other', false) },
  // Also reservations preempted (2A/03-05) and commands cleared (2F): another initiator has been at the drive.
  { key: [K.unitAttention], result: attention('other', true) },

  // Hardware: whatever the additional code, the drive itself is not to be trusted.
  { key: [K.hardwareError], result: fail('DRIVE_HARDWARE') },

  // Deferred: what was accepted into the buffer did not reach the medium (the current command was not performed).
  { deferred: true, key: [K.mediumError, K.volumeOverflow, K.abortedCommand], result: fail('MEDIUM_WRITE_ERROR') },
  { deferred: true, key: [K.blankCheck], result: fail('MEDIUM_READ_ERROR') },
  { deferred: true, key: [K.notReady], result: fail('DRIVE_POSITION_LOST') },
  { deferred: true, key: [K.illegalRequest], result: fail('SCSI_CHECK_CONDITION') },

  // Successful or nearly so. Order matters: a filemark may come with EOM, and then the filemark is the news.
  {
    key: [K.noSense, K.recoveredError],
    deferred: false,
    flag: 'filemark',
    result: (sense) => ({ kind: 'filemark', earlyWarning: sense.endOfMedium }),
  },
  {
    key: [K.noSense, K.recoveredError],
    deferred: false,
    asc: [0x00],
    ascq: [0x01],
    result: (sense) => ({ kind: 'filemark', earlyWarning: sense.endOfMedium }),
  },
  {
    key: [K.noSense, K.recoveredError],
    deferred: false,
    flag: 'incorrectLength',
    result: (sense) => ({ kind: 'incorrect-length', residual: sense.information }),
  },
  {
    key: [K.noSense, K.recoveredError],
    deferred: false,
    asc: [0x00],
    ascq: [0x04],
    result: always({ kind: 'beginning-of-medium' }),
  },
  { key: [K.noSense], deferred: false, asc: [0x00], ascq: [0x05], result: always({ kind: 'end-of-data' }) },
  { key: [K.noSense], asc: [0x00], ascq: [0x16, 0x18, 0x19, 0x1a, 0x1b, 0x1c], result: becomingReady },
  { key: [K.noSense, K.recoveredError], flag: 'endOfMedium', result: always({ kind: 'early-warning' }) },
  { key: [K.noSense, K.recoveredError], asc: [0x00], ascq: [0x02, 0x07], result: always({ kind: 'early-warning' }) },
  { key: [K.noSense], asc: [0x00], ascq: [0x00], result: always({ kind: 'nothing' }) },
  { key: [K.noSense, K.recoveredError, K.completed], result: always({ kind: 'recovered' }) },

  // Not ready.
  { key: [K.notReady], asc: [0x3a], result: fail('DRIVE_NO_MEDIUM') },
  { key: [K.notReady], asc: [0x04], ascq: [0x02], result: fail('DRIVE_NO_MEDIUM') },
  {
    key: [K.notReady],
    asc: [0x04],
    ascq: [0x01, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x13, 0x14, 0x1a, 0x1b],
    result: becomingReady,
  },
  { key: [K.notReady], asc: [0x3e], ascq: [0x00], result: becomingReady },
  { key: [K.notReady], asc: [0x04], ascq: [0x03, 0x12, 0x15, 0x18], result: fail('DRIVE_NOT_READY', 'ask-operator') },
  { key: [K.notReady], asc: [0x04], ascq: [0x20, 0x21, 0x22], result: fail('DRIVE_NOT_READY', 'take-drive-down') },
  { key: [K.notReady], asc: [0x3e, 0x44], result: fail('DRIVE_HARDWARE') },
  { key: [K.notReady], asc: [0x53], result: fail('MEDIUM_INCOMPATIBLE', 'ask-operator') },

  // The cartridge does not suit the drive, under whichever key the drive reports it.
  { asc: [0x30], ascq: [0x03, 0x07, 0x13], result: fail('MEDIUM_INCOMPATIBLE', 'ask-operator') },
  { asc: [0x30], ascq: [0x0c], result: fail('MEDIUM_WRITE_PROTECTED') },
  { asc: [0x30], result: fail('MEDIUM_INCOMPATIBLE') },
  { key: [K.mediumError], asc: [0x53], result: fail('MEDIUM_INCOMPATIBLE', 'ask-operator') },
  { key: [K.notReady], result: fail('DRIVE_NOT_READY') },

  // Medium error. End of medium under this key: a read or space met the end without an end-of-data mark (SSC-4).
  {
    key: [K.mediumError],
    asc: [0x00],
    ascq: [0x02],
    operation: ['read', 'move', 'other'],
    result: always({ kind: 'end-of-medium' }),
  },
  { key: [K.mediumError], asc: [0x03, 0x0c, 0x50, 0x51], result: fail('MEDIUM_WRITE_ERROR') },
  { key: [K.mediumError], asc: [0x11], result: fail('MEDIUM_READ_ERROR') },
  { key: [K.mediumError], asc: [0x3b], ascq: [0x00, 0x01, 0x02, 0x08], result: fail('DRIVE_POSITION_LOST') },
  { key: [K.mediumError], result: failMedium() },

  // The medium is blank here. Only 00/xx is the end of data; "end of data not found" (14/03) and the like are damage.
  { key: [K.blankCheck], operation: ['write'], result: fail('MEDIUM_WRITE_ERROR') },
  { key: [K.blankCheck], asc: [0x00], result: always({ kind: 'end-of-data' }) },
  { key: [K.blankCheck], result: fail('MEDIUM_READ_ERROR') },

  { key: [K.volumeOverflow], result: always({ kind: 'end-of-medium' }) },

  // Data protect. Encryption (74/xx) is not a fault of the cartridge: somebody has to bring the key.
  { key: [K.dataProtect], asc: [0x74], result: failMedium('ask-operator') },
  { key: [K.dataProtect], asc: [0x27, 0x5a], result: fail('MEDIUM_WRITE_PROTECTED') },
  { key: [K.dataProtect], operation: ['write'], result: fail('MEDIUM_WRITE_PROTECTED') },
  { key: [K.dataProtect], result: fail('MEDIUM_READ_ERROR', 'ask-operator') },

  // Illegal request: the drive does not know what was asked, or not in this state.
  { key: [K.illegalRequest], asc: [0x20, 0x24, 0x25, 0x26], result: always({ kind: 'not-supported' }) },
  { key: [K.illegalRequest], asc: [0x3b], ascq: [0x00, 0x08], result: fail('DRIVE_POSITION_LOST') },
  { key: [K.illegalRequest], asc: [0x53], ascq: [0x02, 0x03], result: fail('SCSI_CHECK_CONDITION', 'ask-operator') },

  // Aborted: the transport, the drive, or nobody knows; the last kind is worth another attempt.
  { key: [K.abortedCommand], asc: [0x08, 0x43, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4e], result: fail('SCSI_TRANSPORT') },
  { key: [K.abortedCommand], asc: [0x3e, 0x44], result: fail('DRIVE_HARDWARE') },
  { key: [K.abortedCommand], result: fail('SCSI_CHECK_CONDITION', 'retry') },

  { result: fail('SCSI_CHECK_CONDITION') },
];

/** Total: every sense has exactly one outcome. */
export function senseOutcome(sense: Sense, operation: SenseOperation = 'other'): SenseOutcome {
  return { ...lookUpSense(ROWS, sense, operation), deferred: sense.deferred };
}
