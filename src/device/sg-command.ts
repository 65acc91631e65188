import { decodeSgIoResult, encodeSgIoRequest, type SgDirection } from './sg-io.js';

/** A SCSI command as it goes through SG_IO. Data moves one way: `data` to the device, or `replyBytes` from it, or none. */
export interface SgCommand {
  readonly cdb: Uint8Array;
  readonly timeoutMs: number;
  /** Room for what the device answers, bytes; 0 or absent: nothing is transferred. */
  readonly replyBytes?: number;
  /** What is sent to the device, where the command takes something; it then answers nothing. */
  readonly data?: Uint8Array;
}

/** What came back of a command: bytes and numbers as the kernel gives them. */
export type SgCompletion =
  /** The kernel did not take it; positive. */
  | { readonly kind: 'errno'; readonly errno: number }
  | {
      readonly kind: 'completed';
      /** SCSI status byte. */
      readonly status: number;
      readonly hostStatus: number;
      readonly driverStatus: number;
      /**
       * What was transferred from the device, by the residual. An adapter that tells none leaves zeros behind what was sent,
       * which every decoder copes with.
       */
      readonly data: Uint8Array;
      readonly sense: Uint8Array;
    };

const SENSE_BYTES = 252;

/** Makes one SG_IO call, through `send`, which returns 0 or -errno. Blocks until the command is done or its time is up. */
export function performSgCommand(
  command: SgCommand,
  send: (header: Uint8Array, cdb: Uint8Array, data: Uint8Array, sense: Uint8Array) => number,
): SgCompletion {
  const data = command.data ?? new Uint8Array(command.replyBytes ?? 0);
  const sense = new Uint8Array(SENSE_BYTES);
  const header = encodeSgIoRequest({
    direction: directionOf(command),
    cdbBytes: command.cdb.length,
    dataBytes: data.length,
    senseBytes: SENSE_BYTES,
    timeoutMs: command.timeoutMs,
  });
  const returned = send(header, command.cdb, data, sense);
  if (returned < 0) return { kind: 'errno', errno: -returned };
  const { status, hostStatus, driverStatus, senseBytes, residualBytes } = decodeSgIoResult(header);
  const received = command.data === undefined ? data.length - Math.max(0, residualBytes) : 0;
  return {
    kind: 'completed',
    status,
    hostStatus,
    driverStatus,
    data: data.subarray(0, Math.max(0, received)),
    sense: sense.subarray(0, senseBytes),
  };
}

function directionOf({ data, replyBytes = 0 }: SgCommand): SgDirection {
  if (data !== undefined) return data.length > 0 ? 'to-device' : 'none';
  return replyBytes === 0 ? 'none' : 'from-device';
}
