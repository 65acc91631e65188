import { StorageError } from '../base/storage-error.js';
import { encodeEraseCdb } from '../scsi/erase.js';
import { LOCATE_DESTINATIONS, encodeLocate10Cdb, encodeLocate16Cdb } from '../scsi/locate.js';
import { encodeRead6Cdb } from '../scsi/read.js';
import {
  POSITION_LENGTH,
  decodeLongPosition,
  decodeShortPosition,
  encodeReadPositionCdb,
  type PositionForm,
} from '../scsi/read-position.js';
import { SPACE_CODES, encodeSpace6Cdb } from '../scsi/space.js';
import { SCSI_TIMEOUTS_MS } from './drive-limits.js';
import { unlessUnsupported } from './scsi-questions.js';
import type { ScsiTarget, TargetCommand, TargetReply } from './scsi-target.js';

/** Where the tape is and how it gets elsewhere, by SG_IO. `st` must not be writing: see StDrive. */

export interface FoundPosition {
  readonly blockAddress: number;
  readonly fileNumber: number | null;
  readonly beginningOfMedium: boolean;
  readonly earlyWarning: boolean;
  /** Asks once more where the drive tells only one of the two. */
  blocksInBuffer(): number | null;
}

/** DRIVE_POSITION_LOST when the drive does not know. */
export function askPosition(target: ScsiTarget, device: string): FoundPosition {
  const long = unlessUnsupported(target, readPosition('long'));
  if (long === null) return askShortPosition(target, device);
  const position = decodeLongPosition(long);
  const blockAddress = known(position.objectNumber, device);
  return {
    blockAddress,
    fileNumber: position.fileNumber,
    // By definition; not every drive sets the flag.
    beginningOfMedium: position.beginningOfPartition || blockAddress === 0,
    earlyWarning: position.endOfPartition,
    blocksInBuffer: () => {
      const short = unlessUnsupported(target, readPosition('short'));
      return short === null ? null : decodeShortPosition(short).objectsInBuffer;
    },
  };
}

function askShortPosition(target: ScsiTarget, device: string): FoundPosition {
  const position = decodeShortPosition(target.demand(readPosition('short')));
  const blockAddress = known(position.firstLocation, device);
  return {
    blockAddress,
    fileNumber: null,
    beginningOfMedium: position.beginningOfPartition || blockAddress === 0,
    earlyWarning: position.endOfPartition,
    blocksInBuffer: () => position.objectsInBuffer,
  };
}

function readPosition(form: PositionForm): TargetCommand {
  return {
    name: `READ POSITION (${form})`,
    cdb: encodeReadPositionCdb(form),
    replyBytes: POSITION_LENGTH[form],
    timeoutMs: SCSI_TIMEOUTS_MS.readPosition,
    operation: 'other',
    attention: 'fail',
  };
}

function known(blockAddress: number | null, device: string): number {
  if (blockAddress !== null) return blockAddress;
  throw new StorageError(
    'DRIVE_POSITION_LOST',
    `The drive ${device} does not know where the tape stands. Nothing was changed; rewind, and read the label again before anything is written.`,
    { context: { device } },
  );
}

/** Before object `blockAddress`. MEDIUM_READ_ERROR, at the end of the data, when there are fewer. */
export function locateBlock(target: ScsiTarget, blockAddress: number): void {
  const command = move(
    'LOCATE(16)',
    encodeLocate16Cdb({
      destination: LOCATE_DESTINATIONS.object,
      identifier: blockAddress,
      partition: null,
      immediate: false,
    }),
    SCSI_TIMEOUTS_MS.locate,
  );
  const reply = target.send(command);
  if (reply.kind === 'sense' && reply.outcome.kind === 'not-supported' && blockAddress <= 0xffff_ffff) {
    const short = move(
      'LOCATE(10)',
      encodeLocate10Cdb({ blockAddress, partition: null, immediate: false }),
      SCSI_TIMEOUTS_MS.locate,
    );
    demandArrival(target, short, target.send(short));
  } else demandArrival(target, command, reply);
}

/** Beyond early warning a drive may say so with any move: that is not its failure. */
function demandArrival(target: ScsiTarget, command: TargetCommand, reply: TargetReply): void {
  if (reply.kind === 'good' || reply.outcome.kind === 'early-warning') return;
  throw target.errorOf(command, reply.sense);
}

export function spaceToEndOfData(target: ScsiTarget): void {
  const command = move(
    'SPACE (end of data)',
    encodeSpace6Cdb({ code: SPACE_CODES.endOfData, count: 0 }),
    SCSI_TIMEOUTS_MS.space,
  );
  const reply = target.send(command);
  if (reply.kind === 'sense' && reply.outcome.kind === 'end-of-data') return;
  demandArrival(target, command, reply);
}

/** Returns how many were not passed, since the end of the data or the beginning was met. */
export function spaceFilemarks(target: ScsiTarget, count: number): number {
  const command = move(
    'SPACE (filemarks)',
    encodeSpace6Cdb({ code: SPACE_CODES.filemarks, count }),
    SCSI_TIMEOUTS_MS.space,
  );
  const reply = target.send(command);
  if (reply.kind === 'good') return 0;
  const { outcome, sense } = reply;
  switch (outcome.kind) {
    case 'early-warning':
    case 'end-of-data':
    case 'end-of-medium':
    case 'beginning-of-medium':
      break;
    default:
      throw target.errorOf(command, sense);
  }
  // Some drives count what is left of a backward move in negative numbers.
  if (sense.information !== null) return Math.abs(sense.information);
  if (outcome.kind === 'early-warning') return 0;
  throw new StorageError(
    'SCSI_MALFORMED_REPLY',
    'SPACE (filemarks) met the end without telling how many filemarks were left. Nothing was changed; go on by block address.',
    { context: { command: command.name, count } },
  );
}

/** Destroys everything behind the position. */
export function eraseRest(target: ScsiTarget, mode: 'short' | 'long'): void {
  target.demand({
    name: `ERASE (${mode})`,
    cdb: encodeEraseCdb({ long: mode === 'long', immediate: false }),
    timeoutMs: mode === 'long' ? SCSI_TIMEOUTS_MS.eraseLong : SCSI_TIMEOUTS_MS.eraseShort,
    operation: 'write',
    attention: 'fail',
  });
}

/** The start of a block: enough to be told what it is. */
const PROBE_BYTES = 512;

/** Reads the object at the position, with sense. A block is passed and most of it dropped. Failures are thrown. */
export function probeObject(target: ScsiTarget): 'block' | 'filemark' | 'end-of-data' {
  const command: TargetCommand = {
    name: 'READ(6)',
    cdb: encodeRead6Cdb({ fixed: false, suppressIncorrectLength: false, length: PROBE_BYTES }),
    replyBytes: PROBE_BYTES,
    timeoutMs: SCSI_TIMEOUTS_MS.read,
    operation: 'read',
    attention: 'fail',
  };
  const reply = target.send(command);
  if (reply.kind === 'good') return 'block';
  switch (reply.outcome.kind) {
    case 'incorrect-length':
    case 'early-warning':
      return 'block';
    case 'filemark':
    case 'end-of-data':
      return reply.outcome.kind;
    default:
      throw target.errorOf(command, reply.sense);
  }
}

function move(name: string, cdb: Uint8Array, timeoutMs: number): TargetCommand {
  return { name, cdb, timeoutMs, operation: 'move', attention: 'fail' };
}
