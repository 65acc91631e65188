import { ByteWriter } from '../base/byte-cursor.js';
import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';
import { decodeBytes, malformedReply } from './malformed-reply.js';

/**
 * REPORT SUPPORTED OPERATION CODES (SPC-4 6.35), all commands and without timeouts: the only form whose answer can be relied on
 * (tgt says of any single operation code that it is supported).
 */
export interface ReportSupportedOperationCodesCommand {
  readonly allocationLength: number;
}

/** The service action of MAINTENANCE IN. */
export const REPORT_SUPPORTED_OPERATION_CODES = 0x0c;
const ALL_COMMANDS = 0;

export function encodeReportSupportedOperationCodesCdb(command: ReportSupportedOperationCodesCommand): Uint8Array {
  return encodeCdb(OPCODES.maintenanceIn, (writer) => {
    writer.u8(REPORT_SUPPORTED_OPERATION_CODES).u8(ALL_COMMANDS).zeros(3).u32(command.allocationLength);
  });
}

/** Another service action, or another form of this one, is SCSI_MALFORMED_REPLY. */
export function decodeReportSupportedOperationCodesCdb(cdb: Uint8Array): ReportSupportedOperationCodesCommand {
  const name = 'REPORT SUPPORTED OPERATION CODES';
  return decodeCdb(name, OPCODES.maintenanceIn, cdb, (reader) => {
    const action = reader.u8() & 0x1f;
    const options = reader.u8();
    if (action !== REPORT_SUPPORTED_OPERATION_CODES || options !== ALL_COMMANDS)
      throw malformedReply(`${name} command`, 'another service action or form', cdb);
    return { allocationLength: reader.skip(3).u32() };
  });
}

/** One command descriptor. */
export interface SupportedCommand {
  readonly opcode: number;
  /** Null when the operation code has none. */
  readonly serviceAction: number | null;
  readonly cdbBytes: number;
}

const HEADER_LENGTH = 4;
const DESCRIPTOR_LENGTH = 8;
const TIMEOUTS_LENGTH = 12;
const SERVACTV = 0x01;
/** CTDP: a command timeouts descriptor follows, although nobody asked. */
const CTDP = 0x02;

export interface SupportedCommands {
  readonly commands: readonly SupportedCommand[];
  /** False: there are more than were transferred. */
  readonly complete: boolean;
}

export function decodeSupportedCommands(bytes: Uint8Array): SupportedCommands {
  return decodeBytes('list of supported commands', bytes, (reader) => {
    const end = HEADER_LENGTH + reader.u32();
    const commands: SupportedCommand[] = [];
    while (reader.offset + DESCRIPTOR_LENGTH <= Math.min(end, bytes.length)) {
      const opcode = reader.u8();
      const serviceAction = reader.skip(1).u16();
      const flags = reader.skip(1).u8();
      commands.push({ opcode, serviceAction: (flags & SERVACTV) === 0 ? null : serviceAction, cdbBytes: reader.u16() });
      if ((flags & CTDP) !== 0) reader.skip(Math.min(TIMEOUTS_LENGTH, reader.remaining));
    }
    return { commands, complete: end <= bytes.length };
  });
}

export function encodeSupportedCommands(commands: readonly SupportedCommand[]): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + commands.length * DESCRIPTOR_LENGTH);
  const writer = new ByteWriter(bytes, 'big-endian');
  writer.u32(commands.length * DESCRIPTOR_LENGTH);
  for (const { opcode, serviceAction, cdbBytes } of commands)
    writer
      .u8(opcode)
      .zeros(1)
      .u16(serviceAction ?? 0)
      .zeros(1)
      .u8(serviceAction === null ? 0 : SERVACTV)
      .u16(cdbBytes);
  return bytes;
}
