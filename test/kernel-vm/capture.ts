import { expect } from 'chai';
import { MTGET_BYTES, MTIO } from '../../src/device/mtio.js';
import { decodeSgIoResult, encodeSgIoRequest } from '../../src/device/sg-io.js';
import { OPEN_FLAGS, type SyscallPort } from '../../src/device/syscall-port.js';
import type { CapturedBytes } from '../golden/kernel/captured-bytes.js';

const SENSE_BYTES = 252;
const TIMEOUT_MS = 60_000;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What a device answers now: data, or with CHECK CONDITION the sense. */
export function captureReply(port: SyscallPort, path: string, cdb: Uint8Array, replyBytes: number): string {
  const fd = port.open(path, OPEN_FLAGS.readWrite | OPEN_FLAGS.nonBlocking);
  if (fd < 0) throw new Error(`${path} cannot be opened: errno ${String(-fd)}`);
  try {
    const data = new Uint8Array(replyBytes);
    const sense = new Uint8Array(SENSE_BYTES);
    const header = encodeSgIoRequest({
      direction: replyBytes === 0 ? 'none' : 'from-device',
      cdbBytes: cdb.length,
      dataBytes: replyBytes,
      senseBytes: SENSE_BYTES,
      timeoutMs: TIMEOUT_MS,
    });
    const sent = port.sgIo(fd, header, cdb, data, sense);
    if (sent < 0) throw new Error(`${path} took no command: errno ${String(-sent)}`);
    const { status, senseBytes, residualBytes } = decodeSgIoResult(header);
    return hex(
      status === 0 ? data.subarray(0, replyBytes - Math.max(0, residualBytes)) : sense.subarray(0, senseBytes),
    );
  } finally {
    port.close(fd);
  }
}

/** The struct mtget of MTIOCGET on an open node. */
export function captureStatus(port: SyscallPort, fd: number): string {
  const bytes = new Uint8Array(MTGET_BYTES);
  const result = port.ioctl(fd, MTIO.getStatus, bytes);
  if (result < 0) throw new Error(`MTIOCGET: errno ${String(-result)}`);
  return hex(bytes);
}

/** The golden vectors are what the device answers today. */
export function expectCaptured(
  golden: Readonly<Record<string, CapturedBytes>>,
  now: Readonly<Record<string, string>>,
): void {
  const known = Object.fromEntries(Object.entries(golden).map(([name, { hex }]) => [name, hex.replaceAll(' ', '')]));
  expect(JSON.stringify(now, null, 1)).to.equal(JSON.stringify(known, null, 1));
}
