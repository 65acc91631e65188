import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';
import type { ModeForm } from './mode-parameters.js';

/** MODE SELECT(6) and (10) (SPC-4); the parameter list is in `mode-parameters.ts`. */
export interface ModeSelectCommand {
  /** PF: the pages are as SPC says. Always wanted with anything newer than SCSI-1. */
  readonly pageFormat: boolean;
  readonly savePages: boolean;
  readonly parameterListLength: number;
}

const PF = 0x10;
const SP = 0x01;

export function encodeModeSelectCdb(form: ModeForm, command: ModeSelectCommand): Uint8Array {
  return encodeCdb(form === 6 ? OPCODES.modeSelect6 : OPCODES.modeSelect10, (writer) => {
    writer.u8((command.pageFormat ? PF : 0) | (command.savePages ? SP : 0)).zeros(2);
    if (form === 6) writer.u8(command.parameterListLength);
    else writer.zeros(3).u16(command.parameterListLength);
  });
}

export function decodeModeSelectCdb(form: ModeForm, cdb: Uint8Array): ModeSelectCommand {
  const opcode = form === 6 ? OPCODES.modeSelect6 : OPCODES.modeSelect10;
  return decodeCdb(`MODE SELECT(${String(form)})`, opcode, cdb, (reader) => {
    const flags = reader.u8();
    reader.skip(2);
    return {
      pageFormat: (flags & PF) !== 0,
      savePages: (flags & SP) !== 0,
      parameterListLength: form === 6 ? reader.u8() : reader.skip(3).u16(),
    };
  });
}
