/**
 * The seam (DESIGN 1.1): the five system calls a drive or changer needs, plus SG_IO, whose header carries pointers.
 *
 * Contract, for every implementation:
 * - Calls block the calling thread and are made by one thread for one descriptor.
 * - A call never throws for a failure of the system call: it returns the negative errno (Linux numbers, `errno.ts`).
 *   A non-negative result is what the system call returned.
 * - `read` and `write` move the bytes of exactly one system call; they are not restarted or completed.
 * - Byte ranges may lie on a SharedArrayBuffer and are not kept after the call returns.
 */
export interface SyscallPort {
  /** open(2). `flags` are Linux O_* values. Returns a descriptor or -errno. */
  open(path: string, flags: number): number;
  close(fd: number): number;
  read(fd: number, into: Uint8Array): number;
  write(fd: number, bytes: Uint8Array): number;
  /** ioctl(2) with a pointer to `argument`, read or filled in place. */
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  /**
   * ioctl(SG_IO). `header` is a struct sg_io_hdr (88 bytes, `sg-io.ts`) with its three pointers zero; the port fills in
   * the addresses of `cdb`, `data` and `sense` and calls the kernel; header, data and sense come back filled in.
   * Returns 0 or -errno; a SCSI status is in the header and is not an errno.
   */
  sgIo(fd: number, header: Uint8Array, cdb: Uint8Array, data: Uint8Array, sense: Uint8Array): number;
}

/** Linux O_* values (asm-generic/fcntl.h) the product uses. */
export const OPEN_FLAGS = {
  readOnly: 0o0,
  readWrite: 0o2,
  nonBlocking: 0o4000,
  closeOnExec: 0o2000000,
} as const;

/**
 * What a module that provides a port exports, so that a drive's thread can make its own port:
 * the thread imports the module by URL and calls `createSyscallPort(options)` with options that survive structured clone.
 */
export interface SyscallPortModule {
  createSyscallPort(options: unknown): SyscallPort | Promise<SyscallPort>;
}
