import { decodeSense, type Sense } from './sense.js';

/** SCSI status codes (SAM-5). */
export const SCSI_STATUS = {
  good: 0x00,
  checkCondition: 0x02,
  conditionMet: 0x04,
  busy: 0x08,
  reservationConflict: 0x18,
  taskSetFull: 0x28,
} as const;

/** Of a command that was sent: what the kernel's SG_IO tells. */
export interface CommandCompletion {
  readonly status: number;
  readonly hostStatus: number;
  readonly driverStatus: number;
  readonly data: Uint8Array;
  readonly sense: Uint8Array;
}

/** What it comes to. */
export type CommandAnswer =
  | { readonly kind: 'good'; readonly data: Uint8Array }
  /** CHECK CONDITION. */
  | { readonly kind: 'sense'; readonly data: Uint8Array; readonly sense: Sense }
  /** The device has no time now. */
  | { readonly kind: 'busy' }
  /** Another host holds a reservation. */
  | { readonly kind: 'reserved' }
  /** A status that tapes and changers do not use. */
  | { readonly kind: 'odd-status'; readonly status: number }
  /** Host adapter or midlayer failed: whether the command was carried out is unknown. */
  | { readonly kind: 'transport'; readonly hostStatus: number; readonly driverStatus: number };

/** DRIVER_SENSE: there is sense. Not a failure. */
const DRIVER_SENSE = 0x08;

/** SCSI_MALFORMED_REPLY: CHECK CONDITION without sense that decodes. */
export function answerOf(completion: CommandCompletion): CommandAnswer {
  const { status, hostStatus, driverStatus, data } = completion;
  if (hostStatus !== 0 || (driverStatus & ~DRIVER_SENSE) !== 0) return { kind: 'transport', hostStatus, driverStatus };
  switch (status) {
    case SCSI_STATUS.good:
    case SCSI_STATUS.conditionMet:
      return { kind: 'good', data };
    case SCSI_STATUS.checkCondition:
      return { kind: 'sense', data, sense: decodeSense(completion.sense) };
    case SCSI_STATUS.busy:
    case SCSI_STATUS.taskSetFull:
      return { kind: 'busy' };
    case SCSI_STATUS.reservationConflict:
      return { kind: 'reserved' };
    default:
      return { kind: 'odd-status', status };
  }
}
