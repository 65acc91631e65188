import { ERRNO } from '../src/device/errno.js';
import { encodeRead6Cdb } from '../src/scsi/read.js';
import { SENSE_KEYS, type Sense } from '../src/scsi/sense.js';
import { encodeSpace6Cdb, SPACE_CODES } from '../src/scsi/space.js';
import { encodeWrite6Cdb } from '../src/scsi/write.js';
import { END_STATE, type StResult, type StUnit } from './st-unit.js';

/** Checks common to reads and writes: 0, or -errno. */
function checkTransfer(unit: StUnit, count: number): number {
  const readiness = unit.readiness();
  if (readiness !== 0) return readiness;
  if (unit.positionUnknown) return -ERRNO.EIO;
  if (count === 0) return 0;
  if (unit.blockSize === 0) {
    const { minBlockBytes, maxBlockBytes } = unit;
    return maxBlockBytes > 0 && (count < minBlockBytes || count > maxBlockBytes) ? -ERRNO.EINVAL : 0;
  }
  return count % unit.blockSize === 0 ? 0 : -ERRNO.EINVAL;
}

/** write(2). */
export function writeTape(unit: StUnit, bytes: Uint8Array): number {
  const refusal = checkTransfer(unit, bytes.length);
  if (refusal !== 0 || bytes.length === 0) return refusal;
  if (unit.writeProtected) return -ERRNO.EACCES;
  if (unit.motion === 'reading') {
    const flushed = unit.flush(false);
    if (flushed !== 0) return flushed;
  }
  // Early warning is told once, with ENOSPC; then a write is let through, and its own early warning is told by the next.
  if (unit.end === END_STATE.earlyWarning) {
    unit.end = END_STATE.endOfData1;
    return -ERRNO.ENOSPC;
  }
  if (unit.end === END_STATE.endOfMediumError) return -ERRNO.EIO;
  unit.motion = 'writing';
  const fixed = unit.blockSize !== 0;
  const length = fixed ? bytes.length / unit.blockSize : bytes.length;
  const result = unit.send(encodeWrite6Cdb({ fixed, length }), bytes);
  if (!result.good) return writeFailure(unit, bytes.length, result);
  advance(unit, fixed ? length : 1);
  unit.end = unit.end === END_STATE.endOfData1 ? END_STATE.earlyWarning : END_STATE.none;
  return bytes.length;
}

function writeFailure(unit: StUnit, count: number, { sense }: StResult): number {
  if (sense?.endOfMedium !== true) {
    unit.blockNumber = -1;
    return -ERRNO.EIO;
  }
  const undone = Math.min(count, undoneBytes(unit, sense, count));
  unit.end = END_STATE.earlyWarning;
  if (unit.blockSize === 0) advance(unit, undone < count ? 1 : 0);
  else advance(unit, (count - undone) / unit.blockSize);
  return undone < count ? count - undone : -ERRNO.ENOSPC;
}

function undoneBytes(unit: StUnit, sense: Sense, count: number): number {
  if (sense.information !== null) return sense.information * (unit.blockSize || 1);
  return unit.blockSize === 0 && sense.key === SENSE_KEYS.volumeOverflow ? count : 0;
}

function advance(unit: StUnit, blocks: number): void {
  if (unit.blockNumber >= 0) unit.blockNumber += blocks;
}

/** read(2). */
export function readTape(unit: StUnit, into: Uint8Array): number {
  const refusal = checkTransfer(unit, into.length);
  if (refusal !== 0 || into.length === 0) return refusal;
  if (unit.motion === 'writing') {
    const flushed = unit.flush(false);
    if (flushed !== 0) return flushed;
    unit.motion = 'reading';
  }
  if (unit.end >= END_STATE.endOfData1) {
    if (unit.end === END_STATE.endOfData) return -ERRNO.EIO;
    unit.end = unit.end === END_STATE.endOfData1 ? END_STATE.endOfData2 : END_STATE.endOfData;
    return 0;
  }
  unit.motion = 'reading';
  const total = readBlocks(unit, into);
  if (total < 0) return total;
  if (total === 0) tellEnd(unit);
  else if (unit.end === END_STATE.filemark) unit.end = END_STATE.none;
  return total;
}

/** A variable block is one read; of fixed ones as many as fit, up to whatever stops it. */
function readBlocks(unit: StUnit, into: Uint8Array): number {
  let total = 0;
  while (total < into.length) {
    const { bytes, special } = readOnce(unit, into.subarray(total));
    if (special < 0) return special;
    total += bytes;
    if (unit.blockSize === 0 || special > 0) break;
  }
  return total;
}

/** Nothing was read: a filemark has been passed, or the end of data told once more. */
function tellEnd(unit: StUnit): void {
  switch (unit.end) {
    case END_STATE.filemarkHit:
      unit.end = END_STATE.filemark;
      break;
    case END_STATE.endOfData1:
      unit.end = END_STATE.endOfData2;
      break;
    case END_STATE.endOfData2:
      unit.end = END_STATE.endOfData;
      return;
    default:
      return;
  }
  unit.blockNumber = 0;
  if (unit.fileNumber >= 0) unit.fileNumber++;
}

interface ReadOnce {
  readonly bytes: number;
  /** 1: something stopped it; below 0: -errno. */
  readonly special: number;
}

function readOnce(unit: StUnit, into: Uint8Array): ReadOnce {
  if (unit.end === END_STATE.filemarkHit) return { bytes: 0, special: 1 };
  const fixed = unit.blockSize !== 0;
  const length = fixed ? into.length / unit.blockSize : into.length;
  const suppressIncorrectLength = !fixed && unit.options.sili;
  const result = unit.send(encodeRead6Cdb({ fixed, suppressIncorrectLength, length }), into);
  const outcome = result.good
    ? { bytes: into.length - (unit.options.sili ? result.residual : 0), special: 0 }
    : readSpecial(unit, into.length, result.sense);
  if (outcome.special >= 0) advance(unit, fixed ? outcome.bytes / unit.blockSize : 1);
  return outcome;
}

function readSpecial(unit: StUnit, count: number, sense: Sense | null): ReadOnce {
  if (sense === null) return { bytes: 0, special: -ERRNO.EIO };
  // With BLANK CHECK the driver means to forget the end-of-medium flag, and forgets the length flag (`flags &= 0xcf`).
  const blank = sense.key === SENSE_KEYS.blankCheck;
  const left = sense.information ?? 0;
  const unread = unit.blockSize === 0 && sense.key === SENSE_KEYS.mediumError ? count : left * (unit.blockSize || 1);
  if (sense.incorrectLength && !blank) return readIncorrectLength(unit, count, left);
  if (sense.filemark) {
    unit.end = END_STATE.filemarkHit;
    return { bytes: unit.blockSize === 0 ? 0 : count - unread, special: 1 };
  }
  if (sense.endOfMedium) {
    unit.end = unit.end === END_STATE.filemark ? END_STATE.endOfData1 : END_STATE.earlyWarning;
    return { bytes: Math.max(0, count - unread), special: 1 };
  }
  unit.blockNumber = -1;
  if (unit.end !== END_STATE.filemark || !blank) return { bytes: 0, special: -ERRNO.EIO };
  unit.end = END_STATE.endOfData2;
  return { bytes: 0, special: 1 };
}

function readIncorrectLength(unit: StUnit, count: number, left: number): ReadOnce {
  if (unit.blockSize === 0) {
    if (left > 0) return { bytes: count - left, special: 1 };
    advance(unit, 1);
    return { bytes: 0, special: -ERRNO.ENOMEM };
  }
  const blocks = count / unit.blockSize;
  // The block of another size was passed: step back before it, as what was read before it is still good.
  unit.send(encodeSpace6Cdb({ code: SPACE_CODES.blocks, count: -1 }));
  if (left === blocks) return { bytes: 0, special: -ERRNO.EIO };
  return { bytes: (blocks - left) * unit.blockSize, special: 1 };
}
