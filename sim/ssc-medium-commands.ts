import { OPCODES } from '../src/scsi/cdb.js';
import { decodeEraseCdb } from '../src/scsi/erase.js';
import { decodeLocate10Cdb, decodeLocate16Cdb, LOCATE_DESTINATIONS } from '../src/scsi/locate.js';
import { decodeMamAttributes, encodeMamAttributeIds, encodeMamAttributes } from '../src/scsi/mam.js';
import { decodeReadAttributeCdb, READ_ATTRIBUTE_ACTIONS } from '../src/scsi/read-attribute.js';
import {
  decodeReadPositionCdb,
  encodeLongPosition,
  encodeShortPosition,
  POSITION_LENGTH,
} from '../src/scsi/read-position.js';
import { decodeRead6Cdb } from '../src/scsi/read.js';
import { decodeRewindCdb } from '../src/scsi/rewind.js';
import { decodeSpace16Cdb, decodeSpace6Cdb, SPACE_CODES, type SpaceCommand } from '../src/scsi/space.js';
import { decodeWriteAttributeCdb } from '../src/scsi/write-attribute.js';
import { decodeWriteFilemarksCdb } from '../src/scsi/write-filemarks.js';
import { decodeWrite6Cdb } from '../src/scsi/write.js';
import { memoryOf, writtenAttributes } from './drive-memory.js';
import { check, deliver, GOOD, type MediumCommand, type ScsiReply } from './scsi-reply.js';
import type { SscDrive } from './ssc-drive.js';
import { SSC_SENSE } from './ssc-sense.js';
import type { TapeTransport, TransferForm } from './tape-transport.js';
import { BLOCK_LIMITS } from './transfer-limits.js';
import { writeRefusal } from './write-permission.js';

type Arguments = Parameters<MediumCommand>;

/** Commands that need a loaded medium, by operation code. */
export const MEDIUM_COMMANDS: ReadonlyMap<number, MediumCommand> = new Map<number, MediumCommand>([
  [OPCODES.read6, read],
  [OPCODES.write6, write],
  [OPCODES.writeFilemarks6, writeFilemarks],
  [OPCODES.space6, (_drive, transport, cdb) => space(transport, decodeSpace6Cdb(cdb))],
  [OPCODES.space16, (_drive, transport, cdb) => space(transport, decodeSpace16Cdb(cdb))],
  [OPCODES.locate10, locate10],
  [OPCODES.locate16, locate16],
  [OPCODES.rewind, rewind],
  [OPCODES.erase6, erase],
  [OPCODES.readPosition, readPosition],
  [OPCODES.readAttribute, readAttribute],
  [OPCODES.writeAttribute, writeAttribute],
]);

/** Null: a form the drive does not take. */
function formOf(drive: SscDrive, fixed: boolean, length: number): TransferForm | null {
  if (fixed) return drive.blockLength === 0 ? null : { fixed, count: length, blockLength: drive.blockLength };
  return length > BLOCK_LIMITS.maxBlockBytes ? null : { fixed, count: 1, blockLength: length };
}

function read(...[drive, transport, cdb, data]: Arguments): ScsiReply {
  const { fixed, length, suppressIncorrectLength } = decodeRead6Cdb(cdb);
  const form = formOf(drive, fixed, length);
  if (form === null || (fixed && suppressIncorrectLength)) return check(SSC_SENSE.invalidField());
  if (length === 0) return GOOD;
  const { bytes, sense } = transport.read(form, data, suppressIncorrectLength, drive.blockLength !== 0);
  return check(sense, bytes);
}

function write(...[drive, transport, cdb, data]: Arguments): ScsiReply {
  const { fixed, length } = decodeWrite6Cdb(cdb);
  const form = formOf(drive, fixed, length);
  if (form === null) return check(SSC_SENSE.invalidField());
  if (length === 0) return GOOD;
  const refusal = writeRefusal(drive, transport);
  if (refusal !== null) return check(refusal);
  const { bytes, sense } = transport.write(form, data, drive.compression);
  return check(sense, bytes);
}

function writeFilemarks(...[drive, transport, cdb]: Arguments): ScsiReply {
  const { count, immediate } = decodeWriteFilemarksCdb(cdb);
  const refusal = count === 0 ? null : writeRefusal(drive, transport);
  return check(refusal ?? transport.writeFilemarks(count, immediate));
}

function space(transport: TapeTransport, { code, count }: SpaceCommand): ScsiReply {
  switch (code) {
    case SPACE_CODES.blocks:
      return check(transport.spaceBlocks(count));
    case SPACE_CODES.filemarks:
      return check(transport.spaceFilemarks(count));
    case SPACE_CODES.endOfData:
      return check(transport.spaceToEndOfData());
    default:
      return check(SSC_SENSE.invalidField());
  }
}

function locate10(...[, transport, cdb]: Arguments): ScsiReply {
  const { blockAddress, partition } = decodeLocate10Cdb(cdb);
  return isOtherPartition(partition) ? check(SSC_SENSE.invalidField()) : check(transport.locate(blockAddress));
}

function locate16(...[, transport, cdb]: Arguments): ScsiReply {
  const { destination, identifier, partition } = decodeLocate16Cdb(cdb);
  if (isOtherPartition(partition)) return check(SSC_SENSE.invalidField());
  switch (destination) {
    case LOCATE_DESTINATIONS.object:
      return check(transport.locate(identifier));
    case LOCATE_DESTINATIONS.file:
      return check(transport.locateFile(identifier));
    case LOCATE_DESTINATIONS.endOfData:
      return check(transport.spaceToEndOfData());
    default:
      return check(SSC_SENSE.invalidField());
  }
}

/** There is one partition, number 0. */
function isOtherPartition(partition: number | null): boolean {
  return partition !== null && partition !== 0;
}

function rewind(...[, transport, cdb]: Arguments): ScsiReply {
  decodeRewindCdb(cdb);
  transport.rewind();
  return GOOD;
}

function erase(...[drive, transport, cdb]: Arguments): ScsiReply {
  const { long } = decodeEraseCdb(cdb);
  const refusal = writeRefusal(drive, transport);
  if (refusal !== null) return check(refusal);
  transport.erase(long);
  return GOOD;
}

/** Largest block number the short form can hold. */
const SHORT_MAX = 0xffff_ffff;
const SHORT_MAX_OBJECTS = 0xff_ffff;

function readPosition(...[, transport, cdb, data]: Arguments): ScsiReply {
  const form = decodeReadPositionCdb(cdb);
  const { position, earlyWarning, medium, buffered } = transport;
  const where = {
    beginningOfPartition: position === 0,
    endOfPartition: earlyWarning,
    beyondProgrammableEarlyWarning: false,
    partition: 0,
  };
  if (form === 'long') {
    const bytes = encodeLongPosition({
      ...where,
      objectNumber: position,
      fileNumber: medium.filemarksBefore(position),
    });
    return deliver(bytes, POSITION_LENGTH.long, data);
  }
  const overflow = position > SHORT_MAX;
  const bytes = encodeShortPosition({
    ...where,
    overflow,
    firstLocation: overflow ? null : position,
    lastLocation: overflow ? null : position - Math.min(position, buffered.objects),
    objectsInBuffer: buffered.objects > SHORT_MAX_OBJECTS ? null : buffered.objects,
    bytesInBuffer: buffered.bytes > SHORT_MAX ? null : buffered.bytes,
  });
  return deliver(bytes, POSITION_LENGTH.short, data);
}

function readAttribute(...[drive, transport, cdb, data]: Arguments): ScsiReply {
  const command = decodeReadAttributeCdb(cdb);
  if (command.partition !== 0 || command.logicalVolume !== 0) return check(SSC_SENSE.invalidField());
  const attributes = memoryOf(transport.medium, drive.bay.usage).filter(({ id }) => id >= command.firstAttribute);
  switch (command.serviceAction) {
    case READ_ATTRIBUTE_ACTIONS.values:
      return deliver(encodeMamAttributes(attributes), command.allocationLength, data);
    case READ_ATTRIBUTE_ACTIONS.list:
      return deliver(encodeMamAttributeIds(attributes.map(({ id }) => id)), command.allocationLength, data);
    default:
      return check(SSC_SENSE.invalidField());
  }
}

function writeAttribute(...[, transport, cdb, data]: Arguments): ScsiReply {
  const { partition, logicalVolume, parameterListLength } = decodeWriteAttributeCdb(cdb);
  if (partition !== 0 || logicalVolume !== 0) return check(SSC_SENSE.invalidField());
  const written = decodeMamAttributes(data.subarray(0, parameterListLength));
  const attributes = writtenAttributes(transport.medium.cartridge.attributes, written);
  if (attributes === null) return check(SSC_SENSE.invalidParameter());
  transport.medium.update({ attributes });
  return check(null, parameterListLength);
}
