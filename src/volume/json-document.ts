import { assert } from '../base/assert.js';

/** What the payload of a metadata block turned out to be. */
export type DecodedDocument<T> =
  | { readonly kind: 'good'; readonly document: T }
  /** `reason` completes the sentence "the document is damaged: ...". */
  | { readonly kind: 'damaged'; readonly reason: string }
  /** Written by a later version of the format. */
  | { readonly kind: 'unsupported'; readonly reason: string };

class DocumentDamage extends Error {}
class DocumentUnsupported extends Error {}

/**
 * The value of one JSON object read key by key, each read checked. Keys that are never asked for are ignored, as
 * docs/VOLUME-FORMAT.md wants. A value that does not fit throws; `decodeDocument` turns that into its result.
 */
export class DocumentFields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(value: unknown, where: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new DocumentDamage(`${where} is not an object`);
    this.#values = value as Readonly<Record<string, unknown>>;
    this.#where = where;
  }

  /** The document's `format` must be 1. */
  format(): void {
    const format = this.integer('format');
    if (format !== 1)
      throw new DocumentUnsupported(`${this.#where} has format ${String(format)}, this program knows 1`);
  }

  /** An integer from `min` (0) to `max` (2^53 - 1). */
  integer(key: string, limits: { readonly min?: number; readonly max?: number } = {}): number {
    return asInteger(this.#value(key), this.#name(key), limits);
  }

  integerOrNull(key: string): number | null {
    return this.#value(key) === null ? null : this.integer(key);
  }

  text(key: string, limits: { readonly max: number }): string {
    const value = this.#value(key);
    if (typeof value !== 'string' || value.length > limits.max)
      throw new DocumentDamage(`${this.#name(key)} is not a text of at most ${String(limits.max)} characters`);
    return value;
  }

  word<const W extends string>(key: string, words: readonly W[]): W {
    const value = this.#value(key);
    const found = words.find((word) => word === value);
    if (found === undefined) throw new DocumentDamage(`${this.#name(key)} is none of ${words.join(', ')}`);
    return found;
  }

  /** A text that `parse` understands. */
  parsed<T>(key: string, parse: (text: string) => T | null): T {
    const value = this.#value(key);
    const parsed = typeof value === 'string' ? parse(value) : null;
    if (parsed === null) throw new DocumentDamage(`${this.#name(key)} has a value of another kind`);
    return parsed;
  }

  parsedOrNull<T>(key: string, parse: (text: string) => T | null): T | null {
    return this.#value(key) === null ? null : this.parsed(key, parse);
  }

  /** A map of texts. */
  texts(
    key: string,
    limits: { readonly entries: number; readonly keyCharacters: number; readonly valueCharacters: number },
  ): Readonly<Record<string, string>> {
    const fields = new DocumentFields(this.#value(key), this.#name(key));
    const names = Object.keys(fields.#values);
    if (names.length > limits.entries || names.some((name) => name.length > limits.keyCharacters))
      throw new DocumentDamage(`${this.#name(key)} has too many or too long keys`);
    return Object.fromEntries(names.map((name) => [name, fields.text(name, { max: limits.valueCharacters })]));
  }

  list<T>(key: string, parse: (item: unknown, where: string) => T): readonly T[] {
    const value = this.#value(key);
    if (!Array.isArray(value)) throw new DocumentDamage(`${this.#name(key)} is not a list`);
    return value.map((item: unknown, i) => parse(item, `${this.#name(key)}[${String(i)}]`));
  }

  #value(key: string): unknown {
    if (!Object.hasOwn(this.#values, key)) throw new DocumentDamage(`${this.#name(key)} is missing`);
    return this.#values[key];
  }

  #name(key: string): string {
    return `${this.#where}.${key}`;
  }
}

/** A list of exactly `count` integers. */
export function asIntegers(value: unknown, where: string, count: number): readonly number[] {
  if (!Array.isArray(value) || value.length !== count)
    throw new DocumentDamage(`${where} is not a list of ${String(count)} numbers`);
  return value.map((item: unknown) => asInteger(item, where, {}));
}

function asInteger(
  value: unknown,
  where: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number },
): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw new DocumentDamage(`${where} is not an integer from ${String(min)} to ${String(max)}`);
  return value;
}

/** For checks between the values of a document. */
export function expectDocument(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new DocumentDamage(reason);
}

/** Reads one JSON object out of a payload; spaces may follow it. `name` says what it is, for the reason. */
export function decodeDocument<T>(
  payload: Uint8Array,
  name: string,
  parse: (fields: DocumentFields) => T,
): DecodedDocument<T> {
  let value: unknown;
  try {
    // The payload may lie in shared memory, which a TextDecoder does not take: decode a copy.
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload.slice()));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      return { kind: 'damaged', reason: `${name} is not JSON` };
    throw error;
  }
  try {
    return { kind: 'good', document: parse(new DocumentFields(value, name)) };
  } catch (error) {
    if (error instanceof DocumentDamage) return { kind: 'damaged', reason: error.message };
    if (error instanceof DocumentUnsupported) return { kind: 'unsupported', reason: error.message };
    throw error;
  }
}

/** The bytes of one JSON object. */
export function encodeDocument(value: Readonly<Record<string, unknown>>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** Puts `payload` behind the header's place of a block; returns its length. */
export function putPayload(block: Uint8Array, headerBytes: number, payload: Uint8Array): number {
  assert(headerBytes + payload.length <= block.length, 'the document fits its block');
  block.set(payload, headerBytes);
  return payload.length;
}
