import koffi from 'koffi';
import { assert } from '../base/assert.js';
import { loadNativeLibrary } from './native-library.js';
import { decodeSgIoRequest, SG_IOCTL } from './sg-io.js';
import { OPEN_FLAGS, type SyscallPort } from './syscall-port.js';

const O_CREAT = 0o100;

/** _IOC_SIZE: how many bytes the kernel moves through the pointer; 0 in numbers older than that scheme, as those of sg. */
function argumentBytes(request: number): number {
  return (request >>> 16) & 0x3fff;
}

/**
 * The real system calls, through libc and native/. Every descriptor is opened close-on-exec: a child that inherited one
 * would keep the drive busy.
 *
 * EINTR is passed on like any other errno, never retried here. What it can mean:
 * - open: a signal came while `st` waited for the drive to become ready; nothing was done and the caller may open again.
 * - read, write and ioctl on `st`: a command once sent is waited for uninterruptibly; only the wait for the driver's lock
 *   ends with EINTR, and one thread a descriptor never has that wait. Repeating a tape write blindly could put a block on the
 *   medium twice, so the caller treats EINTR as a failure whose position is unknown.
 * - SG_IO on an sg node: that wait is interruptible, and the kernel would start the call, and with it the command, once more.
 *   So signals are held back for its duration. SIGSTOP cannot be: stop a daemon that moves media with SIGTERM only.
 * - close: the descriptor is gone whatever close returns.
 * @throws StorageError DEVICE_NATIVE_MISSING
 */
export function createSyscallPort(): SyscallPort {
  const native = loadNativeLibrary();
  // Without a name: the C library this process already runs on, whatever it is called.
  const libc = koffi.load(null);
  // open and ioctl are variadic in C; on Linux's 64-bit calling conventions integer arguments go the same way.
  const open = libc.func('int open(const char *path, int flags)') as (path: string, flags: number) => number;
  const close = libc.func('int close(int fd)') as (fd: number) => number;
  const read = libc.func('long read(int fd, void *into, size_t length)') as Transfer;
  const write = libc.func('long write(int fd, const void *bytes, size_t length)') as Transfer;
  const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)') as (
    fd: number,
    request: number,
    argument: Uint8Array,
  ) => number;

  return {
    open: (path, flags) => {
      assert(!path.includes('\0'), 'a path holds no NUL');
      assert((flags & O_CREAT) === 0, 'devices are opened, never created');
      return resultOf(open(path, flags | OPEN_FLAGS.closeOnExec));
    },
    close: (fd) => resultOf(close(fd)),
    read: (fd, into) => resultOf(read(fd, into, into.length)),
    write: (fd, bytes) => resultOf(write(fd, bytes, bytes.length)),
    ioctl: (fd, request, argument) => {
      assert(request !== SG_IOCTL.io, 'SG_IO goes through sgIo, which sets the pointers');
      assert(argument.length >= argumentBytes(request), 'the kernel must not write behind the argument');
      return resultOf(ioctl(fd, request, argument));
    },
    sgIo: (fd, header, cdb, data, sense) => {
      const request = decodeSgIoRequest(header);
      assert(request.cdbBytes === cdb.length, 'the header tells the length of the CDB');
      assert(request.dataBytes <= data.length, 'the kernel must not read or write behind the data');
      assert(request.senseBytes <= sense.length, 'the kernel must not write behind the sense');
      return native.sgIo(fd, header, cdb, data, sense);
    },
  };
}

type Transfer = (fd: number, bytes: Uint8Array, length: number) => number;

/** koffi keeps the errno of the thread's last call. */
function resultOf(result: number): number {
  return result < 0 ? -koffi.errno() : result;
}
