import { expect } from 'chai';
import fc from 'fast-check';
import { formatUuid, type SessionId, type StreamId, type VolumeId } from '../../../src/terms/ids.js';
import { BACKUP_LEVELS, type StreamDescriptor } from '../../../src/terms/stream-descriptor.js';
import { recogniseFirstBlock } from '../../../src/volume/ansi-label.js';
import { checkBlock, encodeBlockHeader, sealBlock, type BlockType } from '../../../src/volume/block-header.js';
import { decodeIndexPart, encodeIndex, joinIndex, type VolumeIndex } from '../../../src/volume/index-document.js';
import { decodeStreamEnd, decodeStreamStart, encodeStreamStart } from '../../../src/volume/stream-documents.js';
import { decodeVolumeEnd } from '../../../src/volume/volume-end-document.js';
import { decodeVolumeLabel } from '../../../src/volume/volume-label.js';

const uuid = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .filter((bytes) => bytes.some((byte) => byte !== 0))
  .map(formatUuid);
const count = fc.maxSafeNat();
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
/** Any UTF-16, well-formed, also what JSON must escape. */
const words = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: 'binary', maxLength });

const descriptor: fc.Arbitrary<StreamDescriptor> = fc.record({
  streamId: uuid.map((id) => id as StreamId),
  client: words(100),
  name: words(100),
  pool: words(100),
  level: fc.constantFrom(...BACKUP_LEVELS),
  basedOn: fc.option(uuid.map((id) => id as StreamId)),
  timeMs: count,
  retentionEndMs: count,
  attributes: fc.dictionary(
    words(30).filter((key) => key !== '__proto__'),
    words(100),
    { maxKeys: 5 },
  ),
});

const extent = fc
  .record({ blockAddress: count, sequence: count, blocks: fc.integer({ min: 1, max: 1e6 }), offset: count })
  .map((one) => ({ ...one, bytes: one.blocks * 7 }));

const index: fc.Arbitrary<VolumeIndex> = fc.record({
  volumeId: uuid.map((id) => id as VolumeId),
  sessionId: uuid.map((id) => id as SessionId),
  timeMs: count,
  fromSequence: fc.constant(5),
  toSequence: fc.integer({ min: 5 }),
  previous: fc.option(count),
  entries: fc.uniqueArray(
    fc.record({
      stream: fc.record({
        descriptor,
        continuesAt: count,
        state: fc.constantFrom('open' as const, 'complete' as const, 'aborted' as const),
        lengthBytes: count,
        crc32c: u32,
      }),
      extents: fc.array(extent, { maxLength: 30 }),
    }),
    { maxLength: 8, selector: (entry) => entry.stream.descriptor.streamId },
  ),
});

describe('every codec of the volume format', () => {
  it('gives block headers back', () => {
    const types: readonly BlockType[] = ['label', 'data', 'stream-start', 'stream-end', 'index', 'volume-end'];
    const header = fc.record({
      type: fc.constantFrom(...types),
      last: fc.boolean(),
      volumeId: uuid,
      sessionId: uuid,
      sequence: count,
      streamId: uuid,
      offset: count,
      frameNumber: u32,
      timeMs: count,
      payload: fc.uint8Array({ maxLength: 200 }),
    });
    fc.assert(
      fc.property(header, ({ payload, ...fields }) => {
        const streamless = ['label', 'index', 'volume-end'].includes(fields.type);
        const written = {
          ...fields,
          last: fields.last && fields.type === 'data',
          volumeId: fields.volumeId as VolumeId,
          sessionId: fields.sessionId as SessionId,
          streamId: streamless ? null : (fields.streamId as StreamId),
          payloadBytes: payload.length,
        };
        const block = new Uint8Array(128 + payload.length);
        block.set(payload, 128);
        encodeBlockHeader(block, written);
        sealBlock(block);
        const read = checkBlock(block);
        expect(read.kind).to.equal('good');
        expect(read.kind === 'good' && read.header).to.deep.include(written);
      }),
    );
  });

  it('gives STREAM-STARTs back, whatever the client called things', () => {
    fc.assert(
      fc.property(descriptor, count, (one, continuesAt) => {
        const start = { descriptor: one, continuesAt };
        const read = decodeStreamStart(encodeStreamStart(start));
        expect(JSON.stringify(read)).to.equal(JSON.stringify({ kind: 'good', document: start }));
      }),
    );
  });

  it('gives indexes back, in as many parts as the block size asks for, each within it', () => {
    fc.assert(
      fc.property(index, fc.integer({ min: 5000, max: 30000 }), (one, limit) => {
        const payloads = encodeIndex(one, limit);
        const parts = payloads.map((payload) => {
          expect(payload.length).to.be.at.most(limit);
          const decoded = decodeIndexPart(payload);
          if (decoded.kind !== 'good') throw new Error(decoded.reason);
          return decoded.document;
        });
        expect(JSON.stringify(joinIndex(parts))).to.equal(JSON.stringify(one));
      }),
    );
  });

  it('answers any bytes with an outcome and never throws', () => {
    const decoders = [decodeVolumeLabel, decodeIndexPart, decodeStreamStart, decodeStreamEnd, decodeVolumeEnd];
    const json = fc.json().map((text) => new TextEncoder().encode(text));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), json), (bytes) => {
        for (const decode of decoders) expect(decode(bytes).kind).to.be.oneOf(['damaged', 'unsupported']);
        expect(checkBlock(bytes).kind).not.to.equal('good');
        expect(recogniseFirstBlock(bytes).kind).to.equal('foreign');
      }),
    );
  });

  it('answers a block full of anything behind a right magic without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 120, maxLength: 200 }), (rest) => {
        const block = new Uint8Array([...Buffer.from('TAPELOOM'), ...rest]);
        expect(checkBlock(block).kind).to.equal('header-damaged');
        if (block.length >= 128) sealBlock(block);
        expect(checkBlock(block).kind).to.be.oneOf(['unsupported-version', 'length-mismatch']);
      }),
    );
  });
});
