import type { CartridgeLocation } from '../terms/media-state.js';

/** '1 cartridge', '24 cartridges'; `many` where an s does not make it. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}

/** 'slot 3 of lib0', 'vault bank'. */
export function describePlace(location: CartridgeLocation): string {
  switch (location.kind) {
    case 'slot':
      return `slot ${String(location.slot)} of ${location.changer}`;
    case 'import-export':
      return `import/export slot ${String(location.slot)} of ${location.changer}`;
    case 'transport':
      return `the hand of ${location.changer}`;
    case 'drive':
      return `drive ${location.drive}`;
    case 'vault':
      return `vault ${location.vault}`;
    case 'shelf':
      return 'the shelf';
    case 'missing':
      return 'missing';
  }
}

/** The day, in the node's time zone: `2026-11-24`. */
export function describeDay(timeMs: number): string {
  const time = new Date(timeMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${String(time.getFullYear())}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}
