import { describeError, isStorageError, StorageError } from '../base/storage-error.js';

/** What a failure of LevelDB or of the file system below it is in our terms; `saved` says what became of the data. */
export function levelFailure(error: unknown, directory: string, saved: string): StorageError {
  if (isStorageError(error)) return error;
  const codes = codesOf(error);
  // Everything that goes wrong outside has a code: this is a mistake of ours.
  if (codes.size === 0) throw error;
  const reason = deepestMessage(error);
  const options = { context: { directory }, cause: error };
  if (codes.has('LEVEL_LOCKED'))
    return new StorageError(
      'INVENTORY_LOCKED',
      `The inventory in ${directory} is open in another process. Nothing was changed. Is the daemon already running?`,
      options,
    );
  // LevelDB hands on strerror(3) only.
  if (codes.has('ENOSPC') || codes.has('EDQUOT') || /No space left on device|Disk quota exceeded/.test(reason))
    return new StorageError(
      'DEVICE_DISK_FULL',
      `The file system of the inventory in ${directory} is full (${reason}). ${saved} Make room and start the daemon again.`,
      options,
    );
  if (codes.has('LEVEL_CORRUPTION'))
    return new StorageError(
      'INVENTORY_CORRUPT',
      `The database of the inventory in ${directory} is damaged: ${reason}. ${saved} The media are not affected: ` +
        'bring the inventory back from a copy, or rebuild it from the media.',
      options,
    );
  return new StorageError(
    'INVENTORY_IO',
    `The inventory in ${directory} could not be read or written: ${reason}. ${saved} ` +
      'Look at the disk and its permissions, then start the daemon again.',
    options,
  );
}

/** The codes of an error and its causes: opening wraps the one that tells. */
function codesOf(error: unknown): ReadonlySet<string> {
  const codes = new Set<string>();
  for (let at = error; at instanceof Error; at = at.cause)
    if ('code' in at && typeof at.code === 'string') codes.add(at.code);
  return codes;
}

function deepestMessage(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? deepestMessage(error.cause) : describeError(error);
}
