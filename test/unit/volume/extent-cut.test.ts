import { expect } from 'chai';
import { cutExtent } from '../../../src/volume/extent-cut.js';
import type { Extent } from '../../../src/volume/extent.js';
import { VolumeReader } from '../../../src/volume/volume-reader.js';
import { makeVolume, SampleSession, streamId, VOLUME_ID, type SampleVolume } from '../../support/volume-samples.js';

const SIZES = [10, 200, 35, 1, 90, 90, 4, 700, 12];

/** One run of blocks of those sizes, behind another stream's. */
async function writeRun(): Promise<{ readonly volume: SampleVolume; readonly extent: Extent }> {
  const volume = await makeVolume();
  const session = new SampleSession(volume);
  await session.data(1, 50);
  await session.data(0, 5);
  for (const size of SIZES) await session.data(0, size);
  const { extents } = await session.checkpoint();
  const [extent] = extents.get(streamId(0)) ?? [];
  if (extent === undefined) throw new Error('one run was written');
  return { volume, extent };
}

describe('cutting a run of blocks by the bytes of its stream', () => {
  it('finds every part that whole blocks carry, and no other', async () => {
    const { volume, extent } = await writeRun();
    const reader = new VolumeReader(volume.thread, VOLUME_ID);
    const edges = [0];
    for (const size of [5, ...SIZES]) edges.push((edges.at(-1) ?? 0) + size);
    for (const [i, from] of edges.entries())
      for (const [k, to] of edges.entries()) {
        const part = await cutExtent(reader, volume.slots, extent, from, to);
        const expected = {
          blockAddress: extent.blockAddress + i,
          sequence: extent.sequence + i,
          blocks: k - i,
          offset: from,
          bytes: to - from,
        };
        expect(part).to.deep.equal(k > i ? expected : null);
      }
    for (const [from, to] of [
      [1, 5],
      [5, 6],
      [0, 1146],
      [16, 250],
    ] as const)
      expect(await cutExtent(reader, volume.slots, extent, from, to), `${String(from)}-${String(to)}`).to.equal(null);
  });

  it('finds nothing when a block it must look at is not the one it should be', async () => {
    const { volume, extent } = await writeRun();
    for (let i = 1; i < extent.blocks; i++) volume.medium.flipBit(extent.blockAddress + i, 1030);
    const reader = new VolumeReader(volume.thread, VOLUME_ID);
    expect(await cutExtent(reader, volume.slots, extent, 0, 215)).to.equal(null);
    expect(await cutExtent(reader, volume.slots, extent, 0, extent.bytes)).to.deep.equal(extent);
  });
});
