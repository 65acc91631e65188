import type { VolumeId } from '../terms/ids.js';
import { parseVolumeId } from '../terms/ids.js';
import { decodeDocument, encodeDocument, type DecodedDocument } from './json-document.js';

export type VolumeEndReason = 'full' | 'closed' | 'error';

export const VOLUME_END_REASONS: readonly VolumeEndReason[] = ['full', 'closed', 'error'];

/** docs/VOLUME-FORMAT.md, VOLUME-END: nothing is written behind it any more. */
export interface VolumeEnd {
  readonly volumeId: VolumeId;
  readonly timeMs: number;
  /** Block address of the first block of the last index; null when nothing was ever saved on the volume. */
  readonly lastIndex: number | null;
  /** Data blocks of the volume and their payload bytes. */
  readonly blocks: number;
  readonly bytes: number;
  readonly reason: VolumeEndReason;
  /** The volume on which the streams go on, when that was known. */
  readonly nextVolume: VolumeId | null;
}

export function encodeVolumeEnd(end: VolumeEnd): Uint8Array {
  const { volumeId, timeMs, lastIndex, blocks, bytes, reason, nextVolume } = end;
  return encodeDocument({ format: 1, volumeId, timeMs, lastIndex, blocks, bytes, reason, nextVolume });
}

export function decodeVolumeEnd(payload: Uint8Array): DecodedDocument<VolumeEnd> {
  return decodeDocument(payload, 'VOLUME-END', (fields) => {
    fields.format();
    return {
      volumeId: fields.parsed('volumeId', parseVolumeId),
      timeMs: fields.integer('timeMs'),
      lastIndex: fields.integerOrNull('lastIndex'),
      blocks: fields.integer('blocks'),
      bytes: fields.integer('bytes'),
      reason: fields.word('reason', VOLUME_END_REASONS),
      nextVolume: fields.parsedOrNull('nextVolume', parseVolumeId),
    };
  });
}
