import { crc32c } from '../../../src/base/crc32c.js';
import { sealBlock, BLOCK_HEADER_BYTES, checkBlock, encodeBlockHeader } from '../../../src/volume/block-header.js';
import { encodeVol1, recogniseFirstBlock } from '../../../src/volume/ansi-label.js';
import { decodeIndexPart, encodeIndex, joinIndex, type VolumeIndex } from '../../../src/volume/index-document.js';
import type { DecodedDocument } from '../../../src/volume/json-document.js';
import {
  decodeStreamEnd,
  decodeStreamStart,
  encodeStreamEnd,
  encodeStreamStart,
} from '../../../src/volume/stream-documents.js';
import { decodeVolumeEnd, encodeVolumeEnd } from '../../../src/volume/volume-end-document.js';
import { decodeVolumeLabel, encodeVolumeLabel, LABEL_PAYLOAD_BYTES } from '../../../src/volume/volume-label.js';
import {
  decodeFileHeader,
  decodeRecordHeader,
  encodeFileHeader,
  encodeRecordHeader,
  FILE_HEADER_BYTES,
  RECORD_HEADER_BYTES,
} from '../../../src/drive/disk-volume-codec.js';
import { diskBarcode } from '../../support/file-drive-fixture.js';
import {
  BARCODE,
  descriptor,
  LABEL,
  OTHER_VOLUME_ID,
  sessionId,
  streamId,
  VOLUME_ID,
} from '../../support/volume-samples.js';
import { must, mustEqual, oneOf, seedsOf, type FuzzTarget } from '../fuzz-target.js';

function sampleBlock(type: 'data' | 'stream-start' | 'index', payload: Uint8Array, last = false): Uint8Array {
  const block = new Uint8Array(BLOCK_HEADER_BYTES + payload.length);
  encodeBlockHeader(block, {
    type,
    last,
    volumeId: VOLUME_ID,
    sessionId: sessionId(1),
    sequence: 7,
    streamId: type === 'index' ? null : streamId(1),
    offset: type === 'data' ? 4096 : 0,
    payloadBytes: payload.length,
    frameNumber: type === 'data' ? 3 : 0,
    timeMs: 1_700_000_000_000,
  });
  block.set(payload, BLOCK_HEADER_BYTES);
  sealBlock(block);
  return block;
}

const blocks: FuzzTarget = {
  name: 'blocks',
  seeds: [
    sampleBlock('data', Buffer.alloc(100, 7)),
    sampleBlock('data', Buffer.of(1), true),
    sampleBlock('stream-start', encodeStreamStart({ descriptor: descriptor(1), continuesAt: 0 })),
    sampleBlock('index', new Uint8Array()),
  ],
  share: 1,
  mend(input) {
    if (input.length < BLOCK_HEADER_BYTES) return input;
    input.writeUInt32LE(input.length - BLOCK_HEADER_BYTES, 80);
    sealBlock(input);
    return input;
  },
  check(input) {
    const decoded = checkBlock(input);
    if (decoded.kind !== 'good') return;
    const again = Buffer.alloc(input.length);
    again.set(input.subarray(BLOCK_HEADER_BYTES), BLOCK_HEADER_BYTES);
    encodeBlockHeader(again, decoded.header);
    sealBlock(again);
    must(again.equals(input), 'a good block says nothing that is not understood');
  },
};

const vol1: FuzzTarget = {
  name: 'vol1',
  seeds: [
    encodeVol1(BARCODE),
    Buffer.from('VOL1BACKUP                                                                     3'),
    Buffer.alloc(512, 'ustar'),
  ],
  share: 0.5,
  check(input) {
    const first = recogniseFirstBlock(input);
    if (first.kind === 'ours')
      must(
        Buffer.from(encodeVol1(`${first.volumeIdentifier}L9` as typeof BARCODE)).equals(input),
        'what is called ours is what we write, byte by byte',
      );
  },
};

const INDEX: VolumeIndex = {
  volumeId: VOLUME_ID,
  sessionId: sessionId(1),
  timeMs: 5,
  fromSequence: 1,
  toSequence: 900,
  previous: 44,
  entries: Array.from({ length: 6 }, (_, n) => ({
    stream: { descriptor: descriptor(n), continuesAt: n, state: 'open', lengthBytes: 1000 * n, crc32c: n },
    extents: Array.from({ length: 5 }, (__, i) => ({
      blockAddress: 100 * n + 10 * i,
      sequence: 90 * n + 9 * i,
      blocks: 4,
      offset: 4096 * i,
      bytes: 4096,
    })),
  })),
};

interface Document {
  readonly seeds: readonly Uint8Array[];
  readonly decode: (payload: Uint8Array) => DecodedDocument<unknown>;
  readonly encode: (document: never) => Uint8Array;
}

const DOCUMENTS: readonly Document[] = [
  { seeds: [encodeVolumeLabel(LABEL)], decode: decodeVolumeLabel, encode: encodeVolumeLabel },
  {
    seeds: [1, 2].map((n) => encodeStreamStart({ descriptor: descriptor(n), continuesAt: 5 })),
    decode: decodeStreamStart,
    encode: encodeStreamStart,
  },
  {
    seeds: [encodeStreamEnd({ streamId: streamId(1), lengthBytes: 2 ** 50, crc32c: 0xffff_ffff, frames: 9 })],
    decode: decodeStreamEnd,
    encode: encodeStreamEnd,
  },
  {
    seeds: [null, OTHER_VOLUME_ID].map((nextVolume) =>
      encodeVolumeEnd({
        volumeId: VOLUME_ID,
        timeMs: 1,
        lastIndex: 3,
        blocks: 4,
        bytes: 5,
        reason: 'full',
        nextVolume,
      }),
    ),
    decode: decodeVolumeEnd,
    encode: encodeVolumeEnd,
  },
  {
    seeds: encodeIndex(INDEX, 4096),
    decode: decodeIndexPart,
    encode: (part: VolumeIndex & { readonly part: number; readonly parts: number }) => {
      const [payload] = encodeIndex(part, 4 * 1024 * 1024);
      must(payload !== undefined, 'an index has a part');
      const document = JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, unknown>;
      return Buffer.from(JSON.stringify({ ...document, part: part.part, parts: part.parts }));
    },
  },
];

const documents: FuzzTarget = {
  name: 'documents',
  seeds: seedsOf(DOCUMENTS.map(({ seeds }) => seeds)),
  share: 1,
  mend(input) {
    // A LABEL has one length only.
    if ((input[0] ?? 0) % DOCUMENTS.length !== 0) return input;
    return Buffer.concat([input, Buffer.alloc(LABEL_PAYLOAD_BYTES, ' ')]).subarray(0, 1 + LABEL_PAYLOAD_BYTES);
  },
  check(input) {
    const { choice, rest } = oneOf(DOCUMENTS, input);
    const decoded = choice.decode(rest);
    if (decoded.kind !== 'good') return;
    mustEqual(choice.decode(choice.encode(decoded.document as never)), decoded, 'a good document can be written');
  },
};

/** Parts of indexes, each behind its length: any of them, in any order. */
const indexes: FuzzTarget = {
  name: 'indexes',
  seeds: [joinParts(encodeIndex(INDEX, 4096)), joinParts(encodeIndex(INDEX, 2048))],
  share: 0.5,
  check(input) {
    const parts = [];
    for (let at = 0; at + 4 <= input.length && parts.length < 64;) {
      const length = input.readUInt32LE(at);
      const decoded = decodeIndexPart(input.subarray(at + 4, at + 4 + length));
      if (decoded.kind === 'good') parts.push(decoded.document);
      at += 4 + length;
    }
    const joined = joinIndex(parts);
    if (joined === null) return;
    const extents = (some: readonly VolumeIndex[]): number =>
      some.reduce((sum, { entries }) => sum + entries.reduce((all, one) => all + one.extents.length, 0), 0);
    must(extents([joined]) === extents(parts), 'an index has all the extents of its parts');
    must(
      parts.every(({ part }, i) => part === i),
      'an index is joined from all its parts in their order',
    );
  },
};

function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(part.length);
      return [length, part];
    }),
  );
}

function sampleRecord(kind: 'block' | 'filemark', objectNumber: number): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES);
  encodeRecordHeader(bytes, { kind, lengthBytes: kind === 'block' ? 4096 : 0, objectNumber });
  return bytes;
}

const records: FuzzTarget = {
  name: 'disk-records',
  seeds: seedsOf([
    [sampleRecord('block', 0), sampleRecord('filemark', 2 ** 40)],
    [encodeFileHeader({ capacityBytes: 2 ** 40, barcode: diskBarcode(1) })],
  ]),
  share: 1,
  mend(input) {
    const at = (input[0] ?? 0) % 2 === 0 ? 1 + RECORD_HEADER_BYTES - 4 : 1 + FILE_HEADER_BYTES - 4;
    if (input.length >= at + 4) input.writeUInt32LE(crc32c(input.subarray(1, at)), at);
    return input;
  },
  check(input) {
    const { choice, rest } = oneOf(['record', 'file'] as const, input);
    if (choice === 'record') {
      const header = decodeRecordHeader(rest);
      if (header === null) return;
      const again = Buffer.alloc(RECORD_HEADER_BYTES);
      encodeRecordHeader(again, header);
      must(again.equals(rest.subarray(0, RECORD_HEADER_BYTES)), 'a good record header is understood whole');
    } else {
      const decoded = decodeFileHeader(rest);
      if (decoded.kind !== 'good') return;
      const again = Buffer.from(encodeFileHeader(decoded.header));
      must(again.equals(rest.subarray(0, FILE_HEADER_BYTES)), 'a good file header is understood whole');
    }
  },
};

export const VOLUME_TARGETS: readonly FuzzTarget[] = [blocks, vol1, documents, indexes, records];
