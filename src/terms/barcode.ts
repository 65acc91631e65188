declare const brand: unique symbol;

/**
 * A volume tag: six characters and a two-character media type, as printed on LTO labels (Code 39 alphabet without
 * punctuation), e.g. `TPL001L9`. Disk volumes use the same shape with media type `DK`.
 */
export type Barcode = string & { readonly [brand]: 'Barcode' };

const PATTERN = /^[A-Z0-9]{6}(L[1-9A]|M8|L[T-Z]|CU|DK)$/;
const MEDIA_TYPE = /^(L[1-9A]|M8|L[T-Z]|CU|DK)$/;

/** The barcode in canonical form (upper case, no start/stop asterisks or AIM prefix), or null when it is not one. */
export function parseBarcode(text: string): Barcode | null {
  const bare = text
    .trim()
    .toUpperCase()
    .replace(/^\]A\d/, '')
    .replace(/^\*(.*)\*$/, '$1');
  return PATTERN.test(bare) ? (bare as Barcode) : null;
}

/** The media type at its end: `L9`, `LZ`, `M8`, `CU`, `DK`. */
export function mediaTypeOfBarcode(barcode: Barcode): string {
  return barcode.slice(6);
}

export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}

/** What the media type of a barcode says the cartridge is. */
export type BarcodeMedium = 'data' | 'worm' | 'cleaning' | 'disk';

export function mediumOfBarcode(barcode: Barcode): BarcodeMedium {
  return barcode.startsWith('CLN') ? 'cleaning' : mediumOfMediaType(mediaTypeOfBarcode(barcode));
}

export function mediumOfMediaType(type: string): BarcodeMedium {
  if (type === 'CU') return 'cleaning';
  if (type === 'DK') return 'disk';
  return /^L[T-Z]$/.test(type) ? 'worm' : 'data';
}
