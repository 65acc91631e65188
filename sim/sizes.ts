const UNITS: Readonly<Record<string, number>> = {
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes in `24MiB`, `2GB`; null when it is no size. */
export function parseSize(text: string): number | null {
  const [, digits, unit] = /^(\d+)([MGT]i?B)$/.exec(text) ?? [];
  const factor = UNITS[unit ?? ''];
  return digits === undefined || factor === undefined ? null : Number(digits) * factor;
}
