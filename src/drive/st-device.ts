import { StorageError } from '../base/storage-error.js';
import { ERRNO, describeErrno } from '../device/errno.js';
import { MTGET_BYTES, MTIO, decodeMtStatus, encodeMtOperation, type MtStatus } from '../device/mtio.js';
import { OPEN_FLAGS, type SyscallPort } from '../device/syscall-port.js';
import { DRIVE_LIMITS } from './drive-limits.js';

/** A node that rewinds when it is closed, in any of its modes: `/dev/st0`, `/dev/st0a`. */
const REWINDING_NODE = /(^|\/)st\d+[lma]?$/;

/**
 * An open tape node of the Linux `st` driver: its system calls, without knowledge of what is on the tape. Results are as
 * the kernel gives them: negative errno values are returned, not thrown.
 */
export class StDevice {
  readonly path: string;
  readonly #port: SyscallPort;
  #fd = -1;

  constructor(port: SyscallPort, path: string) {
    this.#port = port;
    this.path = path;
  }

  get isOpen(): boolean {
    return this.#fd >= 0;
  }

  /**
   * Without O_NONBLOCK `st` would wait up to two minutes for a medium and fail without one. A write-protected cartridge
   * may refuse O_RDWR (EROFS); it is then opened to be read.
   * CONFIG_UNSAFE, DEVICE_BUSY, DEVICE_PERMISSION, DEVICE_OPEN_FAILED.
   */
  open(): void {
    if (REWINDING_NODE.test(this.path))
      throw new StorageError(
        'CONFIG_UNSAFE',
        `${this.path} rewinds whenever it is closed, and whoever writes next overwrites the volume. It was not opened; use the node with the same number that begins with "nst".`,
        { context: { device: this.path } },
      );
    const flags = OPEN_FLAGS.nonBlocking | OPEN_FLAGS.closeOnExec;
    let fd = this.#openOnce(OPEN_FLAGS.readWrite | flags);
    if (fd === -ERRNO.EROFS) fd = this.#openOnce(OPEN_FLAGS.readOnly | flags);
    if (fd < 0) throw openFailure(this.path, -fd);
    this.#fd = fd;
  }

  /** A signal during open means that nothing was done. */
  #openOnce(flags: number): number {
    for (let n = 1; ; n++) {
      const fd = this.#port.open(this.path, flags);
      if (fd !== -ERRNO.EINTR || n === DRIVE_LIMITS.interruptedCalls) return fd;
    }
  }

  /** The descriptor is gone whatever the kernel says. Returns what it says. */
  close(): number {
    if (this.#fd < 0) return 0;
    const fd = this.#fd;
    this.#fd = -1;
    return this.#port.close(fd);
  }

  read(into: Uint8Array): number {
    return this.#port.read(this.#openFd(), into);
  }

  write(block: Uint8Array): number {
    return this.#port.write(this.#openFd(), block);
  }

  /** MTIOCTOP; see MT_OP. */
  operate(op: number, count: number): number {
    return this.#port.ioctl(this.#openFd(), MTIO.operate, encodeMtOperation({ op, count }));
  }

  /** MTIOCGET; null when the kernel refuses it, which it does when the position was lost in a reset. */
  status(): MtStatus | null {
    const bytes = new Uint8Array(MTGET_BYTES);
    return this.#port.ioctl(this.#openFd(), MTIO.getStatus, bytes) < 0 ? null : decodeMtStatus(bytes);
  }

  sgIo(header: Uint8Array, cdb: Uint8Array, data: Uint8Array, sense: Uint8Array): number {
    return this.#port.sgIo(this.#openFd(), header, cdb, data, sense);
  }

  #openFd(): number {
    if (this.#fd < 0)
      throw new StorageError(
        'DEVICE_IO',
        `${this.path} could not be opened again after the cartridge was changed. Nothing was written; load once more, or take the drive down.`,
        { context: { device: this.path } },
      );
    return this.#fd;
  }
}

function openFailure(path: string, errno: number): StorageError {
  const context = { device: path, errno };
  const what = `${path} cannot be opened: ${describeErrno(errno)}.`;
  switch (errno) {
    case ERRNO.EBUSY:
      return new StorageError(
        'DEVICE_BUSY',
        `${what} Another program has it open. Nothing was changed; stop that program.`,
        { context },
      );
    case ERRNO.EACCES:
    case ERRNO.EPERM:
      return new StorageError(
        'DEVICE_PERMISSION',
        `${what} Nothing was changed; the daemon's user must be in the group that owns the node (tape), and the unit must allow the device.`,
        { context },
      );
    default:
      return new StorageError(
        'DEVICE_OPEN_FAILED',
        `${what} Nothing was changed; check that the drive is switched on, and with "tapeloom doctor" where it is.`,
        { context },
      );
  }
}
