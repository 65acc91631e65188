import { assert } from '../../src/base/assert.js';
import { createSyscallPort } from '../../src/device/linux-syscalls.js';
import type { SyscallPort } from '../../src/device/syscall-port.js';

/** fcntl.h, x86-64 and arm64. */
const O_RDWR = 0o2;
const O_NOCTTY = 0o400;
/** ioctls of ptmx (asm-generic/ioctls.h). */
const TIOCSPTLCK = 0x4004_5431;
const TIOCGPTN = 0x8004_5430;

/** A pseudo-terminal: what is written to one end can be read at the other, which looks like a serial line. */
export class PtyPair {
  readonly #port: SyscallPort;
  readonly #master: number;
  /** The end that a program opens as its serial port. */
  readonly path: string;
  #isOpen = true;

  constructor() {
    this.#port = createSyscallPort();
    this.#master = this.#port.open('/dev/ptmx', O_RDWR | O_NOCTTY);
    assert(this.#master >= 0, 'a pseudo-terminal can be had');
    const word = new Uint8Array(4);
    assert(this.#port.ioctl(this.#master, TIOCSPTLCK, word) === 0, 'it is unlocked');
    assert(this.#port.ioctl(this.#master, TIOCGPTN, word) === 0, 'it tells its number');
    this.path = `/dev/pts/${String(new DataView(word.buffer).getUint32(0, true))}`;
  }

  /** As if the scanner had sent it. */
  send(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    assert(this.#port.write(this.#master, bytes) === bytes.length, 'the line takes what is sent');
  }

  /** The scanner is unplugged: the line hangs up. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#port.close(this.#master);
  }
}
