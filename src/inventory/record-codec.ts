import { z } from 'zod';
import { AssertionError } from '../base/assert.js';
import { corrupt, openEnvelope, sealEnvelope } from './envelope.js';

/** One kind of record: JSON of a strict shape in a sealed envelope. */
export interface RecordCodec<T> {
  /** A record of a wrong shape is a mistake of the caller: it could never be read back. */
  encode(key: string, record: T): Uint8Array;
  /** @throws StorageError INVENTORY_CORRUPT, INVENTORY_VERSION; both name the key */
  decode(key: string, value: Uint8Array): T;
  /** A record that comes from elsewhere, such as a file. */
  parse(value: unknown): ParsedRecord<T>;
}

/** `reason` completes "the record has a wrong shape: ...". */
export type ParsedRecord<T> =
  { readonly kind: 'good'; readonly record: T } | { readonly kind: 'bad'; readonly reason: string };

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `schema` says what the JSON of a record looks like. */
export function makeRecordCodec<T>(schema: z.ZodType<T>): RecordCodec<T> {
  return {
    encode(key, record) {
      const checked = schema.safeParse(record);
      if (!checked.success)
        throw new AssertionError(`the record for ${key} is well formed: ${describe(checked.error)}`);
      return sealEnvelope(key, utf8.encode(JSON.stringify(record)));
    },
    decode(key, value) {
      const checked = schema.safeParse(parseJson(key, openEnvelope(key, value)));
      if (!checked.success) throw corrupt(key, `it has a wrong shape: ${describe(checked.error)}`);
      return checked.data;
    },
    parse(value) {
      const checked = schema.safeParse(value);
      return checked.success
        ? { kind: 'good', record: checked.data }
        : { kind: 'bad', reason: describe(checked.error) };
    },
  };
}

function parseJson(key: string, payload: Uint8Array): unknown {
  try {
    return JSON.parse(strictUtf8.decode(payload));
  } catch (error) {
    // SyntaxError from JSON, TypeError from the decoder: the checksum is right, so it was written like this.
    if (error instanceof SyntaxError || error instanceof TypeError) throw corrupt(key, 'it is not JSON', error);
    throw error;
  }
}

function describe(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
}
