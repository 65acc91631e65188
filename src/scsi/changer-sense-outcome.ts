import { ERROR_CODES, type Disposition, type ErrorCode } from '../base/error-codes.js';
import { SENSE_KEYS, type Sense } from './sense.js';
import { lookUpSense, type SenseRow } from './sense-table.js';

/** What the command was for: `move` takes a cartridge from one element to another; `other` does not. */
export type ChangerOperation = 'move' | 'other';

export type ChangerAttention =
  /** A door or magazine was opened, or the changer became ready: any element may hold something else. */
  | 'elements-may-have-changed'
  | 'import-export-accessed'
  | 'reset'
  /** Mode parameters: elements may have other addresses. */
  | 'parameters-changed'
  | 'other';

/**
 * What sense data means for a medium changer (DESIGN 7). Every kind but `failure` is a condition.
 *
 * `deferred`: it belongs to an earlier command, and the command that got this sense was NOT performed (SPC-4).
 */
export type ChangerSenseOutcome = { readonly deferred: boolean } & (
  | ChangerCondition
  /** Not to be handled on the spot: `changer-sense-error.ts` makes the StorageError. */
  | { readonly kind: 'failure'; readonly code: ErrorCode; readonly disposition: Disposition }
);

type ChangerCondition =
  | { readonly kind: 'nothing' }
  /** The command succeeded, with effort or with something to say. */
  | { readonly kind: 'recovered' }
  /** Ask again later. `progress` in 65536ths, null when not told. */
  | { readonly kind: 'becoming-ready'; readonly progress: number | null }
  /** The changer does not know what its elements hold until INITIALIZE ELEMENT STATUS. */
  | { readonly kind: 'initialize-required' }
  /** The command was not performed; everything known of the elements is to be read again. */
  | { readonly kind: 'unit-attention'; readonly attention: ChangerAttention }
  /** The changer does not know this command, page or field. */
  | { readonly kind: 'not-supported' };

type Result =
  ChangerCondition | { readonly kind: 'failure'; readonly code: ErrorCode; readonly disposition: Disposition };

type Row = SenseRow<ChangerOperation, Result>;

const K = SENSE_KEYS;

function always(result: ChangerCondition): () => Result {
  return () => result;
}

function fail(code: ErrorCode, disposition: Disposition = ERROR_CODES[code].disposition): () => Result {
  return () => ({ kind: 'failure', code, disposition });
}

function attention(kind: ChangerAttention): () => Result {
  return always({ kind: 'unit-attention', attention: kind });
}

const becomingReady: Row['result'] = (sense) => ({ kind: 'becoming-ready', progress: sense.progress });

/**
 * The one table from sense of a changer to outcome; the first row that applies wins, and the last one always applies.
 * Sources: SMC-3, SPC-4; manuals of Exabyte, Tandberg, IBM and Quantum libraries for codes of 80h and above; mtx.
 */
const ROWS: readonly Row[] = [
  // Unit attention first: nothing else said here is worth anything before the elements were read again.
  { key: [K.unitAttention], asc: [0x28], ascq: [0x01], result: attention('import-export-accessed') },
  { key: [K.unitAttention], asc: [0x28, 0x3b], result: attention('elements-may-have-changed') },
  { key: [K.unitAttention], asc: [0x29], result: attention('reset') },
  { key: [K.unitAttention], asc: [0x2a], ascq: [0x00, 0x01], result: attention('parameters-changed') },
  { key: [K.unitAttention], asc: [0x3f], result: attention('parameters-changed') },
  { key: [K.unitAttention], result: attention('other') },

  { key: [K.noSense], asc: [0x00], ascq: [0x00], result: always({ kind: 'nothing' }) },
  { key: [K.noSense, K.recoveredError, K.completed], result: always({ kind: 'recovered' }) },

  // What a move found, under whichever key the changer reports it.
  { asc: [0x21], ascq: [0x01], result: fail('CHANGER_ELEMENT_UNKNOWN') },
  { asc: [0x3b], ascq: [0x0d], result: fail('CHANGER_OCCUPIED') },
  { asc: [0x3b], ascq: [0x0e], result: fail('CHANGER_NO_CARTRIDGE') },
  // Magazine not accessible, removed, inserted, locked, unlocked.
  { asc: [0x3b], ascq: [0x11, 0x12, 0x13, 0x14, 0x15], result: fail('CHANGER_DOOR_OPEN') },
  // The drive did not unload (IBM: 53/01 under hardware error), or it or the lock prevents removal.
  { asc: [0x53], ascq: [0x01, 0x02, 0x03, 0x0a, 0x0b, 0x0c], result: fail('CHANGER_CARTRIDGE_LOADED') },
  // The same by vendors: IBM TS3400 (83), Exabyte Magnum 1x7 (87: stuck in the drive; 90: loaded inside it).
  { asc: [0x3b], ascq: [0x83, 0x87, 0x90], result: fail('CHANGER_CARTRIDGE_LOADED') },
  { asc: [0x53], ascq: [0x07], result: fail('CHANGER_DUPLICATE_BARCODE') },
  { asc: [0x53], result: fail('CHANGER_MOVE_FAILED') },
  // A cleaning cartridge is at work in the drive, which ends by itself.
  { asc: [0x30], ascq: [0x03], result: fail('CHANGER_CARTRIDGE_LOADED', 'retry') },
  { asc: [0x30], result: fail('MEDIUM_INCOMPATIBLE', 'ask-operator') },

  // Not ready.
  { key: [K.notReady], asc: [0x04], ascq: [0x02], result: always({ kind: 'initialize-required' }) },
  {
    key: [K.notReady],
    asc: [0x04],
    // 00: no cause told, which passes by itself more often than not.
    ascq: [0x00, 0x01, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x13, 0x14, 0x17, 0x1a, 0x1b],
    result: becomingReady,
  },
  { key: [K.notReady], asc: [0x3e], ascq: [0x00], result: becomingReady },
  { key: [K.notReady], asc: [0x04], ascq: [0x18], result: fail('CHANGER_DOOR_OPEN') },
  // Exabyte, Tandberg: door open. mhvtl: import/export station open.
  { key: [K.notReady], asc: [0x04], ascq: [0x83], result: fail('CHANGER_DOOR_OPEN') },
  { key: [K.notReady], asc: [0x3a], ascq: [0x02], result: fail('CHANGER_DOOR_OPEN') },
  { key: [K.notReady], asc: [0x04], ascq: [0x20, 0x21, 0x22], result: fail('CHANGER_HARDWARE') },
  { key: [K.notReady], asc: [0x3e, 0x44], result: fail('CHANGER_HARDWARE') },
  // Manual intervention, offline, robotics disabled; by the vendors: in somebody's hands at panel or console (89, 8D, 8E).
  { key: [K.notReady], asc: [0x04], result: fail('CHANGER_NOT_READY', 'ask-operator') },

  // mtx: 'Drive needs offline before move'.
  { asc: [0x3a], operation: ['move'], result: fail('CHANGER_CARTRIDGE_LOADED') },
  // IBM, mhvtl: slot or magazine missing, drive missing.
  { asc: [0x83], ascq: [0x02, 0x04], result: fail('CHANGER_ELEMENT_UNKNOWN') },

  { key: [K.hardwareError], result: fail('CHANGER_HARDWARE') },
  { key: [K.notReady], result: fail('CHANGER_NOT_READY') },

  // Illegal request: the changer does not know what was asked, or not in this state.
  { key: [K.illegalRequest], asc: [0x20, 0x24, 0x25, 0x26], result: always({ kind: 'not-supported' }) },

  // Aborted: the transport, the changer, or nobody knows.
  { key: [K.abortedCommand], asc: [0x08, 0x43, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4e], result: fail('SCSI_TRANSPORT') },
  { key: [K.abortedCommand], asc: [0x3e, 0x44], result: fail('CHANGER_HARDWARE') },
  { key: [K.abortedCommand], operation: ['other'], result: fail('SCSI_CHECK_CONDITION', 'retry') },

  { operation: ['move'], result: fail('CHANGER_MOVE_FAILED') },
  { result: fail('SCSI_CHECK_CONDITION', 'ask-operator') },
];

/** Total: every sense has exactly one outcome. */
export function changerSenseOutcome(sense: Sense, operation: ChangerOperation): ChangerSenseOutcome {
  return { ...lookUpSense(ROWS, sense, operation), deferred: sense.deferred };
}
