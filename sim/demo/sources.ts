import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Real data of this machine: a directory that `tar` reads. */
export interface Source {
  /** What the stream is called. */
  readonly name: string;
  /** Relative to /. */
  readonly paths: readonly string[];
  readonly bytes: number;
  /** How fast the client delivers, bytes a second; null: as fast as it can. */
  readonly rate: number | null;
  /** How the client gets it: the standard input of `tapeloom save`, a named pipe, or a file made before. */
  readonly by: 'stdin' | 'fifo' | 'file';
}

const CANDIDATES = ['usr/share', 'usr/lib', 'usr/bin', 'usr/include', 'usr/local', 'etc', 'opt', 'var/lib', 'home'];
/** A tree larger than this is taken in parts. */
const PART_LIMIT_BYTES = 450e6;
/** The streams together: the issue of the demo is more than 1 GB. */
const TOTAL_BYTES = 1.25e9;

/** Streams of different sizes, speeds and kinds, together more than 1 GB where the machine has that much. */
export function chooseSources(): readonly Source[] {
  const parts = CANDIDATES.flatMap((path) => (existsSync(join('/', path)) ? splitTree(path) : []));
  parts.sort((a, b) => b.bytes - a.bytes);
  const chosen: { paths: string[]; bytes: number }[] = [];
  let total = 0;
  for (const part of parts) {
    if (total >= TOTAL_BYTES && chosen.length >= 4) break;
    if (total + part.bytes > TOTAL_BYTES * 1.6) continue;
    if (chosen.length < 6) chosen.push({ paths: [part.path], bytes: part.bytes });
    else joinSmallest(chosen, part);
    total += part.bytes;
  }
  return chosen.map((one, i) => ({
    name: (one.paths[0] ?? 'part').replaceAll('/', '-'),
    paths: one.paths,
    bytes: one.bytes,
    rate: [null, 120e6, 40e6, 60e6, 25e6, 80e6][i % 6] ?? null,
    by: i === 1 ? 'fifo' : i === 2 ? 'file' : 'stdin',
  }));
}

function joinSmallest(chosen: { paths: string[]; bytes: number }[], part: { path: string; bytes: number }): void {
  const smallest = chosen.reduce((least, one) => (one.bytes < least.bytes ? one : least));
  smallest.paths.push(part.path);
  smallest.bytes += part.bytes;
}

/** The tree itself or, where it is too large, the trees in it. */
function splitTree(path: string, depth = 0): { path: string; bytes: number }[] {
  const bytes = measureTree(join('/', path));
  if (bytes <= PART_LIMIT_BYTES || depth === 3)
    return bytes > 1e6 && bytes <= PART_LIMIT_BYTES ? [{ path, bytes }] : [];
  return readdirSync(join('/', path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => splitTree(join(path, entry.name), depth + 1));
}

/** Files of several names count once, as tar stores them. */
function measureTree(directory: string, seen = new Set<string>()): number {
  let bytes = 0;
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) bytes += measureTree(path, seen);
      else if (entry.isFile()) {
        const { size, dev, ino, nlink } = lstatSync(path);
        const key = `${String(dev)}:${String(ino)}`;
        if (nlink > 1 && seen.has(key)) continue;
        if (nlink > 1) seen.add(key);
        bytes += size;
      }
    }
  } catch {
    // A directory this user may not read is no source.
    return 0;
  }
  return bytes;
}
