import { assert, AssertionError } from '../base/assert.js';
import { ByteReader, ByteWriter } from '../base/byte-cursor.js';

/**
 * struct sg_io_hdr of <scsi/sg.h> (version 3, `interface_id` 'S'), 88 bytes on 64-bit Linux: how a SCSI command goes
 * through `sg` and `st` nodes. The caller fills in a request, the SyscallPort the three pointers, the kernel (or the simulator)
 * the result.
 *
 *   @0 interface_id i32, @4 dxfer_direction i32, @8 cmd_len u8, @9 mx_sb_len u8, @10 iovec_count u16, @12 dxfer_len u32,
 *   @16 dxferp, @24 cmdp, @32 sbp, @40 timeout u32 (ms), @44 flags u32, @48 pack_id i32, @56 usr_ptr,
 *   @64 status u8, @65 masked_status u8, @66 msg_status u8, @67 sb_len_wr u8, @68 host_status u16, @70 driver_status u16,
 *   @72 resid i32, @76 duration u32 (ms), @80 info u32, 4 bytes of padding.
 */
export const SG_IO_HEADER_BYTES = 88;

/** ioctl numbers (plain numbers, not `_IOC`). The sizes are an int behind the pointer. */
export const SG_IOCTL = {
  io: 0x2285,
  setReservedSize: 0x2275,
  getReservedSize: 0x2272,
  getVersion: 0x2282,
} as const;

/** Longest CDB the v3 header can describe. */
export const SG_MAX_CDB_BYTES = 255;

export type SgDirection = 'none' | 'to-device' | 'from-device';

const INTERFACE_ID = 0x53;
const DIRECTION_CODES = { none: -1, 'to-device': -2, 'from-device': -3 } as const;

const TIMEOUT_OFFSET = 40;
const RESULT_OFFSET = 64;

/** The caller's half. */
export interface SgIoRequest {
  readonly direction: SgDirection;
  readonly cdbBytes: number;
  readonly dataBytes: number;
  /** Room for sense data. */
  readonly senseBytes: number;
  /** 0 would mean the driver's default; give the command's own. */
  readonly timeoutMs: number;
}

/** A header with the request filled in, the pointers zero and the result zero. */
export function encodeSgIoRequest(request: SgIoRequest): Uint8Array {
  assert(request.cdbBytes >= 6 && request.cdbBytes <= SG_MAX_CDB_BYTES, 'a CDB has 6 to 255 bytes');
  assert((request.direction === 'none') === (request.dataBytes === 0), 'data bytes go with a direction');
  const bytes = new Uint8Array(SG_IO_HEADER_BYTES);
  new ByteWriter(bytes, 'little-endian')
    .i32(INTERFACE_ID)
    .i32(DIRECTION_CODES[request.direction])
    .u8(request.cdbBytes)
    .u8(request.senseBytes)
    .u16(0)
    .u32(request.dataBytes)
    .seek(TIMEOUT_OFFSET)
    .u32(request.timeoutMs);
  return bytes;
}

/** The kernel's view of a request. A header the kernel would refuse is a mistake of its maker: AssertionError. */
export function decodeSgIoRequest(header: Uint8Array): SgIoRequest {
  assert(header.length === SG_IO_HEADER_BYTES, 'struct sg_io_hdr has 88 bytes');
  const reader = new ByteReader(header, 'little-endian');
  assert(reader.i32() === INTERFACE_ID, "interface_id is 'S'");
  const direction = decodeDirection(reader.i32());
  const cdbBytes = reader.u8();
  const senseBytes = reader.u8();
  assert(reader.u16() === 0, 'no scatter list');
  const dataBytes = reader.u32();
  const timeoutMs = reader.seek(TIMEOUT_OFFSET).u32();
  assert(cdbBytes >= 6, 'a CDB has at least 6 bytes');
  return { direction, cdbBytes, dataBytes, senseBytes, timeoutMs };
}

function decodeDirection(code: number): SgDirection {
  for (const direction of ['none', 'to-device', 'from-device'] as const)
    if (DIRECTION_CODES[direction] === code) return direction;
  throw new AssertionError(`dxfer_direction ${String(code)} is none this program uses`);
}

/** The kernel's half. */
export interface SgIoResult {
  /** SCSI status byte: 0 GOOD, 2 CHECK CONDITION, 8 BUSY, 18h RESERVATION CONFLICT, ... */
  readonly status: number;
  /** `(status & 0x3e) >> 1`, as the kernel has it. */
  readonly maskedStatus: number;
  readonly messageStatus: number;
  /** Sense bytes written. */
  readonly senseBytes: number;
  /** DID_* code, 0 when the command reached the device and came back. */
  readonly hostStatus: number;
  /** DRIVER_* code; 8 (DRIVER_SENSE) merely says that there is sense. */
  readonly driverStatus: number;
  /** Data bytes asked for minus data bytes moved. Some host adapters always tell 0 (ltfs#295). */
  readonly residualBytes: number;
  readonly durationMs: number;
  /** SG_INFO_*: bit 0 set when anything above is not as it should be. */
  readonly info: number;
}

export function decodeSgIoResult(header: Uint8Array): SgIoResult {
  const reader = new ByteReader(header, 'little-endian').seek(RESULT_OFFSET);
  return {
    status: reader.u8(),
    maskedStatus: reader.u8(),
    messageStatus: reader.u8(),
    senseBytes: reader.u8(),
    hostStatus: reader.u16(),
    driverStatus: reader.u16(),
    residualBytes: reader.i32(),
    durationMs: reader.u32(),
    info: reader.u32(),
  };
}

/** What the simulator sets of a result; the rest follows from it or is 0. */
export type SgIoCompletion = Pick<SgIoResult, 'status'> &
  Partial<Pick<SgIoResult, 'senseBytes' | 'hostStatus' | 'driverStatus' | 'residualBytes' | 'durationMs'>>;

/** What the kernel does: fills the result into the caller's header. */
export function fillSgIoResult(header: Uint8Array, completion: SgIoCompletion): void {
  const { status, senseBytes = 0, hostStatus = 0, driverStatus = 0, residualBytes = 0, durationMs = 0 } = completion;
  const maskedStatus = (status & 0x3e) >> 1;
  new ByteWriter(header, 'little-endian')
    .seek(RESULT_OFFSET)
    .u8(status)
    .u8(maskedStatus)
    .u8(0)
    .u8(senseBytes)
    .u16(hostStatus)
    .u16(driverStatus)
    .i32(residualBytes)
    .u32(durationMs)
    .u32(maskedStatus !== 0 || hostStatus !== 0 || driverStatus !== 0 ? 1 : 0);
}

/** `host_status`: why the host adapter or the midlayer did not get the command through (DID_* of the kernel's scsi_status.h). */
export const HOST_STATUS = {
  ok: 0,
  noConnect: 1,
  busBusy: 2,
  timedOut: 3,
  badTarget: 4,
  aborted: 5,
  parity: 6,
  error: 7,
  reset: 8,
  badInterrupt: 9,
  passThrough: 10,
  softError: 11,
  immediateRetry: 12,
  requeue: 13,
  transportDisrupted: 14,
  transportFailfast: 15,
} as const;

/** For messages. */
export function describeHostStatus(hostStatus: number): string {
  const name = Object.entries(HOST_STATUS).find(([, code]) => code === hostStatus)?.[0];
  return name === undefined ? `host status ${String(hostStatus)}` : `host status ${String(hostStatus)} (${name})`;
}

/** `driver_status` value that only says that sense data are there. */
export const DRIVER_STATUS_SENSE = 8;
