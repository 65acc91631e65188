import type { SyscallPort } from '../../src/device/syscall-port.js';
import { OPCODES } from '../../src/scsi/cdb.js';
import { FakeChanger } from './fake-changer.js';

export interface FakeChangerPortOptions {
  /** FAKE_PORT words: what the test and the worker's thread tell each other. */
  readonly control: SharedArrayBuffer;
}

export const FAKE_PORT = {
  words: 3,
  /** Not 0: PREVENT ALLOW does not come back until this is 0 again. */
  block: 0,
  /** 1: the thread is inside that call. */
  blocked: 1,
  /** Not 0: the errno with which the node cannot be opened. */
  openErrno: 2,
} as const;

/** A port module for a worker thread: a fake changer of two slots and one drive. */
export function createSyscallPort(options: unknown): SyscallPort {
  const control = new Int32Array((options as FakeChangerPortOptions).control);
  const device = new FakeChanger({ slots: 2, importExports: 0, drives: 1 });
  device.hook = (opcode) => {
    while (opcode === OPCODES.preventAllow && Atomics.load(control, FAKE_PORT.block) !== 0) {
      Atomics.store(control, FAKE_PORT.blocked, 1);
      Atomics.wait(control, FAKE_PORT.block, 1);
    }
    // A command to nobody, for tests: the thread ends by a mistake.
    if (opcode === OPCODES.rewind) throw new Error('a mistake in the port');
    return null;
  };
  return {
    open: (path, flags) => {
      device.openErrno = Atomics.load(control, FAKE_PORT.openErrno);
      return device.open(path, flags);
    },
    close: () => device.close(),
    read: () => device.read(),
    write: () => device.write(),
    ioctl: () => device.ioctl(),
    sgIo: (fd, header, cdb, data, sense) => device.sgIo(fd, header, cdb, data, sense),
  };
}
