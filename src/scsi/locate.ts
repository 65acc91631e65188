import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** LOCATE(10) (SSC-4): before the object at `blockAddress`. */
export interface Locate10Command {
  /** 0 .. 2^32 - 1. */
  readonly blockAddress: number;
  /** The partition to change to; null stays in this one. */
  readonly partition: number | null;
  /** IMMED: status comes before the medium has moved. */
  readonly immediate: boolean;
}

const CHANGE_PARTITION = 0x02;
const IMMEDIATE = 0x01;

export function encodeLocate10Cdb(command: Locate10Command): Uint8Array {
  return encodeCdb(OPCODES.locate10, (writer) => {
    writer.u8(flagsOf(command)).zeros(1).u32(command.blockAddress);
    writer.zeros(1).u8(command.partition ?? 0);
  });
}

function flagsOf(command: Locate10Command | Locate16Command): number {
  return (command.partition === null ? 0 : CHANGE_PARTITION) | (command.immediate ? IMMEDIATE : 0);
}

export function decodeLocate10Cdb(cdb: Uint8Array): Locate10Command {
  return decodeCdb('LOCATE(10)', OPCODES.locate10, cdb, (reader) => {
    const flags = reader.u8();
    const blockAddress = reader.skip(1).u32();
    const partition = reader.skip(1).u8();
    return {
      blockAddress,
      partition: (flags & CHANGE_PARTITION) !== 0 ? partition : null,
      immediate: (flags & IMMEDIATE) !== 0,
    };
  });
}

/** DEST_TYPE of LOCATE(16) (SSC-4). */
export const LOCATE_DESTINATIONS = { object: 0, file: 1, endOfData: 3 } as const;

/** LOCATE(16) (SSC-4). */
export interface Locate16Command {
  /** See LOCATE_DESTINATIONS. IBM and HP drives differ by one where `file` n ends. */
  readonly destination: number;
  /** Logical object or file identifier; not looked at for `endOfData`. */
  readonly identifier: number;
  readonly partition: number | null;
  readonly immediate: boolean;
}

export function encodeLocate16Cdb(command: Locate16Command): Uint8Array {
  return encodeCdb(OPCODES.locate16, (writer) => {
    writer.u8((command.destination << 3) | flagsOf(command)).zeros(1);
    writer.u8(command.partition ?? 0).u64(command.identifier);
  });
}

/** An identifier above 2^53 - 1 is SCSI_MALFORMED_REPLY. */
export function decodeLocate16Cdb(cdb: Uint8Array): Locate16Command {
  return decodeCdb('LOCATE(16)', OPCODES.locate16, cdb, (reader) => {
    const flags = reader.u8();
    const partition = reader.skip(1).u8();
    return {
      destination: (flags >> 3) & 0x07,
      identifier: reader.u64(),
      partition: (flags & CHANGE_PARTITION) !== 0 ? partition : null,
      immediate: (flags & IMMEDIATE) !== 0,
    };
  });
}
