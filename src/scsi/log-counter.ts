import { ByteWriter } from '../base/byte-cursor.js';
import type { LogPage, LogParameter } from './log-page.js';

/**
 * The value of a counter of any length, or null when the drive cannot tell: no bytes, all bits one (SSC-4: not
 * available), or above 2^53 - 1.
 */
export function counterOf(value: Uint8Array): number | null {
  if (value.length === 0 || value.every((byte) => byte === 0xff)) return null;
  const counter = value.reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(counter) ? counter : null;
}

/** The counter `code` of a page; null also when the page does not have it. */
export function pageCounter(page: LogPage, code: number): number | null {
  const parameter = page.parameters.find((candidate) => candidate.code === code);
  return parameter === undefined ? null : counterOf(parameter.value);
}

/** A counter of `width` bytes (1..8); null as all bits one. */
export function encodeCounter(code: number, control: number, width: number, counter: number | null): LogParameter {
  if (counter === null) return { code, control, value: new Uint8Array(width).fill(0xff) };
  const eight = new ByteWriter(new Uint8Array(8), 'big-endian').u64(counter).bytes;
  return { code, control, value: eight.slice(8 - width) };
}

/** The name of each field of a page of counters, with the parameter it is in and how wide drives make it. */
export type CounterFields<Name extends string> = Readonly<
  Record<Name, { readonly code: number; readonly width: number }>
>;

/** Every counter of `fields`; null where the drive does not tell. */
export function decodeCounters<Name extends string>(
  page: LogPage,
  fields: CounterFields<Name>,
): Readonly<Record<Name, number | null>> {
  const counters: Partial<Record<Name, number | null>> = {};
  for (const name in fields) counters[name] = pageCounter(page, fields[name].code);
  return counters as Record<Name, number | null>;
}

/** One parameter for each field, in the order of `fields`. */
export function encodeCounters<Name extends string>(
  counters: Readonly<Record<Name, number | null>>,
  fields: CounterFields<Name>,
  control: number,
): readonly LogParameter[] {
  const parameters: LogParameter[] = [];
  for (const name in fields)
    parameters.push(encodeCounter(fields[name].code, control, fields[name].width, counters[name]));
  return parameters;
}
