import { parseBarcode, type Barcode } from '../terms/barcode.js';

/** What a scanner sent for one label. */
export type Scan =
  | { readonly kind: 'barcode'; readonly barcode: Barcode }
  /** The same one again, at once: a trigger that bounced. */
  | { readonly kind: 'repeat'; readonly barcode: Barcode }
  | { readonly kind: 'unknown'; readonly text: string };

/** A trigger held a moment too long scans again within this time, milliseconds. */
const REPEAT_MS = 500;

/** Longer than any barcode with all that scanners put around it: a scanner of another speed sends noise without an end. */
const MAX_LINE_CHARACTERS = 128;

/**
 * Turns what a hand-held scanner sends into barcodes. Lines end with CR, LF or both. Around a barcode there may be an AIM
 * prefix (`]A0`), the start and stop characters of Code 39 (asterisks) and its check character (modulo 43). Pure: the caller
 * says what time it is.
 */
export class ScannedText {
  #rest = '';
  #last: { readonly barcode: Barcode; readonly atMs: number } | null = null;

  /** What is complete of the text so far. */
  take(text: string, nowMs: number): readonly Scan[] {
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARACTERS);
    return lines.flatMap((line) => this.#scan(line, nowMs));
  }

  /** What is left when nothing more comes: the last line may have no end. */
  end(nowMs: number): readonly Scan[] {
    const rest = this.#rest;
    this.#rest = '';
    return this.#scan(rest, nowMs);
  }

  #scan(line: string, nowMs: number): readonly Scan[] {
    const text = line.trim();
    if (text === '') return [];
    const barcode = barcodeOfScan(text);
    if (barcode === null) return [{ kind: 'unknown', text }];
    const isRepeat = this.#last?.barcode === barcode && nowMs - this.#last.atMs < REPEAT_MS;
    this.#last = { barcode, atMs: nowMs };
    return [{ kind: isRepeat ? 'repeat' : 'barcode', barcode }];
  }
}

/** Null when it is no barcode of a cartridge, with or without a check character that is right. */
export function barcodeOfScan(text: string): Barcode | null {
  const bare = text
    .trim()
    .toUpperCase()
    .replace(/^\]A\d/, '')
    .replace(/^\*(.*)\*$/, '$1');
  const whole = parseBarcode(bare);
  if (whole !== null) return whole;
  const body = bare.slice(0, -1);
  return checkCharacter(body) === bare.slice(-1) ? parseBarcode(body) : null;
}

/** Code 39 (ISO/IEC 16388): the characters in the order of their values. */
const CODE_39 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%';

/** Modulo 43 over the values of the characters; null when one is not of Code 39. */
export function checkCharacter(text: string): string | null {
  let sum = 0;
  for (const character of text) {
    const value = CODE_39.indexOf(character);
    if (value < 0) return null;
    sum += value;
  }
  return CODE_39.charAt(sum % CODE_39.length);
}
