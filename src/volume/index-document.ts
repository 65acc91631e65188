import { assert } from '../base/assert.js';
import { parseSessionId, parseVolumeId, type SessionId, type StreamId, type VolumeId } from '../terms/ids.js';
import type { Extent } from './extent.js';
import {
  asIntegers,
  decodeDocument,
  DocumentFields,
  encodeDocument,
  expectDocument,
  type DecodedDocument,
} from './json-document.js';
import { parseStreamStart, streamStartKeys, type StreamStart } from './stream-documents.js';
import { VOLUME_LIMITS } from './volume-limits.js';

export type IndexStreamState = 'open' | 'complete' | 'aborted';

const STATES: readonly IndexStreamState[] = ['open', 'complete', 'aborted'];

/** A stream as an index tells of it: as it stood at that checkpoint. */
export interface IndexStream extends StreamStart {
  readonly state: IndexStreamState;
  /** The stream's bytes so far, over all volumes, and their CRC32C. */
  readonly lengthBytes: number;
  readonly crc32c: number;
}

/** A stream and what of it a checkpoint brought. */
export interface IndexEntry {
  readonly stream: IndexStream;
  /** In the order of the volume. May be empty: the stream's state changed. */
  readonly extents: readonly Extent[];
}

/** What the index of one checkpoint says, whatever the number of its parts. */
export interface VolumeIndex {
  readonly volumeId: VolumeId;
  readonly sessionId: SessionId;
  readonly timeMs: number;
  /** Sequence numbers of the blocks described: from (inclusive) to (exclusive). */
  readonly fromSequence: number;
  readonly toSequence: number;
  /** Block address of the first block of the index before; null in the first. */
  readonly previous: number | null;
  readonly entries: readonly IndexEntry[];
}

/** One index block. */
export interface IndexPart extends VolumeIndex {
  readonly part: number;
  readonly parts: number;
}

const MAX_U32 = 0xffff_ffff;

/** The payloads of the index's blocks, none longer than `maxPayloadBytes`; at least one. */
export function encodeIndex(index: VolumeIndex, maxPayloadBytes: number): readonly Uint8Array[] {
  const parts = splitIndex(index, maxPayloadBytes);
  assert(parts.length <= VOLUME_LIMITS.indexParts, 'the index of a checkpoint keeps its limit');
  return parts.map((entries, part) => encodePart({ ...index, entries, part, parts: parts.length }));
}

export function decodeIndexPart(payload: Uint8Array): DecodedDocument<IndexPart> {
  return decodeDocument(payload, 'INDEX', (fields) => {
    fields.format();
    const parts = fields.integer('parts', { min: 1, max: VOLUME_LIMITS.indexParts });
    const fromSequence = fields.integer('fromSequence');
    return {
      part: fields.integer('part', { max: parts - 1 }),
      parts,
      volumeId: fields.parsed('volumeId', parseVolumeId),
      sessionId: fields.parsed('sessionId', parseSessionId),
      timeMs: fields.integer('timeMs'),
      fromSequence,
      toSequence: fields.integer('toSequence', { min: fromSequence }),
      previous: fields.integerOrNull('previous'),
      entries: parseEntries(fields),
    };
  });
}

/** Whether no part of its index follows; before the filemark, that is what makes a checkpoint. */
export function isLastPart({ part, parts }: IndexPart): boolean {
  return part + 1 === parts;
}

/** The index whose parts these are, or null when one is missing or they do not belong together. */
export function joinIndex(parts: readonly IndexPart[]): VolumeIndex | null {
  const [first] = parts;
  if (first?.parts !== parts.length || !parts.every((part, i) => part.part === i && isSameIndex(part, first)))
    return null;
  const entries = new Map<StreamId, IndexEntry>();
  for (const { stream, extents } of parts.flatMap((part) => part.entries)) {
    const { streamId } = stream.descriptor;
    entries.set(streamId, { stream, extents: [...(entries.get(streamId)?.extents ?? []), ...extents] });
  }
  const { volumeId, sessionId, timeMs, fromSequence, toSequence, previous } = first;
  return { volumeId, sessionId, timeMs, fromSequence, toSequence, previous, entries: [...entries.values()] };
}

function isSameIndex(a: IndexPart, b: IndexPart): boolean {
  return (
    a.parts === b.parts &&
    a.volumeId === b.volumeId &&
    a.sessionId === b.sessionId &&
    a.fromSequence === b.fromSequence &&
    a.toSequence === b.toSequence &&
    a.previous === b.previous
  );
}

function encodePart(part: IndexPart): Uint8Array {
  const { volumeId, sessionId, timeMs, fromSequence, toSequence, previous, entries } = part;
  return encodeDocument({
    format: 1,
    part: part.part,
    parts: part.parts,
    volumeId,
    sessionId,
    timeMs,
    fromSequence,
    toSequence,
    previous,
    streams: entries.map(({ stream }) => streamKeys(stream)),
    extents: entries.flatMap(({ extents }, stream) => extents.map((extent) => extentTuple(stream, extent))),
  });
}

function streamKeys(stream: IndexStream): Readonly<Record<string, unknown>> {
  const { state, lengthBytes, crc32c } = stream;
  return { ...streamStartKeys(stream), state, length: lengthBytes, crc32c };
}

function extentTuple(stream: number, extent: Extent): readonly number[] {
  return [stream, extent.blockAddress, extent.sequence, extent.blocks, extent.offset, extent.bytes];
}

/**
 * Shares the entries out over parts, a stream's extents over several where one does not hold them; such a stream is
 * repeated in each, so that every part can be read without the others.
 */
function splitIndex(index: VolumeIndex, maxPayloadBytes: number): readonly (readonly IndexEntry[])[] {
  // The longest numbers a part can carry, so that the estimate is never too small.
  const { indexParts } = VOLUME_LIMITS;
  const envelopeBytes = encodePart({ ...index, entries: [], part: indexParts, parts: indexParts }).length;
  const parts: IndexEntry[][] = [[]];
  let room = maxPayloadBytes - envelopeBytes;
  const startPart = (): void => {
    parts.push([]);
    room = maxPayloadBytes - envelopeBytes;
  };

  for (const { stream, extents } of index.entries) {
    const streamBytes = encodeDocument(streamKeys(stream)).length + 1;
    let rest = extents;
    do {
      const firstBytes = rest[0] === undefined ? 0 : extentBytes(rest[0]);
      if (streamBytes + firstBytes > room && parts.at(-1)?.length !== 0) startPart();
      assert(streamBytes + firstBytes <= room, 'a block holds the description of one stream and an extent');
      room -= streamBytes;
      let taken = 0;
      for (const extent of rest) {
        const bytes = extentBytes(extent);
        if (bytes > room) break;
        room -= bytes;
        taken++;
      }
      parts.at(-1)?.push({ stream, extents: rest.slice(0, taken) });
      rest = rest.slice(taken);
    } while (rest.length > 0);
  }
  return parts;
}

/** Upper bound of an extent's text: the number of its stream in the part is not known yet and has at most six digits. */
function extentBytes(extent: Extent): number {
  return JSON.stringify(extentTuple(999_999, extent)).length + 1;
}

function parseEntries(fields: DocumentFields): readonly IndexEntry[] {
  const streams = fields.list('streams', (item, where) => parseIndexStream(new DocumentFields(item, where)));
  const ids = new Set(streams.map(({ descriptor }) => descriptor.streamId));
  expectDocument(ids.size === streams.length, 'INDEX.streams names a stream twice');
  const extents = streams.map((): Extent[] => []);
  fields.list('extents', (item, where) => {
    const [stream = 0, blockAddress = 0, sequence = 0, blocks = 0, offset = 0, bytes = 0] = asIntegers(item, where, 6);
    const list = extents[stream];
    expectDocument(list !== undefined, `${where} is of a stream that is not listed`);
    expectDocument(blocks > 0 && bytes >= blocks, `${where} is empty`);
    list.push({ blockAddress, sequence, blocks, offset, bytes });
  });
  return streams.map((stream, i) => ({ stream, extents: extents[i] ?? [] }));
}

function parseIndexStream(fields: DocumentFields): IndexStream {
  return {
    ...parseStreamStart(fields),
    state: fields.word('state', STATES),
    lengthBytes: fields.integer('length'),
    crc32c: fields.integer('crc32c', { max: MAX_U32 }),
  };
}
