import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';
import type { SenseFormat } from './sense.js';

/** REQUEST SENSE (SPC-4). The reply is sense data: `sense.ts`. */
export interface RequestSenseCommand {
  readonly format: SenseFormat;
  /** 0..255; 252 is what SPC-4 recommends. */
  readonly allocationLength: number;
}

export function encodeRequestSenseCdb(command: RequestSenseCommand): Uint8Array {
  return encodeCdb(OPCODES.requestSense, (writer) => {
    writer
      .u8(command.format === 'descriptor' ? 0x01 : 0)
      .zeros(2)
      .u8(command.allocationLength);
  });
}

export function decodeRequestSenseCdb(cdb: Uint8Array): RequestSenseCommand {
  return decodeCdb('REQUEST SENSE', OPCODES.requestSense, cdb, (reader) => ({
    format: (reader.u8() & 0x01) !== 0 ? 'descriptor' : 'fixed',
    allocationLength: reader.skip(2).u8(),
  }));
}
