import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** TEST UNIT READY (SPC-4): no data; the status and sense are the answer. */
export function encodeTestUnitReadyCdb(): Uint8Array {
  return encodeCdb(OPCODES.testUnitReady);
}

/** Checks the operation code; there is nothing else in it. */
export function decodeTestUnitReadyCdb(cdb: Uint8Array): void {
  decodeCdb('TEST UNIT READY', OPCODES.testUnitReady, cdb, () => undefined);
}
