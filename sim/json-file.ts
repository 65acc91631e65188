import { z } from 'zod';
import { FileError, type FilePort } from '../src/device/file-port.js';

/** Longest JSON file of a rack, in bytes: cartridge memories are a few KiB. */
const MAX_JSON_BYTES = 1 << 20;

/** The JSON document in a file, or null when there is no such file. A file that is no JSON throws FileError EBADMSG. */
export function readJsonFile(files: FilePort, path: string): unknown {
  const text = readTextFile(files, path);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FileError('EBADMSG', `${path} is not JSON`, { cause: error });
  }
}

/** A file's document as its schema has it, or null when there is no such file. Another document throws FileError EBADMSG. */
export function readDocument<T>(files: FilePort, path: string, schema: z.ZodType<T>): T | null {
  const document = readJsonFile(files, path);
  if (document === null) return null;
  const parsed = schema.safeParse(document);
  if (!parsed.success) throw new FileError('EBADMSG', `${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** The text of a small file, or null when there is none. Files of /proc tell size 0 and are read all the same. */
export function readTextFile(files: FilePort, path: string): string | null {
  try {
    const file = files.open(path, 'read');
    try {
      const bytes = new Uint8Array(Math.min(MAX_JSON_BYTES, Math.max(file.size(), 4096)));
      return new TextDecoder().decode(bytes.subarray(0, file.readAt(bytes, 0)));
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof FileError && error.errno === 'ENOENT') return null;
    throw error;
  }
}

/** Replaces the file in one step: whoever reads it, also after a kill, sees the old document or the new one. One writer at a time. */
export function writeJsonFile(files: FilePort, path: string, value: unknown): void {
  const fresh = `${path}.new`;
  if (files.exists(fresh)) files.remove(fresh);
  const file = files.open(fresh, 'create');
  try {
    file.writeAt(new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`), 0);
  } finally {
    file.close();
  }
  files.rename(fresh, path);
}
