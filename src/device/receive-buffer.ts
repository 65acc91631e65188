import koffi from 'koffi';
import { readFileSync } from 'node:fs';

/** asm-generic/socket.h, which every 64-bit Linux that Node.js runs on uses. */
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;

const LIMIT_FILE = '/proc/sys/net/core/rmem_max';

/**
 * What sets the receive buffer of a socket to `bytes`; null when this kernel does not allow so much (net.core.rmem_max).
 *
 * Left alone the kernel lets the buffer of a fast stream grow to 32 MB, and what arrives has left the CPU's caches before it is read: with
 * many streams that costs a third more CPU. On a kernel that would set less than `bytes` the buffer is better left alone, since any
 * setting ends that growth. A setting caps a stream at its size in a round-trip time: 4 MiB are 40 MB/s over 100 ms.
 */
export function makeReceiveBufferSetter(bytes: number): ((fd: number) => void) | null {
  if (readReceiveBufferLimit() < bytes) return null;
  // Without a name: the C library this process already runs on.
  const setsockopt = koffi
    .load(null)
    .func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)') as (
    fd: number,
    level: number,
    name: number,
    value: Int32Array,
    length: number,
  ) => number;
  const value = Int32Array.of(bytes);
  // A socket whose peer is gone already may refuse; its end is told by its read.
  return (fd) => setsockopt(fd, SOL_SOCKET, SO_RCVBUF, value, value.byteLength);
}

/** Bytes; 0 where the kernel does not tell. */
function readReceiveBufferLimit(): number {
  try {
    return Number(readFileSync(LIMIT_FILE, 'utf8'));
  } catch {
    return 0;
  }
}
