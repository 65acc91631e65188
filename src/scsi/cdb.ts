import { ByteWriter, type ByteReader } from '../base/byte-cursor.js';
import { assert } from '../base/assert.js';
import { decodeBytes, hexNumber, malformedReply } from './malformed-reply.js';

/** Operation codes of the commands this layer knows (SPC-4, SSC-4, SMC-3); some mean one thing to a tape drive and another to a changer. */
export const OPCODES = {
  testUnitReady: 0x00,
  rewind: 0x01,
  requestSense: 0x03,
  readBlockLimits: 0x05,
  initializeElementStatus: 0x07,
  read6: 0x08,
  write6: 0x0a,
  writeFilemarks6: 0x10,
  space6: 0x11,
  inquiry: 0x12,
  modeSelect6: 0x15,
  erase6: 0x19,
  modeSense6: 0x1a,
  loadUnload: 0x1b,
  preventAllow: 0x1e,
  locate10: 0x2b,
  positionToElement: 0x2b,
  readPosition: 0x34,
  initializeElementStatusWithRange: 0x37,
  reportDensitySupport: 0x44,
  logSense: 0x4d,
  modeSelect10: 0x55,
  modeSense10: 0x5a,
  readAttribute: 0x8c,
  writeAttribute: 0x8d,
  space16: 0x91,
  locate16: 0x92,
  maintenanceIn: 0xa3,
  moveMedium: 0xa5,
  exchangeMedium: 0xa6,
  readElementStatus: 0xb8,
} as const;

/** The length of a CDB in bytes by the group code of its operation code (SPC-4); null where it is not fixed. */
export function cdbLength(opcode: number): 6 | 10 | 12 | 16 | null {
  switch (opcode >> 5) {
    case 0:
      return 6;
    case 1:
    case 2:
      return 10;
    case 4:
      return 16;
    case 5:
      return 12;
    default:
      return null;
  }
}

/** A CDB of the right length, zero but for what `write` puts; the writer stands at byte 1. */
export function encodeCdb(opcode: number, write?: (writer: ByteWriter) => void): Uint8Array {
  const length = cdbLength(opcode);
  assert(length !== null, `no fixed CDB length for operation code ${hexNumber(opcode)}`);
  const cdb = new Uint8Array(length);
  const writer = new ByteWriter(cdb, 'big-endian');
  writer.u8(opcode);
  write?.(writer);
  return cdb;
}

/**
 * Reads a CDB of `opcode`; the reader stands at byte 1. Bytes behind the CDB (a 16-byte buffer) are not looked at.
 * Too short or another operation code: SCSI_MALFORMED_REPLY.
 */
export function decodeCdb<T>(name: string, opcode: number, cdb: Uint8Array, read: (reader: ByteReader) => T): T {
  const what = `${name} command`;
  const length = cdbLength(opcode);
  assert(length !== null, `no fixed CDB length for operation code ${hexNumber(opcode)}`);
  if (cdb.length < length) throw malformedReply(what, `${String(cdb.length)} bytes instead of ${String(length)}`, cdb);
  return decodeBytes(what, cdb.subarray(0, length), (reader) => {
    const found = reader.u8();
    if (found !== opcode)
      throw malformedReply(what, `operation code ${hexNumber(found)} is not ${hexNumber(opcode)}`, cdb);
    return read(reader);
  });
}
