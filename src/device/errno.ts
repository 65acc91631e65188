/**
 * Linux errno numbers (asm-generic/errno-base.h and errno.h) and names, for the calls a storage node makes on tape
 * drives (`st`), pass-through devices (`sg`), files and sockets. A number without an entry is shown as a number.
 */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  EDOM: 33,
  ERANGE: 34,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENODATA: 61,
  EPROTO: 71,
  EBADMSG: 74,
  EOVERFLOW: 75,
  EILSEQ: 84,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  ENOBUFS: 105,
  ECONNREFUSED: 111,
  ETIMEDOUT: 110,
  EHOSTDOWN: 112,
  EALREADY: 114,
  ESTALE: 116,
  EREMOTEIO: 121,
  EDQUOT: 122,
  ENOMEDIUM: 123,
  EMEDIUMTYPE: 124,
  ECANCELED: 125,
} as const;

export type ErrnoName = keyof typeof ERRNO;

const NAMES = new Map<number, ErrnoName>(Object.entries(ERRNO).map(([name, number]) => [number, name as ErrnoName]));

const MEANINGS: Partial<Readonly<Record<ErrnoName, string>>> = {
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  EINTR: 'interrupted by a signal',
  EIO: 'input/output error',
  ENXIO: 'no such device or address',
  EBADF: 'bad file descriptor',
  EAGAIN: 'try again',
  ENOMEM: 'out of memory, or a block larger than the buffer to read it',
  EACCES: 'permission denied',
  EFAULT: 'bad address',
  EBUSY: 'device or resource busy',
  EEXIST: 'file exists',
  ENODEV: 'no such device',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EINVAL: 'invalid argument',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in the system',
  ENOTTY: 'the device does not know this ioctl',
  EFBIG: 'file too large',
  ENOSPC: 'no space left on device, or end of medium',
  EROFS: 'read-only file system or write-protected medium',
  EPIPE: 'broken pipe',
  ENOSYS: 'function not implemented',
  EOVERFLOW: 'value or block too large',
  EMSGSIZE: 'message too long',
  ETIMEDOUT: 'timed out',
  ECONNREFUSED: 'connection refused',
  EDQUOT: 'disk quota exceeded',
  ENOMEDIUM: 'no medium found',
  EMEDIUMTYPE: 'wrong medium type',
};

/** The name of an errno number, or undefined for one not in the table. The sign does not matter. */
export function errnoName(errno: number): ErrnoName | undefined {
  return NAMES.get(Math.abs(errno));
}

/**
 * For messages: `ENOSPC (28): no space left on device, or end of medium`. Takes an errno or the negative result of a
 * SyscallPort call.
 */
export function describeErrno(errno: number): string {
  const number = Math.abs(errno);
  const name = NAMES.get(number);
  if (name === undefined) return `errno ${String(number)}`;
  const meaning = MEANINGS[name];
  return meaning === undefined ? `${name} (${String(number)})` : `${name} (${String(number)}): ${meaning}`;
}
