import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../base/storage-error.js';
import { LeveldbDamage, readManifest } from './leveldb-manifest.js';
import { checkTable } from './leveldb-table.js';

/**
 * Checks the manifest and every table of a database before LevelDB opens it, reading only. LevelDB 1.20 does not verify the
 * checksums of tables: a flipped bit in an index or a filter hides records that are there, and others end the process in
 * an assertion. About a second a gigabyte. Logs need no check: LevelDB drops their damaged records, and the numbers of the
 * batches tell.
 *
 * A database that another process has open is checked as it was when its manifest was read.
 * @throws StorageError INVENTORY_CORRUPT naming the file
 */
export async function checkLeveldb(directory: string): Promise<void> {
  const current = await readIfThere(join(directory, 'CURRENT'));
  if (current === null) return;
  // Anything else is no name of a manifest; LevelDB says so itself.
  const name = /^(MANIFEST-\d+)\n$/.exec(new TextDecoder().decode(current))?.[1];
  const manifest = name === undefined ? null : await readIfThere(join(directory, name));
  if (name === undefined || manifest === null) return;
  const tables = naming(join(directory, name), () => readManifest(manifest));
  for (const { number, sizeBytes } of tables) {
    const path = join(directory, `${String(number).padStart(6, '0')}.ldb`);
    const table = await readIfThere(path);
    // Deleted since by the process that has it open, or lost: LevelDB looks for it.
    if (table === null) continue;
    naming(path, () => {
      if (table.length !== sizeBytes)
        throw new LeveldbDamage(`it has ${String(table.length)} bytes, not ${String(sizeBytes)}`);
      checkTable(table);
    });
  }
}

function naming<T>(path: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof LeveldbDamage)) throw error;
    throw new StorageError(
      'INVENTORY_CORRUPT',
      `The file ${path} of the inventory is damaged: ${error.message}. Nothing was changed. The media are not affected: ` +
        'bring the inventory back from a copy, or rebuild it from the media.',
      { context: { file: path, problem: error.message }, cause: error },
    );
  }
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
