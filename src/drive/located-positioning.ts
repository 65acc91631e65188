import { StorageError } from '../base/storage-error.js';
import { LOCATE_DESTINATIONS, encodeLocate10Cdb, encodeLocate16Cdb } from '../scsi/locate.js';
import {
  POSITION_LENGTH,
  decodeLongPosition,
  decodeShortPosition,
  encodeReadPositionCdb,
  type PositionForm,
} from '../scsi/read-position.js';
import { SPACE_CODES, encodeSpace6Cdb } from '../scsi/space.js';
import { SCSI_TIMEOUTS_MS } from './drive-limits.js';
import type { PositionTrust } from './position-trust.js';
import type { FoundPosition, Positioning } from './positioning.js';
import { unlessUnsupported } from './scsi-questions.js';
import type { ScsiTarget, TargetCommand } from './scsi-target.js';
import { demandArrival, moveCommand } from './tape-moves.js';

/** By READ POSITION and LOCATE, which every LTO drive has. */
export class LocatedPositioning implements Positioning {
  readonly isTold = true;
  readonly #target: ScsiTarget;
  readonly #trust: PositionTrust;
  readonly #device: string;

  constructor(target: ScsiTarget, trust: PositionTrust, device: string) {
    this.#target = target;
    this.#trust = trust;
    this.#device = device;
  }

  ask(): FoundPosition {
    return askPosition(this.#target, this.#device);
  }

  locate(blockAddress: number): void {
    this.#trust.expected = null;
    locateBlock(this.#target, blockAddress);
  }

  locateEndOfData(): void {
    this.#trust.expected = null;
    spaceToEndOfData(this.#target);
  }

  spaceFilemarks(count: number): number {
    this.#trust.expected = null;
    return spaceFilemarks(this.#target, count);
  }
}

function askPosition(target: ScsiTarget, device: string): FoundPosition {
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

function locateBlock(target: ScsiTarget, blockAddress: number): void {
  const command = moveCommand(
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
    const short = moveCommand(
      'LOCATE(10)',
      encodeLocate10Cdb({ blockAddress, partition: null, immediate: false }),
      SCSI_TIMEOUTS_MS.locate,
    );
    demandArrival(target, short, target.send(short));
  } else demandArrival(target, command, reply);
}

function spaceToEndOfData(target: ScsiTarget): void {
  const command = moveCommand(
    'SPACE (end of data)',
    encodeSpace6Cdb({ code: SPACE_CODES.endOfData, count: 0 }),
    SCSI_TIMEOUTS_MS.space,
  );
  const reply = target.send(command);
  if (reply.kind === 'sense' && reply.outcome.kind === 'end-of-data') return;
  demandArrival(target, command, reply);
}

function spaceFilemarks(target: ScsiTarget, count: number): number {
  const command = moveCommand(
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
