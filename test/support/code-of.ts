import type { ErrorCode } from '../../src/base/error-codes.js';
import { isStorageError } from '../../src/base/storage-error.js';

/** The code of the StorageError that the action throws; other errors go on. */
export function codeOf(action: () => unknown): ErrorCode | 'none' {
  try {
    action();
  } catch (error) {
    if (isStorageError(error)) return error.code;
    throw error;
  }
  return 'none';
}
