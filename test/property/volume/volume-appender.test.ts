import { expect } from 'chai';
import fc from 'fast-check';
import { decodeBlockHeader } from '../../../src/volume/block-header.js';
import { catalogVolume, type VolumeCatalog } from '../../../src/volume/volume-catalog.js';
import { VolumeReader } from '../../../src/volume/volume-reader.js';
import {
  bytesOfStream,
  makeVolume,
  SampleSession,
  streamId,
  VOLUME_ID,
  type SampleVolume,
} from '../../support/volume-samples.js';

type Step =
  | { readonly kind: 'data'; readonly stream: number; readonly bytes: number }
  | { readonly kind: 'end'; readonly stream: number }
  | { readonly kind: 'stop'; readonly keep: number }
  | { readonly kind: 'checkpoint' };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant('data' as const),
        stream: fc.integer({ min: 0, max: 4 }),
        bytes: fc.integer({ min: 1, max: 300 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), stream: fc.integer({ min: 0, max: 4 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('stop' as const), keep: fc.integer({ min: 1, max: 6 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('checkpoint' as const) }) },
  ),
  { maxLength: 60 },
);

interface Written {
  readonly volume: SampleVolume;
  readonly session: SampleSession;
  /** Bytes of each stream up to the last checkpoint. */
  readonly durable: ReadonlyMap<number, number>;
}

/** Plays the steps, the last one a checkpoint. Streams that ended take no more data. */
async function play(script: readonly Step[]): Promise<Written> {
  const volume = await makeVolume(5);
  const session = new SampleSession(volume, { blockSizeBytes: 1024 });
  const lengths = new Map<number, number>();
  const ended = new Set<number>();
  for (const step of [...script, { kind: 'checkpoint' } as const]) {
    switch (step.kind) {
      case 'data':
        if (ended.has(step.stream)) break;
        await session.data(step.stream, step.bytes);
        lengths.set(step.stream, (lengths.get(step.stream) ?? 0) + step.bytes);
        break;
      case 'end':
        if (!lengths.has(step.stream) || ended.has(step.stream)) break;
        await session.end(step.stream);
        ended.add(step.stream);
        break;
      case 'stop':
        await session.stopBehind(step.keep);
        break;
      case 'checkpoint':
        await session.checkpoint();
        break;
    }
  }
  return { volume, session, durable: lengths };
}

async function catalog(volume: SampleVolume, source: 'index' | 'blocks'): Promise<VolumeCatalog> {
  const reader = new VolumeReader(volume.thread, VOLUME_ID);
  const found = await catalogVolume(reader, volume.slots, source);
  return { ...found, streams: found.streams.toSorted((a, b) => (a.streamId < b.streamId ? -1 : 1)) };
}

describe('whatever is written, interleaved and stopped at any prefix,', () => {
  it('blocks on the medium are numbered without a gap', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { volume } = await play(script);
        const numbers = volume.medium.objects.slice(1).flatMap((object) => {
          if (object.kind === 'filemark') return [];
          const decoded = decodeBlockHeader(object.bytes);
          return [decoded.kind === 'good' ? decoded.header.sequence : -1];
        });
        expect(numbers).to.deep.equal(numbers.map((_, i) => i));
      }),
      { numRuns: 60 },
    );
  });

  it('the extents of the checkpoints name exactly the bytes of each stream, in order, none twice', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { volume, session, durable } = await play(script);
        for (const [stream, lengthBytes] of durable) {
          const extents = session.checkpoints.flatMap(({ extents: all }) => all.get(streamId(stream)) ?? []);
          const bytes = extents.flatMap((extent, i) => {
            const before = extents[i - 1];
            // Neighbours would have been one extent, but for a checkpoint between them.
            if (before !== undefined)
              expect(extent.blockAddress).to.be.greaterThan(before.blockAddress + before.blocks);
            expect(extent.offset).to.equal(before === undefined ? 0 : before.offset + before.bytes);
            return Array.from({ length: extent.blocks }, (_, n) => {
              const block = volume.medium.blockAt(extent.blockAddress + n);
              const decoded = decodeBlockHeader(block);
              expect(decoded.kind === 'good' && decoded.header).to.include({
                streamId: streamId(stream),
                sequence: extent.sequence + n,
              });
              return block.subarray(128);
            });
          });
          expect(Buffer.concat(bytes)).to.deep.equal(Buffer.from(bytesOfStream(stream, 0, lengthBytes)));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('the indexes and the blocks tell the same, and what the session told', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { volume, session, durable } = await play(script);
        const found = await catalog(volume, 'index');
        expect(found.damage).to.deep.equal([]);
        expect(found.endOfData).to.deep.equal(session.checkpoints.at(-1)?.endOfData);
        expect(await catalog(volume, 'blocks')).to.deep.equal(found);
        expect(found.streams.map((stream) => [Number(stream.streamId.slice(-2)), stream.lengthBytes])).to.deep.equal(
          [...durable].toSorted(([a], [b]) => a - b),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('a flipped bit anywhere in an index changes nothing of the catalogue', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), fc.nat(), async (script, which, where) => {
        const { volume, session } = await play(script);
        const before = await catalog(volume, 'index');
        const indexes = session.checkpoints.map(({ endOfData }) => endOfData.lastIndex ?? -1);
        const address = indexes[which % indexes.length] ?? -1;
        volume.medium.flipBit(address, where % (volume.medium.blockAt(address).length * 8));
        const after = await catalog(volume, 'index');
        expect(after.streams).to.deep.equal(before.streams);
        expect(after.committedEnd).to.equal(before.committedEnd);
        expect(after.damage.map(({ blockAddress }) => blockAddress)).to.deep.equal([address]);
      }),
      { numRuns: 80 },
    );
  });
});
