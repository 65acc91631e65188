import { StorageError } from '../base/storage-error.js';

/** What every command gets once a drive's thread has ended. `why` continues "has ended:". */
export function threadDied(why: string, cause: unknown): StorageError {
  return new StorageError(
    'DEVICE_THREAD_DIED',
    `The thread that serves the drive has ended: ${why}. What was synchronized before is safe; later commands were not carried out. Take the drive down and start the daemon again.`,
    { cause },
  );
}
