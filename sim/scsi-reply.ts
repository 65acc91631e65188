import type { Sense } from '../src/scsi/sense.js';
import type { SscDrive } from './ssc-drive.js';
import type { TapeTransport } from './tape-transport.js';

/** A command's end. No sense: GOOD; otherwise CHECK CONDITION. */
export interface ScsiReply {
  readonly sense: Sense | null;
  /** Bytes that went through the data buffer, either way. */
  readonly dataBytes: number;
  /** Not 0: the host adapter lost the command or its answer (DID_*). */
  readonly hostStatus?: number;
}

/** One command. `data` is what the host sends, or the room for what it gets. */
export type UnitCommand = (drive: SscDrive, cdb: Uint8Array, data: Uint8Array) => ScsiReply;

/** A command that needs a loaded medium. */
export type MediumCommand = (drive: SscDrive, transport: TapeTransport, cdb: Uint8Array, data: Uint8Array) => ScsiReply;

export const GOOD: ScsiReply = { sense: null, dataBytes: 0 };

export function check(sense: Sense | null, dataBytes = 0): ScsiReply {
  return { sense, dataBytes };
}

/** Gives a reply's bytes to the host, as many as it wants and has room for. */
export function deliver(bytes: Uint8Array, allocationLength: number, into: Uint8Array): ScsiReply {
  const dataBytes = Math.min(bytes.length, allocationLength, into.length);
  into.set(bytes.subarray(0, dataBytes));
  return { sense: null, dataBytes };
}
