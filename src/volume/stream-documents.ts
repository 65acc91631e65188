import { assert } from '../base/assert.js';
import { parseStreamId, type StreamId } from '../terms/ids.js';
import { BACKUP_LEVELS, STREAM_LIMITS, type StreamDescriptor } from '../terms/stream-descriptor.js';
import { decodeDocument, encodeDocument, type DecodedDocument, type DocumentFields } from './json-document.js';

/** docs/VOLUME-FORMAT.md, STREAM-START: written before the first data block of a stream on each volume. */
export interface StreamStart {
  readonly descriptor: StreamDescriptor;
  /** The stream offset at which this volume takes over. */
  readonly continuesAt: number;
}

/** docs/VOLUME-FORMAT.md, STREAM-END: written behind the last data block of a whole stream. */
export interface StreamEnd {
  readonly streamId: StreamId;
  readonly lengthBytes: number;
  /** Of the stream's bytes as a whole, over all volumes. */
  readonly crc32c: number;
  /** Data blocks of the stream, over all volumes. */
  readonly frames: number;
}

const MAX_U32 = 0xffff_ffff;

/** The keys of a STREAM-START, which an index repeats. */
export function streamStartKeys({ descriptor, continuesAt }: StreamStart): Readonly<Record<string, unknown>> {
  const { streamId, client, name, pool, level, basedOn, timeMs, retentionEndMs, attributes } = descriptor;
  const { nameCharacters } = STREAM_LIMITS;
  assert(
    [client, name, pool].every((text) => text.length <= nameCharacters),
    'names of a stream keep their limit',
  );
  assert(Object.keys(attributes).length <= STREAM_LIMITS.attributes, 'attributes of a stream keep their limit');
  return { streamId, client, name, pool, level, basedOn, timeMs, retentionEndMs, attributes, continuesAt };
}

export function parseStreamStart(fields: DocumentFields): StreamStart {
  const name = { max: STREAM_LIMITS.nameCharacters };
  return {
    descriptor: {
      streamId: fields.parsed('streamId', parseStreamId),
      client: fields.text('client', name),
      name: fields.text('name', name),
      pool: fields.text('pool', name),
      level: fields.word('level', BACKUP_LEVELS),
      basedOn: fields.parsedOrNull('basedOn', parseStreamId),
      timeMs: fields.integer('timeMs'),
      retentionEndMs: fields.integer('retentionEndMs'),
      attributes: fields.texts('attributes', {
        entries: STREAM_LIMITS.attributes,
        keyCharacters: STREAM_LIMITS.attributeKeyCharacters,
        valueCharacters: STREAM_LIMITS.attributeValueCharacters,
      }),
    },
    continuesAt: fields.integer('continuesAt'),
  };
}

export function encodeStreamStart(start: StreamStart): Uint8Array {
  return encodeDocument(streamStartKeys(start));
}

export function decodeStreamStart(payload: Uint8Array): DecodedDocument<StreamStart> {
  return decodeDocument(payload, 'STREAM-START', parseStreamStart);
}

export function encodeStreamEnd({ streamId, lengthBytes, crc32c, frames }: StreamEnd): Uint8Array {
  return encodeDocument({ streamId, length: lengthBytes, crc32c, frames });
}

export function decodeStreamEnd(payload: Uint8Array): DecodedDocument<StreamEnd> {
  return decodeDocument(payload, 'STREAM-END', (fields) => ({
    streamId: fields.parsed('streamId', parseStreamId),
    lengthBytes: fields.integer('length'),
    crc32c: fields.integer('crc32c', { max: MAX_U32 }),
    frames: fields.integer('frames', { max: MAX_U32 }),
  }));
}
