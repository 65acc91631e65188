import { isDeepStrictEqual } from 'node:util';
import type { ErrorCode } from '../../src/base/error-codes.js';
import { isStorageError } from '../../src/base/storage-error.js';

/** One decoder (or a family that reads one kind of bytes) and what is promised of it for any input. */
export interface FuzzTarget {
  readonly name: string;
  /** Good inputs: mutations start from them. */
  readonly seeds: readonly Uint8Array[];
  /**
   * Puts checksums and lengths right again, in place or anew, where the format has some: half the inputs go through it, so that what
   * lies behind the checksums is reached.
   */
  readonly mend?: (input: Buffer) => Buffer;
  /** Share of a run's inputs, against 1 of a decoder that takes microseconds. */
  readonly share: number;
  /**
   * Decodes the input. Throws whatever the decoder throws that is not its declared error, and FuzzFailure when it took what it must not.
   * `mended`: the input's checksums may have been made right over wrong bytes.
   */
  check(input: Buffer, mended: boolean): void | Promise<void>;
}

/** A promise that an input broke. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
}

export function must(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new FuzzFailure(promise);
}

export function mustEqual(found: unknown, expected: unknown, promise: string): void {
  must(isDeepStrictEqual(found, expected), promise);
}

/** What `decode` gives, or null when it refused the input in one of the ways it declares. */
export function acceptedBy<T>(codes: readonly ErrorCode[], decode: () => T): T | null {
  try {
    return decode();
  } catch (error) {
    if (isStorageError(error, ...codes)) return null;
    throw error;
  }
}

/** Several targets behind one: the first byte of the input says which, the rest is for it. */
export function oneOf<T>(choices: readonly T[], input: Buffer): { readonly choice: T; readonly rest: Buffer } {
  const choice = choices[(input[0] ?? 0) % choices.length];
  must(choice !== undefined, 'there is a choice');
  return { choice, rest: input.subarray(1) };
}

/** Seeds of `oneOf`. */
export function seedsOf(payloads: readonly (readonly Uint8Array[])[]): readonly Uint8Array[] {
  return payloads.flatMap((some, i) => some.map((payload) => Buffer.concat([Buffer.of(i), payload])));
}
