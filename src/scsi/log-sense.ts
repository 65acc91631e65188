import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** Page control of LOG SENSE (SPC-4). */
export const LOG_PAGE_CONTROL = { threshold: 0, cumulative: 1, defaultThreshold: 2, defaultCumulative: 3 } as const;

/** LOG SENSE (SPC-4). The reply is a log page: `log-page.ts`. */
export interface LogSenseCommand {
  /** See LOG_PAGE_CONTROL; `cumulative` is what anybody wants. */
  readonly pageControl: number;
  readonly pageCode: number;
  readonly subpageCode: number;
  /** SP: the drive saves its counters first. */
  readonly save: boolean;
  /** The first parameter to send. */
  readonly parameterPointer: number;
  readonly allocationLength: number;
}

export function encodeLogSenseCdb(command: LogSenseCommand): Uint8Array {
  return encodeCdb(OPCODES.logSense, (writer) => {
    writer
      .u8(command.save ? 0x01 : 0)
      .u8((command.pageControl << 6) | command.pageCode)
      .u8(command.subpageCode)
      .zeros(1)
      .u16(command.parameterPointer)
      .u16(command.allocationLength);
  });
}

export function decodeLogSenseCdb(cdb: Uint8Array): LogSenseCommand {
  return decodeCdb('LOG SENSE', OPCODES.logSense, cdb, (reader) => {
    const save = (reader.u8() & 0x01) !== 0;
    const page = reader.u8();
    return {
      save,
      pageControl: page >> 6,
      pageCode: page & 0x3f,
      subpageCode: reader.u8(),
      parameterPointer: reader.skip(1).u16(),
      allocationLength: reader.u16(),
    };
  });
}
