import { StorageError, type ErrorContext } from '../base/storage-error.js';
import type { ErrorCode } from '../base/error-codes.js';
import { ERRNO, describeErrno } from '../device/errno.js';
import { encodeRequestSenseCdb } from '../scsi/request-sense.js';
import { senseError } from '../scsi/sense-error.js';
import { senseOutcome } from '../scsi/sense-outcome.js';
import { decodeSense } from '../scsi/sense.js';
import { tapeAlertFlag } from '../scsi/tape-alert-flags.js';
import { SCSI_TIMEOUTS_MS } from './drive-limits.js';
import { TEST_UNIT_READY, askReady } from './scsi-questions.js';
import type { ScsiTarget } from './scsi-target.js';

/** What a call on the `st` node was for. */
export type StOperation = 'write' | 'read' | 'move';

export interface StFailure {
  readonly operation: StOperation;
  /** For the message: "writing a block". */
  readonly doing: string;
  readonly errno: number;
  readonly context: ErrorContext;
}

/** What the drive can still be asked when `st` has said EIO. */
export interface DriveWitness {
  readonly target: ScsiTarget;
  /** TapeAlert flags; those read here must not be lost to whoever asks for them later. */
  readonly readTapeAlerts: () => readonly number[] | null;
  /** Why the position was found to be lost, or null. */
  readonly positionLoss: () => string | null;
}

/** TapeAlert flags by which the drive blames itself: hardware A and B, interface, predictive failure, microcode. */
const HARDWARE_FLAGS = [0x1e, 0x1f, 0x20, 0x26, 0x3a];
/** Write-protected cartridge; write to a WORM cartridge refused. */
const PROTECTED_FLAGS = [0x09, 0x3c];

/**
 * The StorageError for a failed call on the `st` node.
 *
 * The kernel consumes the sense data of a command that `st` sent and passes on an errno. All but EIO say enough. For EIO
 * the drive is asked, in this order, since each answer may be consumed by the asking:
 * 1. REQUEST SENSE: a pending unit attention or a deferred error;
 * 2. TEST UNIT READY: no medium, not ready, a fault;
 * 3. TapeAlert: whether the drive blames itself, the tab, or the medium.
 * What nobody then explains is the medium's failure. The kernel's log has the sense itself.
 */
export function diagnose(failure: StFailure, witness: DriveWitness): StorageError {
  const byErrno = codeOfErrno(failure.errno, failure.operation);
  if (byErrno !== null) return stError(byErrno, failure, describeErrno(failure.errno));
  try {
    return askDrive(failure, witness);
  } catch (error) {
    // The drive does not even answer: that is the failure.
    if (error instanceof StorageError) return error;
    throw error;
  }
}

function codeOfErrno(errno: number, operation: StOperation): ErrorCode | null {
  switch (errno) {
    case ERRNO.EIO:
      return null;
    case ERRNO.EACCES:
    case ERRNO.EROFS:
      return operation === 'write' ? 'MEDIUM_WRITE_PROTECTED' : 'DEVICE_PERMISSION';
    case ERRNO.EPERM:
      return 'DEVICE_PERMISSION';
    case ERRNO.ENOMEDIUM:
      return 'DRIVE_NO_MEDIUM';
    // Nobody knows whether the interrupted command was carried out: one that is repeated could be there twice.
    case ERRNO.EINTR:
      return 'DRIVE_POSITION_LOST';
    default:
      return 'DEVICE_IO';
  }
}

function askDrive(failure: StFailure, { target, readTapeAlerts, positionLoss }: DriveWitness): StorageError {
  const fromSense = pendingSense(failure, target);
  const ready = askReady(target);
  const loss = positionLoss();
  if (loss !== null) return stError('DRIVE_POSITION_LOST', failure, loss);
  if (fromSense !== null) return fromSense;
  if (ready.kind === 'sense') return target.errorOf(TEST_UNIT_READY, ready.sense);
  const alerts = readTapeAlerts() ?? [];
  return stError(codeOfAlerts(alerts, failure.operation), failure, describeAlerts(alerts));
}

function pendingSense(failure: StFailure, target: ScsiTarget): StorageError | null {
  const reply = target.send({
    name: 'REQUEST SENSE',
    cdb: encodeRequestSenseCdb({ format: 'fixed', allocationLength: 252 }),
    replyBytes: 252,
    timeoutMs: SCSI_TIMEOUTS_MS.testUnitReady,
    operation: 'other',
    attention: 'retry',
  });
  if (reply.kind !== 'good' || reply.data.length === 0) return null;
  const sense = decodeSense(reply.data);
  const operation = failure.operation;
  const outcome = senseOutcome(sense, operation);
  const tells = outcome.kind === 'failure' || (outcome.kind === 'unit-attention' && outcome.positionLost);
  return tells ? senseError(sense, failure.doing, operation, failure.context) : null;
}

function codeOfAlerts(alerts: readonly number[], operation: StOperation): ErrorCode {
  const any = (flags: readonly number[]): boolean => flags.some((flag) => alerts.includes(flag));
  if (any(HARDWARE_FLAGS)) return 'DRIVE_HARDWARE';
  if (operation === 'write') return any(PROTECTED_FLAGS) ? 'MEDIUM_WRITE_PROTECTED' : 'MEDIUM_WRITE_ERROR';
  return 'MEDIUM_READ_ERROR';
}

function describeAlerts(alerts: readonly number[]): string {
  if (alerts.length === 0) return 'the drive gives no reason (the kernel log may have its sense data)';
  return `the drive raised ${alerts.map((flag) => `"${tapeAlertFlag(flag).name}"`).join(', ')}`;
}

function stError(code: ErrorCode, { operation, doing, errno, context }: StFailure, why: string): StorageError {
  const saved =
    operation === 'write'
      ? 'What was synchronized before is safe; what was written since may not be on the medium.'
      : 'Nothing was changed on the medium.';
  return new StorageError(code, `Error while ${doing}: ${why}. ${saved} ${nextStep(code)}`, {
    context: { ...context, errno },
  });
}

function nextStep(code: ErrorCode): string {
  switch (code) {
    case 'MEDIUM_WRITE_PROTECTED':
      return 'Move the tab of the cartridge, or use another one.';
    case 'DEVICE_PERMISSION':
      return 'The daemon needs access to the node and the capability CAP_SYS_RAWIO.';
    case 'DRIVE_NO_MEDIUM':
      return 'Load a cartridge.';
    case 'DRIVE_POSITION_LOST':
      return 'Position and label must be read again before anything is written.';
    case 'DRIVE_HARDWARE':
    case 'DEVICE_IO':
      return 'Take the drive down and have it looked at.';
    default:
      return 'Go on with another volume, and try this one in another drive.';
  }
}
