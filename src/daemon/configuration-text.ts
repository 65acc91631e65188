/** The one of the keys that may stand there that is like this one, or null when none is near. */
export function nearestKey(key: string, allowed: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(2, Math.floor(key.length / 3)) + 1;
  for (const known of allowed) {
    const distance = editDistance(key.toLowerCase(), known);
    // The very key is allowed in another entry of the list: no help.
    if (distance > 0 && distance < least) {
      least = distance;
      best = known;
    }
  }
  return best;
}

/** Levenshtein's: letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * The line, from 1, on which a key of a TOML text stands, by looking for its table's header and then for the key. The key's
 * table when the key itself is not there; null when that is not there either. For messages: it does not parse.
 */
export function findKeyLine(text: string, path: readonly (string | number)[]): number | null {
  const [table, ...rest] = path;
  if (typeof table !== 'string') return null;
  const index = typeof rest[0] === 'number' ? rest[0] : null;
  const key = rest.find((part) => typeof part === 'string') ?? null;
  const lines = text.split('\n').map((line) => line.trim());
  let entry = -1;
  let inTable = false;
  let tableLine: number | null = null;
  let atTop = true;
  for (const [i, line] of lines.entries()) {
    const header = /^\[{1,2}\s*([^\]]+?)\s*\]{1,2}/.exec(line)?.[1];
    if (header !== undefined) {
      atTop = false;
      if (header === table) entry++;
      inTable = header === table && (index === null || entry === index);
      if (inTable) tableLine ??= i + 1;
      continue;
    }
    const stated = /^["']?([A-Za-z0-9_.-]+)["']?\s*=/.exec(line)?.[1];
    if (stated === undefined) continue;
    if (inTable && stated === key) return i + 1;
    // A key of the top level, or a dotted one.
    if (atTop && (stated === table || stated === `${table}.${String(key)}`)) return i + 1;
  }
  return tableLine;
}
