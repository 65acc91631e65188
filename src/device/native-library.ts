import koffi from 'koffi';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Crc32c } from '../base/crc32c.js';
import { describeError, StorageError } from '../base/storage-error.js';

/** What native/tapeloom.c offers. Results that are not a checksum are 0 or -errno. */
export interface NativeLibrary {
  /** As the portable one, at the speed of memory; the bytes may lie on a SharedArrayBuffer. */
  readonly crc32c: Crc32c;
  /** One datagram to systemd's notification socket: an absolute path, or '@' and an abstract name. Never waits. */
  readonly notifySystemd: (socketPath: string, message: string) => number;
  /** ioctl(SG_IO) with the pointers of the header set to the three buffers and signals held back. Checks no length. */
  readonly sgIo: (fd: number, header: Uint8Array, cdb: Uint8Array, data: Uint8Array, sense: Uint8Array) => number;
}

/** TL_ABI_VERSION of native/tapeloom.c. */
const ABI_VERSION = 1;
/** RFC 3720 B.4 and every table of CRCs: the check value. */
const CHECK_TEXT = '123456789';
const CHECK_VALUE = 0xe306_9283;

let loaded: NativeLibrary | null = null;

/**
 * The native library, loaded at the first call of a thread and checked before anything relies on it.
 *
 * The daemon calls this once in the main thread before it starts workers: koffi wants to be loaded there first, and a
 * missing library is told before any volume is touched.
 * @throws StorageError DEVICE_NATIVE_MISSING
 */
export function loadNativeLibrary(): NativeLibrary {
  loaded ??= openNativeLibrary(findNativeLibrary(dirname(fileURLToPath(import.meta.url))));
  return loaded;
}

/**
 * `native/build/libtapeloom.so` in the package that holds `directory`: of the nearest directory upwards with a package.json,
 * and not further, so that no stranger's library is picked up.
 */
export function findNativeLibrary(directory: string): string {
  let root = directory;
  while (!existsSync(join(root, 'package.json'))) {
    const parent = dirname(root);
    if (parent === root) throw missing(`no package.json in or above ${directory}`, undefined);
    root = parent;
  }
  return join(root, 'native', 'build', 'libtapeloom.so');
}

/** Loads and checks the library at `path`. @throws StorageError DEVICE_NATIVE_MISSING */
export function openNativeLibrary(path: string): NativeLibrary {
  const library = bind(path);
  const version = library.abiVersion();
  if (version !== ABI_VERSION)
    throw missing(`${path} has version ${String(version)}, this program needs ${String(ABI_VERSION)}`, undefined);
  const check = library.crc32c(new TextEncoder().encode(CHECK_TEXT));
  if (check !== CHECK_VALUE)
    throw missing(`${path} computes the CRC32C of "${CHECK_TEXT}" as 0x${check.toString(16)}`, undefined);
  return library;
}

function bind(path: string): NativeLibrary & { readonly abiVersion: () => number } {
  try {
    const library = koffi.load(path);
    const crc32c = library.func('uint32_t tl_crc32c(uint32_t seed, const void *bytes, size_t length)') as (
      seed: number,
      bytes: Uint8Array,
      length: number,
    ) => number;
    return {
      abiVersion: library.func('int tl_abi_version()') as () => number,
      crc32c: (bytes, seed = 0) => crc32c(seed, bytes, bytes.length),
      notifySystemd: library.func('int tl_notify(const char *path, const char *message)') as (
        socketPath: string,
        message: string,
      ) => number,
      sgIo: library.func('int tl_sg_io(int fd, void *header, void *cdb, void *data, void *sense)') as (
        fd: number,
        header: Uint8Array,
        cdb: Uint8Array,
        data: Uint8Array,
        sense: Uint8Array,
      ) => number,
    };
  } catch (error) {
    throw missing(`${path} cannot be loaded: ${describeError(error)}`, error);
  }
}

function missing(what: string, cause: unknown): StorageError {
  return new StorageError(
    'DEVICE_NATIVE_MISSING',
    `The native library cannot be used: ${what}. Nothing was started or written. Build it with 'npm run build:native' ` +
      `(needs a C compiler and make), or install the package again, then start once more.`,
    { cause },
  );
}
