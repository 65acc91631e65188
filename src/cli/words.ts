import type { MediumView } from '../protocol/control-api.js';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Decimal units, as tapes are sold: 1.5 GB is 1,500,000,000 bytes. */
export function formatBytes(bytes: number | string): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? String(value) : value.toFixed(value < 10 ? 2 : 1)} ${UNITS[unit] ?? ''}`;
}

/** Words that others chose (attributes, labels of strangers) must not steer the terminal: control characters are spelt out. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Local time to the second, as `2026-11-24 03:07:09`; '-' for none. */
export function formatTime(timeMs: number | null): string {
  if (timeMs === null) return '-';
  const time = new Date(timeMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  return (
    `${String(time.getFullYear())}-${two(time.getMonth() + 1)}-${two(time.getDate())} ` +
    `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  );
}

export function formatSeconds(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

export function formatLocation(location: MediumView['location']): string {
  switch (location.kind) {
    case 'slot':
      return `slot ${String(location.slot)}`;
    case 'import-export':
      return `import/export slot ${String(location.slot)}`;
    case 'drive':
      return `drive ${location.drive}`;
    case 'vault':
      return `vault ${location.vault}${location.dueMs === null ? '' : `, due ${formatTime(location.dueMs)}`}`;
    case 'transport':
      return `in the hand of ${location.changer}`;
    case 'shelf':
    case 'missing':
      return location.kind;
  }
}

export function formatCrc(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
