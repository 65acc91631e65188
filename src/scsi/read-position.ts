import { ByteWriter } from '../base/byte-cursor.js';
import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';
import { decodeBytes, hexNumber, malformedReply } from './malformed-reply.js';

/** Service actions 00h and 06h of READ POSITION (SSC-4). */
export type PositionForm = 'short' | 'long';

const SERVICE_ACTION: Readonly<Record<PositionForm, number>> = { short: 0x00, long: 0x06 };

export const POSITION_LENGTH: Readonly<Record<PositionForm, number>> = { short: 20, long: 32 };

/** The allocation length stays 0: the short and the long form have a fixed length (SSC-4). */
export function encodeReadPositionCdb(form: PositionForm): Uint8Array {
  return encodeCdb(OPCODES.readPosition, (writer) => {
    writer.u8(SERVICE_ACTION[form]);
  });
}

export function decodeReadPositionCdb(cdb: Uint8Array): PositionForm {
  return decodeCdb('READ POSITION', OPCODES.readPosition, cdb, (reader) => {
    const action = reader.u8() & 0x1f;
    if (action === SERVICE_ACTION.long) return 'long';
    // 01h is the short form with vendor specific locations; drives answer it like 00h.
    if (action <= 1) return 'short';
    throw malformedReply('READ POSITION command', `service action ${hexNumber(action)}`, cdb);
  });
}

/** Short form. A number the drive does not know is null. */
export interface ShortPosition {
  readonly beginningOfPartition: boolean;
  /** Between early warning and the end of the partition. */
  readonly endOfPartition: boolean;
  readonly beyondProgrammableEarlyWarning: boolean;
  /** PERR: a location does not fit 32 bits; ask for the long form. */
  readonly overflow: boolean;
  readonly partition: number;
  /** The next object between host and drive: where the next read or write happens. */
  readonly firstLocation: number | null;
  /** The next object between the drive's buffer and the medium; equal to `firstLocation` when the buffer is empty. */
  readonly lastLocation: number | null;
  readonly objectsInBuffer: number | null;
  readonly bytesInBuffer: number | null;
}

const BOP = 0x80;
const EOP = 0x40;
const LOCU = 0x20;
const BYCU = 0x10;
const MPU = 0x08;
/** LOLU in the short form, LONU in the long one. */
const LOCATION_UNKNOWN = 0x04;
const PERR = 0x02;
const BPEW = 0x01;

export function decodeShortPosition(bytes: Uint8Array): ShortPosition {
  return decodeBytes('short position data', bytes, (reader) => {
    const flags = reader.u8();
    const partition = reader.u8();
    const firstLocation = reader.skip(2).u32();
    const lastLocation = reader.u32();
    const objects = reader.skip(1).u24();
    const bytesInBuffer = reader.u32();
    const located = (flags & (LOCATION_UNKNOWN | PERR)) === 0;
    return {
      beginningOfPartition: (flags & BOP) !== 0,
      endOfPartition: (flags & EOP) !== 0,
      beyondProgrammableEarlyWarning: (flags & BPEW) !== 0,
      overflow: (flags & PERR) !== 0,
      partition,
      firstLocation: located ? firstLocation : null,
      lastLocation: located ? lastLocation : null,
      objectsInBuffer: (flags & LOCU) === 0 ? objects : null,
      bytesInBuffer: (flags & BYCU) === 0 ? bytesInBuffer : null,
    };
  });
}

export function encodeShortPosition(position: ShortPosition): Uint8Array {
  const unlocated = position.firstLocation === null || position.lastLocation === null;
  const writer = new ByteWriter(new Uint8Array(POSITION_LENGTH.short), 'big-endian');
  writer.u8(
    (position.beginningOfPartition ? BOP : 0) |
      (position.endOfPartition ? EOP : 0) |
      (position.objectsInBuffer === null ? LOCU : 0) |
      (position.bytesInBuffer === null ? BYCU : 0) |
      (unlocated && !position.overflow ? LOCATION_UNKNOWN : 0) |
      (position.overflow ? PERR : 0) |
      (position.beyondProgrammableEarlyWarning ? BPEW : 0),
  );
  writer.u8(position.partition).zeros(2);
  writer.u32(position.firstLocation ?? 0).u32(position.lastLocation ?? 0);
  return writer
    .zeros(1)
    .u24(position.objectsInBuffer ?? 0)
    .u32(position.bytesInBuffer ?? 0).bytes;
}

/** Long form. A number the drive does not know is null. */
export interface LongPosition {
  readonly beginningOfPartition: boolean;
  readonly endOfPartition: boolean;
  readonly beyondProgrammableEarlyWarning: boolean;
  /** null together with `objectNumber`. */
  readonly partition: number | null;
  /** Logical object number: blocks and filemarks before the position. */
  readonly objectNumber: number | null;
  /** Logical file identifier: filemarks before the position. */
  readonly fileNumber: number | null;
}

export function decodeLongPosition(bytes: Uint8Array): LongPosition {
  return decodeBytes('long position data', bytes, (reader) => {
    const flags = reader.u8();
    const known = (flags & LOCATION_UNKNOWN) === 0;
    const partition = reader.skip(3).u32();
    // What is flagged as unknown is not looked at: drives leave ones there, which no number could hold.
    const objectNumber = known ? reader.u64() : null;
    const fileKnown = (flags & MPU) === 0;
    const fileNumber = fileKnown ? reader.seek(16).u64() : null;
    reader.seek(16).skip(16);
    return {
      beginningOfPartition: (flags & BOP) !== 0,
      endOfPartition: (flags & EOP) !== 0,
      beyondProgrammableEarlyWarning: (flags & BPEW) !== 0,
      partition: known ? partition : null,
      objectNumber,
      fileNumber,
    };
  });
}

export function encodeLongPosition(position: LongPosition): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(POSITION_LENGTH.long), 'big-endian');
  const known = position.objectNumber !== null && position.partition !== null;
  writer.u8(
    (position.beginningOfPartition ? BOP : 0) |
      (position.endOfPartition ? EOP : 0) |
      (position.fileNumber === null ? MPU : 0) |
      (known ? 0 : LOCATION_UNKNOWN) |
      (position.beyondProgrammableEarlyWarning ? BPEW : 0),
  );
  writer.zeros(3).u32(position.partition ?? 0);
  return writer
    .u64(position.objectNumber ?? 0)
    .u64(position.fileNumber ?? 0)
    .zeros(8).bytes;
}
