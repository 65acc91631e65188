import { assert } from '../base/assert.js';
import type { Random } from '../base/random.js';

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** RFC 9562 UUID text, lower case; version 7 when we make it, so that ids sort by time of making. */
export type VolumeId = Branded<string, 'VolumeId'>;
export type StreamId = Branded<string, 'StreamId'>;
export type SessionId = Branded<string, 'SessionId'>;
export type JobId = Branded<string, 'JobId'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const UUID_BYTES = 16;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function parseVolumeId(text: string): VolumeId | null {
  return isUuid(text) ? (text as VolumeId) : null;
}
export function parseStreamId(text: string): StreamId | null {
  return isUuid(text) ? (text as StreamId) : null;
}
export function parseSessionId(text: string): SessionId | null {
  return isUuid(text) ? (text as SessionId) : null;
}

export function parseJobId(text: string): JobId | null {
  return isUuid(text) ? (text as JobId) : null;
}

/** A new version 7 UUID: 48 bits of milliseconds, then random (RFC 9562 section 5.7). */
function makeUuid(wallMs: number, random: Random): string {
  const bytes = new Uint8Array(UUID_BYTES);
  random.fill(bytes);
  let ms = wallMs;
  for (let i = 5; i >= 0; i--) {
    bytes[i] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  return formatUuid(bytes);
}

export function makeVolumeId(wallMs: number, random: Random): VolumeId {
  return makeUuid(wallMs, random) as VolumeId;
}
export function makeStreamId(wallMs: number, random: Random): StreamId {
  return makeUuid(wallMs, random) as StreamId;
}
export function makeSessionId(wallMs: number, random: Random): SessionId {
  return makeUuid(wallMs, random) as SessionId;
}
export function makeJobId(wallMs: number, random: Random): JobId {
  return makeUuid(wallMs, random) as JobId;
}

/** 16 bytes to text. */
export function formatUuid(bytes: Uint8Array): string {
  assert(bytes.length === UUID_BYTES, 'a UUID has 16 bytes');
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Text to 16 bytes. */
export function uuidBytes(id: VolumeId | StreamId | SessionId): Uint8Array {
  const bytes = new Uint8Array(UUID_BYTES);
  // Three ids stand in every block: by character, since cutting the text up takes ten times as long.
  for (let i = 0, at = 0; i < UUID_BYTES; i++, at += 2) {
    if (id.charCodeAt(at) === DASH) at++;
    bytes[i] = 16 * hexDigit(id.charCodeAt(at)) + hexDigit(id.charCodeAt(at + 1));
  }
  return bytes;
}

const DASH = 0x2d;

/** The value of a hexadecimal digit in lower case. */
function hexDigit(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57;
}
