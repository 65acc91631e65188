import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';
import type { ModeForm } from './mode-parameters.js';

/** Page control of MODE SENSE (SPC-4). */
export const MODE_PAGE_CONTROL = { current: 0, changeable: 1, defaults: 2, saved: 3 } as const;

/** MODE SENSE(6) and (10) (SPC-4). */
export interface ModeSenseCommand {
  /** DBD: leave the block descriptor out. */
  readonly disableBlockDescriptors: boolean;
  /** See MODE_PAGE_CONTROL. */
  readonly pageControl: number;
  /** 3Fh: all pages; 00h with a tape: just header and block descriptor. */
  readonly pageCode: number;
  /** 00h: none; FFh: all. */
  readonly subpageCode: number;
  /** At most 255 in the 6-byte form, 65535 in the other. */
  readonly allocationLength: number;
}

const DBD = 0x08;

export function encodeModeSenseCdb(form: ModeForm, command: ModeSenseCommand): Uint8Array {
  return encodeCdb(form === 6 ? OPCODES.modeSense6 : OPCODES.modeSense10, (writer) => {
    writer
      .u8(command.disableBlockDescriptors ? DBD : 0)
      .u8((command.pageControl << 6) | command.pageCode)
      .u8(command.subpageCode);
    if (form === 6) writer.u8(command.allocationLength);
    else writer.zeros(3).u16(command.allocationLength);
  });
}

export function decodeModeSenseCdb(form: ModeForm, cdb: Uint8Array): ModeSenseCommand {
  const opcode = form === 6 ? OPCODES.modeSense6 : OPCODES.modeSense10;
  return decodeCdb(`MODE SENSE(${String(form)})`, opcode, cdb, (reader) => {
    const flags = reader.u8();
    const page = reader.u8();
    return {
      disableBlockDescriptors: (flags & DBD) !== 0,
      pageControl: page >> 6,
      pageCode: page & 0x3f,
      subpageCode: reader.u8(),
      allocationLength: form === 6 ? reader.u8() : reader.skip(3).u16(),
    };
  });
}
