import { ERRNO } from '../../../src/device/errno.js';
import { decodeMtStatus, encodeMtOperation, GMT, MTGET_BYTES, MTIO, type MT_OP } from '../../../src/device/mtio.js';
import { OPEN_FLAGS, type SyscallPort } from '../../../src/device/syscall-port.js';

/** What a call came to: a count, or the name of an errno. */
export type CallResult = number | `-${string}`;

/** What MTIOCGET tells, in the words of mt(1). */
export interface StatusSeen {
  readonly file: number | null;
  readonly block: number | null;
  /** Of BOT, EOF, EOT, EOD, WR_PROT, DR_OPEN, ONLINE. */
  readonly flags: string;
}

const FLAG_NAMES = [
  ['BOT', GMT.beginningOfTape],
  ['EOF', GMT.filemark],
  ['EOT', GMT.endOfTape],
  ['EOD', GMT.endOfData],
  ['WR_PROT', GMT.writeProtected],
  ['DR_OPEN', GMT.noMedium],
  ['ONLINE', GMT.online],
] as const;

/** Longer than any block of the suite. */
export const ROOM_BYTES = 64 * 1024;

/** A tape node as a program without knowledge of SCSI uses it: system calls, and how they end. */
export class StNode {
  readonly #port: SyscallPort;
  readonly #path: string;
  #fd = -1;

  constructor(port: SyscallPort, path: string) {
    this.#port = port;
    this.#path = path;
  }

  open(flags = OPEN_FLAGS.readWrite | OPEN_FLAGS.nonBlocking): CallResult {
    const result = this.#port.open(this.#path, flags);
    if (result >= 0) this.#fd = result;
    return result < 0 ? nameOf(result) : 0;
  }

  close(): CallResult {
    if (this.#fd < 0) return 0;
    const result = this.#port.close(this.#fd);
    this.#fd = -1;
    return nameOf(result);
  }

  write(block: Uint8Array): CallResult {
    return nameOf(this.#port.write(this.#fd, block));
  }

  /** The count, and what is in the room then. */
  readInto(into: Uint8Array): CallResult {
    return nameOf(this.#port.read(this.#fd, into));
  }

  read(roomBytes = ROOM_BYTES): CallResult {
    return this.readInto(new Uint8Array(roomBytes));
  }

  reads(times: number): readonly CallResult[] {
    return Array.from({ length: times }, () => this.read());
  }

  operate(op: (typeof MT_OP)[keyof typeof MT_OP], count = 1): CallResult {
    return nameOf(this.#port.ioctl(this.#fd, MTIO.operate, encodeMtOperation({ op, count })));
  }

  /** What a caller finds on the open node by itself. */
  capture<T>(look: (port: SyscallPort, fd: number) => T): T {
    return look(this.#port, this.#fd);
  }

  /** The errno's name when the driver refuses. */
  status(): StatusSeen | CallResult {
    const bytes = new Uint8Array(MTGET_BYTES);
    const result = this.#port.ioctl(this.#fd, MTIO.getStatus, bytes);
    if (result < 0) return nameOf(result);
    const { fileNumber, blockNumber, flags } = decodeMtStatus(bytes);
    const names = FLAG_NAMES.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name);
    return { file: fileNumber, block: blockNumber, flags: names.join(' ') };
  }
}

function nameOf(result: number): CallResult {
  if (result >= 0) return result;
  const name = Object.entries(ERRNO).find(([, errno]) => errno === -result)?.[0];
  return `-${name ?? String(-result)}`;
}
