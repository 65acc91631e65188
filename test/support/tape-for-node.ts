import fs from 'node:fs';
import { SimSyscalls, type SimSyscallOptions } from '../../sim/sim-syscalls.js';
import { ERRNO } from '../../src/device/errno.js';

/**
 * Loaded into a program before it starts (`node --import`): its file system gets tape drives. Opening, reading and closing the
 * device paths of the simulated rack that TAPELOOM_TEST_TAPE describes goes to the simulator, as system calls would; all else
 * stays as it is. So a program that knows nothing of the simulator reads simulated tapes.
 */
const described = process.env['TAPELOOM_TEST_TAPE'];
if (described === undefined) throw new Error('TAPELOOM_TEST_TAPE describes the drives');
const options = JSON.parse(described) as SimSyscallOptions;
const port = new SimSyscalls(options);
const paths = new Set(options.drives.flatMap(({ path }) => [path, path.replace('/nst', '/st')]));
/** What stat(2) tells of a character device. */
const DEVICE_STATUS = { isDirectory: (): boolean => false, isCharacterDevice: (): boolean => true };
const descriptors = new Set<number>();
const real = { openSync: fs.openSync, readSync: fs.readSync, closeSync: fs.closeSync };
const { statSync, existsSync } = fs;

function check(result: number, call: string): number {
  if (result >= 0) return result;
  const code = Object.entries(ERRNO).find(([, errno]) => errno === -result)?.[0] ?? String(result);
  throw Object.assign(new Error(`${code}: simulated, ${call}`), { code, errno: result, syscall: call });
}

fs.openSync = ((path: string, ...rest: [fs.OpenMode]) => {
  if (!paths.has(path)) return real.openSync(path, ...rest);
  const fd = check(port.open(path, fs.constants.O_RDONLY), 'open');
  descriptors.add(fd);
  return fd;
}) as typeof fs.openSync;

fs.readSync = ((fd: number, into: Uint8Array, offset: number, length: number, position: number | null) => {
  if (!descriptors.has(fd)) return real.readSync(fd, into, offset, length, position);
  return check(port.read(fd, into.subarray(offset, offset + length)), 'read');
}) as typeof fs.readSync;

fs.closeSync = (fd) => {
  if (!descriptors.delete(fd)) {
    real.closeSync(fd);
    return;
  }
  check(port.close(fd), 'close');
};

Object.assign(fs, {
  statSync: (path: string) => (paths.has(path) ? DEVICE_STATUS : statSync(path)),
  existsSync: (path: string) => paths.has(path) || existsSync(path),
});
