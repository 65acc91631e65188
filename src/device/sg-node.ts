import { ERRNO } from './errno.js';
import { performSgCommand, type SgCommand, type SgCompletion } from './sg-command.js';
import { OPEN_FLAGS, type SyscallPort } from './syscall-port.js';

/** Times an open that a signal interrupted before it began is made again. */
const INTERRUPTED_OPENS = 16;

/** A pass-through node (`sg`), and its calls, which block. Results are as the kernel gives them. */
export class SgNode {
  readonly path: string;
  readonly #port: SyscallPort;
  #fd = -1;

  constructor(port: SyscallPort, path: string) {
    this.path = path;
    this.#port = port;
  }

  /** For writing: `sg` lets a reader send next to nothing. 0 or the errno. Idempotent. */
  open(): number {
    if (this.#fd >= 0) return 0;
    const flags = OPEN_FLAGS.readWrite | OPEN_FLAGS.nonBlocking | OPEN_FLAGS.closeOnExec;
    let fd = -ERRNO.EINTR;
    for (let n = 0; n < INTERRUPTED_OPENS && fd === -ERRNO.EINTR; n++) fd = this.#port.open(this.path, flags);
    if (fd < 0) return -fd;
    this.#fd = fd;
    return 0;
  }

  execute(command: SgCommand): SgCompletion {
    const fd = this.#fd;
    if (fd < 0) return { kind: 'errno', errno: ERRNO.EBADF };
    return performSgCommand(command, (header, cdb, data, sense) => this.#port.sgIo(fd, header, cdb, data, sense));
  }

  /** The descriptor is gone whatever the kernel says. Idempotent. */
  close(): void {
    if (this.#fd >= 0) this.#port.close(this.#fd);
    this.#fd = -1;
  }
}
