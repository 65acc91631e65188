import { fillSgIoResult } from '../../src/device/sg-io.js';
import type { SyscallPort } from '../../src/device/syscall-port.js';
import { encodeSense, makeSense } from '../../src/scsi/sense.js';

export type HookedCall =
  | { readonly call: 'open'; readonly path: string; readonly flags: number }
  | { readonly call: 'close' }
  | { readonly call: 'read'; readonly lengthBytes: number }
  | { readonly call: 'write'; readonly lengthBytes: number }
  /** `op` and `count` of a struct mtop; null for other requests. */
  | { readonly call: 'ioctl'; readonly request: number; readonly op: number | null; readonly count: number }
  | { readonly call: 'sg-io'; readonly opcode: number; readonly cdb: Uint8Array; readonly data: Uint8Array };

/** What a call does in the place of the real one: a result, or for SG_IO also sense, a status or a host status. */
export type HookedAnswer =
  | number
  | { readonly key: number; readonly asc: number; readonly ascq: number; readonly deferred?: boolean }
  | { readonly status: number }
  | { readonly hostStatus: number };

/** System calls over another port, of which a test may answer any by itself. */
export class HookedSyscalls implements SyscallPort {
  readonly #port: SyscallPort;
  /** Null: the call goes through. */
  hook: (call: HookedCall) => HookedAnswer | null = () => null;
  /** Changes what a write that was carried out returns. */
  afterWrite: (result: number) => number = (result) => result;
  /** Every call, also those answered by the hook. */
  readonly log: HookedCall[] = [];

  constructor(port: SyscallPort) {
    this.#port = port;
  }

  #ask(call: HookedCall): HookedAnswer | null {
    this.log.push(call);
    return this.hook(call);
  }

  #errno(call: HookedCall): number | null {
    const answer = this.#ask(call);
    return typeof answer === 'number' ? answer : null;
  }

  open(path: string, flags: number): number {
    return this.#errno({ call: 'open', path, flags }) ?? this.#port.open(path, flags);
  }
  close(fd: number): number {
    const errno = this.#errno({ call: 'close' });
    // The descriptor is gone whatever close returns.
    const closed = this.#port.close(fd);
    return errno ?? closed;
  }
  read(fd: number, into: Uint8Array): number {
    return this.#errno({ call: 'read', lengthBytes: into.length }) ?? this.#port.read(fd, into);
  }
  write(fd: number, bytes: Uint8Array): number {
    return this.#errno({ call: 'write', lengthBytes: bytes.length }) ?? this.afterWrite(this.#port.write(fd, bytes));
  }
  ioctl(fd: number, request: number, argument: Uint8Array): number {
    const view = new DataView(argument.buffer, argument.byteOffset, argument.length);
    const isOperation = argument.length === 8 && request === 0x4008_6d01;
    const call: HookedCall = {
      call: 'ioctl',
      request,
      op: isOperation ? view.getInt16(0, true) : null,
      count: isOperation ? view.getInt32(4, true) : 0,
    };
    return this.#errno(call) ?? this.#port.ioctl(fd, request, argument);
  }
  sgIo(fd: number, header: Uint8Array, cdb: Uint8Array, data: Uint8Array, sense: Uint8Array): number {
    const answer = this.#ask({ call: 'sg-io', opcode: cdb[0] ?? 0, cdb, data });
    if (answer === null) return this.#port.sgIo(fd, header, cdb, data, sense);
    if (typeof answer === 'number') return answer;
    if ('hostStatus' in answer) fillSgIoResult(header, { status: 0, hostStatus: answer.hostStatus });
    else if ('status' in answer) fillSgIoResult(header, { status: answer.status });
    else {
      const bytes = encodeSense(makeSense(answer.key, answer.asc, answer.ascq, { deferred: answer.deferred ?? false }));
      sense.set(bytes);
      fillSgIoResult(header, { status: 2, senseBytes: bytes.length, driverStatus: 8, residualBytes: data.length });
    }
    return 0;
  }
}
