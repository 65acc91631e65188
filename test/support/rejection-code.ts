import type { ErrorCode } from '../../src/base/error-codes.js';
import { isStorageError } from '../../src/base/storage-error.js';

/** The code with which it failed, or 'none'. */
export async function codeOf(action: Promise<unknown>): Promise<ErrorCode | 'none'> {
  return action.then(
    () => 'none' as const,
    (error: unknown) => {
      if (!isStorageError(error)) throw error;
      return error.code;
    },
  );
}
