import { ERRNO } from '../src/device/errno.js';
import { MT_OP, type MtOperation } from '../src/device/mtio.js';
import { encodeEraseCdb } from '../src/scsi/erase.js';
import { encodeLoadUnloadCdb } from '../src/scsi/load-unload.js';
import { encodeLocate10Cdb } from '../src/scsi/locate.js';
import { encodePreventAllowCdb } from '../src/scsi/prevent-allow.js';
import { encodeRewindCdb } from '../src/scsi/rewind.js';
import { SENSE_KEYS } from '../src/scsi/sense.js';
import { encodeSpace6Cdb, SPACE_CODES } from '../src/scsi/space.js';
import { encodeWriteFilemarksCdb } from '../src/scsi/write-filemarks.js';
import { isDriverOption, setCompression, setModes, setOptions } from './st-modes.js';
import { END_STATE, KEEPS_WRITING, type StResult, type StUnit } from './st-unit.js';

/** Operations that make the position known again after a reset. */
const RECOVERS: readonly number[] = [
  MT_OP.rewind,
  MT_OP.offline,
  MT_OP.retension,
  MT_OP.erase,
  MT_OP.seek,
  MT_OP.endOfData,
];

/** Operations that go on from where the host thinks it is, so that a filemark met counts as passed. */
const SEEKS_NEXT: readonly number[] = [
  MT_OP.rewind,
  MT_OP.offline,
  MT_OP.retension,
  MT_OP.endOfData,
  MT_OP.lock,
  MT_OP.load,
  MT_OP.forwardSpaceFilemarks,
  MT_OP.forwardSpaceFilemarksBefore,
  MT_OP.backwardSpaceFilemarks,
  MT_OP.backwardSpaceFilemarksBeyond,
  MT_OP.setCompression,
  // Without partitions.
  MT_OP.seek,
];

/** Operations before which a drive that was writing gets a filemark. */
const ENDS_FILE: readonly number[] = [
  MT_OP.rewind,
  MT_OP.offline,
  MT_OP.seek,
  MT_OP.backwardSpaceFilemarks,
  MT_OP.backwardSpaceFilemarksBeyond,
];

const BACKWARD: readonly number[] = [MT_OP.backwardSpaceFilemarks, MT_OP.backwardSpaceFilemarksBeyond];

/** SPACE(6) counts 24 bits with sign; MTEOM spaces over this many filemarks to count them. */
const MANY = 0x7f_ffff;

/** ioctl(MTIOCTOP). `privileged`: the process has CAP_SYS_ADMIN. `wait`, `forWriting`: how the device was opened. */
export function operateTape(
  unit: StUnit,
  operation: MtOperation,
  open: { readonly wait: boolean; readonly forWriting: boolean; readonly privileged: boolean },
): number {
  const { op } = operation;
  if (op === MT_OP.setDriveBuffer && !open.privileged) return -ERRNO.EPERM;
  const { errno, count } = unit.positionUnknown ? recover(unit, operation) : prepare(unit, operation);
  if (errno !== 0) return errno;
  if (!KEEPS_WRITING.includes(op)) unit.motion = 'idle';
  switch (op) {
    case MT_OP.seek:
      return seek(unit, count);
    case MT_OP.unload:
    case MT_OP.offline:
      if (op === MT_OP.offline && unit.doorLocked) lockDoor(unit, false);
      return unload(unit);
    case MT_OP.load:
      return load(unit, open.wait, open.forWriting);
    case MT_OP.lock:
    case MT_OP.unlock:
      return lockDoor(unit, op === MT_OP.lock);
    case MT_OP.setCompression:
      return setCompression(unit, (count & 1) !== 0);
    case MT_OP.setDriveBuffer:
      return isDriverOption(count) ? setOptions(unit, count) : setModes(unit, op, count);
    case MT_OP.setPartition:
    case MT_OP.makePartition:
      return -ERRNO.EINVAL;
    default:
      return perform(unit, op, count);
  }
}

interface Prepared {
  readonly errno: number;
  readonly count: number;
}

function recover(unit: StUnit, { op, count }: MtOperation): Prepared {
  if (!RECOVERS.includes(op)) return { errno: -ERRNO.EIO, count };
  unit.resetState();
  return { errno: 0, count };
}

/** What comes before: the count is corrected for a filemark that was met or has to be written first. */
function prepare(unit: StUnit, { op, count }: MtOperation): Prepared {
  let corrected = count;
  if (unit.end === END_STATE.filemarkHit) {
    const forward: readonly number[] = [
      MT_OP.forwardSpaceFilemarks,
      MT_OP.forwardSpaceFilemarksBefore,
      MT_OP.endOfData,
    ];
    if (forward.includes(op)) corrected--;
    else if (BACKWARD.includes(op)) corrected++;
  }
  const flushed = unit.flush(SEEKS_NEXT.includes(op));
  if (flushed !== 0) return { errno: flushed, count: corrected };
  if (unit.motion === 'writing' && ENDS_FILE.includes(op)) {
    const written = perform(unit, MT_OP.writeFilemarks, 1);
    if (written !== 0) return { errno: written, count: corrected };
    if (BACKWARD.includes(op)) corrected++;
    unit.motion = 'idle';
  }
  return { errno: 0, count: corrected };
}

function seek(unit: StUnit, blockAddress: number): number {
  if (unit.ready !== 'ready') return -ERRNO.EIO;
  const address = blockAddress >>> 0;
  const { good } = unit.send(encodeLocate10Cdb({ blockAddress: address, partition: null, immediate: false }));
  unit.fileNumber = unit.blockNumber = good && address === 0 ? 0 : -1;
  unit.end = END_STATE.none;
  return good ? 0 : -ERRNO.EIO;
}

function unload(unit: StUnit): number {
  const readiness = unit.readiness();
  if (readiness !== 0) return readiness;
  const { good } = unit.send(encodeLoadUnloadCdb({ load: false, hold: false, retension: false, immediate: false }));
  if (good) {
    unit.rewindAtClose = false;
    unit.ready = 'no-medium';
    return 0;
  }
  unit.fileNumber = unit.blockNumber = -1;
  return -ERRNO.EIO;
}

function load(unit: StUnit, wait: boolean, forWriting: boolean): number {
  const { good } = unit.send(encodeLoadUnloadCdb({ load: true, hold: false, retension: false, immediate: false }));
  if (good) return Math.min(0, unit.checkTape(wait, forWriting));
  unit.fileNumber = unit.blockNumber = -1;
  return -ERRNO.EIO;
}

function lockDoor(unit: StUnit, prevent: boolean): number {
  const { good } = unit.send(encodePreventAllowCdb({ prevent }));
  if (good) unit.doorLocked = prevent;
  return good ? 0 : -ERRNO.EIO;
}

/** What the driver will think its place is when the command succeeds. */
interface Step {
  readonly cdb: Uint8Array;
  readonly fileNumber: number;
  readonly blockNumber: number;
}

/** Commands that are one SCSI command: also used by close. 0, or -errno. */
export function perform(unit: StUnit, op: number, count: number): number {
  const readiness = unit.readiness();
  if (readiness !== 0) return readiness;
  if (op === MT_OP.noOperation) return 0;
  if (op === MT_OP.setBlockSize || op === MT_OP.setDensity || op === MT_OP.setDriveBuffer)
    return setModes(unit, op, count);
  const writes: readonly number[] = [MT_OP.writeFilemarks, MT_OP.writeFilemarksImmediate, MT_OP.erase];
  if (writes.includes(op) && unit.writeProtected) return -ERRNO.EACCES;
  if (op === MT_OP.endOfData && !unit.options.fastEndOfData) {
    // Spacing over all filemarks first keeps the file number.
    perform(unit, MT_OP.forwardSpaceFilemarks, MANY);
    if (unit.end >= END_STATE.endOfData1) return 0;
  }
  const step = stepOf(unit, op, count);
  if (step === null) return -ERRNO.ENOSYS;
  const result = unit.send(step.cdb);
  if (!result.good) return failed(unit, op, count, step, result);
  unit.fileNumber = step.fileNumber;
  unit.blockNumber = step.blockNumber;
  unit.end = endAfter(op);
  if (op === MT_OP.backwardSpaceFilemarksBeyond) return perform(unit, MT_OP.forwardSpaceFilemarks, 1);
  if (op === MT_OP.forwardSpaceFilemarksBefore) return perform(unit, MT_OP.backwardSpaceFilemarks, 1);
  return 0;
}

function endAfter(op: number): StUnit['end'] {
  if (op === MT_OP.endOfData) return END_STATE.endOfData;
  return op === MT_OP.forwardSpaceFilemarks ? END_STATE.filemark : END_STATE.none;
}

function stepOf(unit: StUnit, op: number, count: number): Step | null {
  const { fileNumber, blockNumber } = unit;
  const shifted = (number: number, by: number): number => (number >= 0 ? number + by : number);
  // The count goes into the CDB's 24 bits.
  const space = (code: number, by: number): Uint8Array => encodeSpace6Cdb({ code, count: (by << 8) >> 8 });
  switch (op) {
    case MT_OP.forwardSpaceFilemarks:
    case MT_OP.forwardSpaceFilemarksBefore:
      return { cdb: space(SPACE_CODES.filemarks, count), fileNumber: shifted(fileNumber, count), blockNumber: 0 };
    case MT_OP.backwardSpaceFilemarks:
    case MT_OP.backwardSpaceFilemarksBeyond:
      return { cdb: space(SPACE_CODES.filemarks, -count), fileNumber: shifted(fileNumber, -count), blockNumber: -1 };
    case MT_OP.forwardSpaceBlocks:
      return { cdb: space(SPACE_CODES.blocks, count), fileNumber, blockNumber: shifted(blockNumber, count) };
    case MT_OP.backwardSpaceBlocks:
      return { cdb: space(SPACE_CODES.blocks, -count), fileNumber, blockNumber: shifted(blockNumber, -count) };
    case MT_OP.writeFilemarks:
    case MT_OP.writeFilemarksImmediate: {
      const immediate = op === MT_OP.writeFilemarksImmediate || unit.options.noWaitForFilemarks;
      const cdb = encodeWriteFilemarksCdb({ count: count & 0xff_ffff, immediate });
      return { cdb, fileNumber: shifted(fileNumber, count), blockNumber: 0 };
    }
    case MT_OP.rewind:
      return { cdb: encodeRewindCdb({ immediate: false }), fileNumber: 0, blockNumber: 0 };
    case MT_OP.retension:
      return {
        cdb: encodeLoadUnloadCdb({ load: true, hold: false, retension: true, immediate: false }),
        fileNumber: 0,
        blockNumber: 0,
      };
    case MT_OP.endOfData:
      return {
        cdb: encodeSpace6Cdb({ code: SPACE_CODES.endOfData, count: 0 }),
        fileNumber: unit.options.fastEndOfData ? -1 : fileNumber,
        blockNumber: -1,
      };
    case MT_OP.erase:
      return { cdb: encodeEraseCdb({ long: count !== 0, immediate: false }), fileNumber: 0, blockNumber: 0 };
    default:
      return null;
  }
}

/** The command did not simply succeed: what the driver makes of its counters, by the sense. */
function failed(unit: StUnit, op: number, count: number, step: Step, { sense }: StResult): number {
  const endOfMedium = sense?.endOfMedium ?? false;
  const undone = sense?.information ?? 0;
  const backward: readonly number[] = [...BACKWARD, MT_OP.backwardSpaceBlocks];
  if (endOfMedium) {
    if (!backward.includes(op)) unit.end = END_STATE.earlyWarning;
    unit.blockNumber = 0;
  }
  let errno: number = -ERRNO.EIO;
  switch (op) {
    case MT_OP.writeFilemarks:
    case MT_OP.writeFilemarksImmediate: {
      if (!endOfMedium) break;
      const written = sense?.key === SENSE_KEYS.noSense || sense?.key === SENSE_KEYS.recoveredError;
      if (written) errno = 0;
      if (written || undone < count) unit.end = END_STATE.none;
      unit.fileNumber = written || step.fileNumber < 0 ? step.fileNumber : step.fileNumber - undone;
      break;
    }
    case MT_OP.forwardSpaceFilemarks:
    case MT_OP.forwardSpaceFilemarksBefore:
      unit.fileNumber = step.fileNumber >= 0 ? step.fileNumber - undone : step.fileNumber;
      unit.blockNumber = -1;
      unit.end = END_STATE.none;
      break;
    case MT_OP.backwardSpaceFilemarks:
    case MT_OP.backwardSpaceFilemarksBeyond:
      if (unit.fileNumber >= 0) unit.fileNumber = step.fileNumber + undone;
      unit.blockNumber = 0;
      unit.end = END_STATE.none;
      break;
    case MT_OP.forwardSpaceBlocks:
      spacedForward(unit, step, undone, sense?.filemark ?? false);
      break;
    case MT_OP.backwardSpaceBlocks:
      if (sense?.filemark === true) {
        unit.fileNumber--;
        unit.blockNumber = -1;
      } else if (unit.blockNumber >= 0) unit.blockNumber = step.blockNumber + undone;
      unit.end = END_STATE.none;
      break;
    case MT_OP.endOfData:
      unit.fileNumber = unit.blockNumber = -1;
      unit.end = END_STATE.endOfData;
      break;
    default:
      unit.end = END_STATE.none;
  }
  if (sense?.key === SENSE_KEYS.blankCheck) unit.end = END_STATE.endOfData;
  return errno;
}

function spacedForward(unit: StUnit, step: Step, undone: number, filemark: boolean): void {
  if (filemark) {
    if (unit.fileNumber >= 0) unit.fileNumber++;
    unit.blockNumber = 0;
    unit.end = END_STATE.filemark;
    return;
  }
  unit.blockNumber = step.blockNumber >= undone ? step.blockNumber - undone : -1;
  unit.end = END_STATE.none;
}
