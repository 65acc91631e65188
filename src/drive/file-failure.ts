import { FileError } from '../device/file-port.js';
import { StorageError, type ErrorContext } from '../base/storage-error.js';
import type { ErrorCode } from '../base/error-codes.js';

/** What was being done to the file when the system refused. */
export type FileAction = 'open' | 'read' | 'write' | 'synchronize' | 'list';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const FORBIDDEN = new Set(['EACCES', 'EPERM']);

/** Whether opening failed because the file may be read but not written. */
export function isReadOnlyFile(error: unknown): boolean {
  return error instanceof FileError && (FORBIDDEN.has(error.errno) || error.errno === 'EROFS');
}

export function isMissingFile(error: unknown): boolean {
  return error instanceof FileError && error.errno === 'ENOENT';
}

/**
 * The StorageError for a failure of a FilePort. `saved` is a sentence: what the failure left untouched.
 * Anything but a FileError is a mistake and comes back as it is.
 */
export function fileFailure(
  error: unknown,
  action: FileAction,
  path: string,
  saved: string,
  context: ErrorContext = {},
): unknown {
  if (!(error instanceof FileError)) return error;
  const code = codeOf(error.errno, action);
  const message = `${error.message} (to ${action} ${path}). ${saved} ${nextStep(code)}`;
  return new StorageError(code, message, { context: { ...context, path, errno: error.errno, action }, cause: error });
}

function codeOf(errno: string, action: FileAction): ErrorCode {
  if (FULL.has(errno)) return 'DEVICE_DISK_FULL';
  if (FORBIDDEN.has(errno)) return 'DEVICE_PERMISSION';
  switch (action) {
    case 'open':
    case 'list':
      return errno === 'EIO' ? 'DEVICE_IO' : 'DEVICE_OPEN_FAILED';
    case 'read':
      return 'MEDIUM_READ_ERROR';
    case 'write':
    case 'synchronize':
      return 'MEDIUM_WRITE_ERROR';
  }
}

function nextStep(code: ErrorCode): string {
  switch (code) {
    case 'DEVICE_DISK_FULL':
      return 'Make room in the file system, or bring the disk target to another one.';
    case 'DEVICE_PERMISSION':
      return 'Give the daemon’s user access to the directory and its files.';
    case 'DEVICE_OPEN_FAILED':
      return 'Check that the file system of the disk target is mounted.';
    case 'MEDIUM_WRITE_ERROR':
      return 'Write to another volume and check the disk.';
    default:
      return 'Check the disk.';
  }
}
