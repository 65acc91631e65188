import { assert } from '../base/assert.js';
import { ERRNO } from './errno.js';
import { parseIscsiAddress } from './iscsi-address.js';
import {
  ISCSI_DIRECTION,
  ISCSI_STATUS,
  IscsiLibrary,
  type IscsiContext,
  type IscsiTaskResult,
} from './iscsi-library.js';
import { decodeSgIoRequest, DRIVER_STATUS_SENSE, fillSgIoResult, HOST_STATUS, type SgIoCompletion } from './sg-io.js';
import type { SyscallPort } from './syscall-port.js';

/** What a module that makes this port is told; it survives structured clone. */
export interface IscsiOptions {
  /** Our iSCSI qualified name. */
  readonly initiator: string;
}

/** How long connecting and logging in may take, s: a gateway that fails over needs some. */
const LOGIN_SECONDS = 30;
/** Any number does that no code takes for a standard stream. */
const FIRST_DESCRIPTOR = 100;

/** What SyscallPortModule asks for. @throws StorageError DEVICE_NATIVE_MISSING */
export function createSyscallPort(options: unknown): SyscallPort {
  // Options come from the composition root that chose this module; there is nobody else to check them for.
  return new IscsiSyscalls(options as IscsiOptions);
}

interface Session {
  readonly lun: number;
  /** Null once the transport has failed: nobody knows what became of the command, and the target drops what it had. */
  context: IscsiContext | null;
}

/**
 * SG_IO on logical units behind iSCSI targets, by libiscsi in this process: `open` takes an `iscsi://` address and logs in,
 * `sgIo` sends one command and waits for its end. There is no driver: read, write and ioctl are ENOTTY.
 *
 * A session that breaks stays broken until the unit is closed and opened again, and no command is ever sent twice: a write
 * that was repeated behind our back would be on the tape twice.
 */
class IscsiSyscalls implements SyscallPort {
  readonly #library = new IscsiLibrary();
  readonly #options: IscsiOptions;
  readonly #sessions = new Map<number, Session>();
  #nextDescriptor = FIRST_DESCRIPTOR;

  constructor(options: IscsiOptions) {
    this.#options = options;
  }

  open(path: string): number {
    const address = parseIscsiAddress(path);
    if (address === null) return -ERRNO.ENOENT;
    const context = this.#library.createContext(this.#options.initiator, address.target);
    if (!this.#library.connect(context, address.portal, address.lun, LOGIN_SECONDS)) {
      const errno = errnoOf(this.#library.errorOf(context));
      this.#library.destroy(context, false);
      return -errno;
    }
    const fd = this.#nextDescriptor++;
    this.#sessions.set(fd, { lun: address.lun, context });
    return fd;
  }

  close(fd: number): number {
    const session = this.#sessions.get(fd);
    if (session === undefined) return -ERRNO.EBADF;
    this.#sessions.delete(fd);
    this.#drop(session, true);
    return 0;
  }

  read(fd: number): number {
    return this.#refusal(fd);
  }

  write(fd: number): number {
    return this.#refusal(fd);
  }

  ioctl(fd: number): number {
    return this.#refusal(fd);
  }

  #refusal(fd: number): number {
    return this.#sessions.has(fd) ? -ERRNO.ENOTTY : -ERRNO.EBADF;
  }

  sgIo(fd: number, header: Uint8Array, cdb: Uint8Array, data: Uint8Array, sense: Uint8Array): number {
    const session = this.#sessions.get(fd);
    if (session === undefined) return -ERRNO.EBADF;
    const request = decodeSgIoRequest(header);
    assert(request.cdbBytes === cdb.length, 'the header tells the length of the CDB');
    assert(request.dataBytes <= data.length, 'the target must not read or write behind the data');
    if (session.context === null) {
      fillSgIoResult(header, { status: 0, hostStatus: HOST_STATUS.noConnect, residualBytes: request.dataBytes });
      return 0;
    }
    const direction =
      request.direction === 'none'
        ? ISCSI_DIRECTION.none
        : request.direction === 'to-device'
          ? ISCSI_DIRECTION.write
          : ISCSI_DIRECTION.read;
    const command = { cdb, direction, timeoutSeconds: Math.max(1, Math.ceil(request.timeoutMs / 1000)) };
    const result = this.#library.execute(session.context, session.lun, command, data.subarray(0, request.dataBytes));
    const completion = completionOf(result, request.dataBytes);
    if (completion.hostStatus !== undefined) this.#drop(session, false);
    const senseBytes = Math.min(result?.sense.length ?? 0, request.senseBytes, sense.length);
    if (senseBytes > 0) sense.set(result?.sense.subarray(0, senseBytes) ?? []);
    fillSgIoResult(header, {
      ...completion,
      senseBytes,
      ...(senseBytes > 0 ? { driverStatus: DRIVER_STATUS_SENSE } : {}),
    });
    return 0;
  }

  #drop(session: Session, politely: boolean): void {
    const { context } = session;
    session.context = null;
    if (context !== null) this.#library.destroy(context, politely);
  }
}

function completionOf(result: IscsiTaskResult | null, dataBytes: number): SgIoCompletion {
  if (result === null || result.status === ISCSI_STATUS.error || result.status === ISCSI_STATUS.cancelled)
    return { status: 0, hostStatus: HOST_STATUS.transportDisrupted, residualBytes: dataBytes };
  if (result.status === ISCSI_STATUS.timedOut)
    return { status: 0, hostStatus: HOST_STATUS.timedOut, residualBytes: dataBytes };
  return { status: result.status, residualBytes: Math.min(result.residualBytes, dataBytes) };
}

/** libiscsi tells in words only why it could not log in. */
const REASONS: readonly (readonly [RegExp, number])[] = [
  // "Can not reconnect right now" is all that is told of a portal that takes no connection.
  [/refused|can not reconnect/i, ERRNO.ECONNREFUSED],
  [/timed? ?out/i, ERRNO.ETIMEDOUT],
  [/authentic|authoriz|chap/i, ERRNO.EACCES],
  [/not found|no such|does not exist|resolve/i, ERRNO.ENXIO],
];

function errnoOf(text: string): number {
  return REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? ERRNO.EREMOTEIO;
}
