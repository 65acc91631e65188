import { printable } from './words.js';

/**
 * A table without borders: columns two spaces apart, as the other tape tools print. Written here because a table printer for
 * boxes takes minutes for the rows that a long list has.
 */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => lines.reduce((widest, line) => Math.max(widest, widthOf(line[column])), 0));
  return lines
    .map((line) => {
      const cells = line.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)));
      return cells.join('  ').trimEnd();
    })
    .join('\n');
}

/** Rows of `name: value`, the names aligned. */
export function formatPairs(pairs: readonly (readonly [string, string])[]): string {
  const rows = pairs.map(([name, value]) => [`${printable(name)}:`, printable(value)] as const);
  const width = Math.max(...rows.map(([name]) => widthOf(name)));
  return rows.map(([name, value]) => `${name}${' '.repeat(width - widthOf(name))} ${value}`.trimEnd()).join('\n');
}

/** Places a text takes on a terminal: code points, without the marks that combine with the one before. */
function widthOf(text = ''): number {
  return Array.from(text.replaceAll(/\p{Mn}/gu, '')).length;
}
