import { expect } from 'chai';
import { isStorageError } from '../../../src/base/storage-error.js';
import { sealBlock } from '../../../src/volume/block-header.js';
import { findLastIndex, readIndexAt, readIndexChain, type VolumeTail } from '../../../src/volume/index-search.js';
import { VolumeReader } from '../../../src/volume/volume-reader.js';
import { makeVolume, SampleSession, VOLUME_ID, type SampleVolume } from '../../support/volume-samples.js';

async function search(volume: SampleVolume): Promise<VolumeTail> {
  return findLastIndex(new VolumeReader(volume.thread, VOLUME_ID), volume.slots);
}

/** Two checkpoints: 3 to 7 (start, two data, index at 6, filemark), 8 to 10 (data, index at 9, filemark). */
async function writeTwo(volume: SampleVolume): Promise<SampleSession> {
  const session = new SampleSession(volume);
  await session.data(0, 100);
  await session.data(0, 100);
  await session.checkpoint();
  await session.data(0, 100);
  await session.checkpoint();
  return session;
}

describe('the search for the last index', () => {
  it('finds none on a volume that was only labelled', async () => {
    const tail = await search(await makeVolume());
    expect(tail).to.deep.include({
      endOfData: { blockAddress: 3, sequence: 1, lastIndex: null },
      committedEnd: 3,
      lastIndex: null,
      closed: null,
      damage: [],
    });
  });

  it('finds the newest, and says of the end of data what the session said', async () => {
    const volume = await makeVolume();
    const session = await writeTwo(volume);
    const tail = await search(volume);
    expect(tail.endOfData).to.deep.equal(session.checkpoints.at(-1)?.endOfData);
    expect(tail.committedEnd).to.equal(tail.endOfData.blockAddress);
    expect(tail.lastIndex?.index?.entries[0]?.extents).to.deep.equal([
      { blockAddress: 8, sequence: 5, blocks: 1, offset: 200, bytes: 100 },
    ]);
  });

  it('finds one of many parts', async () => {
    const volume = await makeVolume();
    const session = new SampleSession(volume);
    for (let stream = 0; stream < 40; stream++) await session.data(stream, 10);
    const { endOfData } = await session.checkpoint();
    const tail = await search(volume);
    expect(tail.lastIndex?.parts.length).to.be.greaterThan(2);
    expect(tail.endOfData).to.deep.equal(endOfData);
    expect(tail.lastIndex?.index?.entries.length).to.equal(40);
  });

  for (const [what, filemarks] of [
    ['blocks', 0],
    ['blocks and a filemark', 1],
    ['blocks and two filemarks', 2],
  ] as const)
    it(`passes over what a crash left: ${what}`, async () => {
      const volume = await makeVolume();
      const session = await writeTwo(volume);
      await session.data(0, 100);
      await session.data(1, 100);
      await session.submit();
      if (filemarks > 0) await volume.thread.writeFilemarks(filemarks);
      const tail = await search(volume);
      expect(tail.endOfData).to.deep.equal({
        blockAddress: 14 + filemarks,
        sequence: 10,
        lastIndex: 9,
      });
      expect(tail.committedEnd).to.equal(11);
      expect(tail.damage).to.deep.equal([]);
    });

  it('passes over several crashes, and over one right behind the label', async () => {
    const volume = await makeVolume();
    let endOfData = { blockAddress: 3, sequence: 1, lastIndex: null as number | null };
    for (let session = 1; session <= 3; session++) {
      const crashed = new SampleSession(volume, { session, endOfData });
      await volume.thread.locateEndOfData();
      await crashed.data(session, 100);
      await crashed.submit();
      await volume.thread.writeFilemarks(1);
      const tail = await search(volume);
      expect(tail.endOfData).to.deep.equal({
        blockAddress: 3 + 3 * session,
        sequence: 1 + 2 * session,
        lastIndex: null,
      });
      expect(tail.committedEnd).to.equal(3);
      ({ endOfData } = tail);
    }
    const whole = new SampleSession(volume, { session: 4, endOfData });
    await volume.thread.locateEndOfData();
    await whole.data(9, 100);
    const checkpoint = await whole.checkpoint();
    const tail = await search(volume);
    expect(tail.endOfData).to.deep.equal(checkpoint.endOfData);
    expect(tail.lastIndex?.index).to.deep.include({ fromSequence: 7, toSequence: 9, previous: null });
  });

  it('does not take an index for a checkpoint whose filemark is missing', async () => {
    const volume = await makeVolume();
    const session = await writeTwo(volume);
    await session.data(0, 100);
    await session.writeIndex();
    const tail = await search(volume);
    expect(tail.committedEnd).to.equal(11);
    expect(tail.endOfData.lastIndex).to.equal(9);
  });

  it('does not take parts of an index for a checkpoint when a crash came between them', async () => {
    const volume = await makeVolume();
    const session = await writeTwo(volume);
    for (let stream = 1; stream < 40; stream++) await session.data(stream, 10);
    await session.submit();
    const first = session.appender.blockAddress;
    await session.writeIndex();
    expect(session.appender.blockAddress - first).to.be.greaterThan(2);
    for (const left of [1, 2]) {
      volume.medium.objects.length = first + left;
      // The driver's, on close.
      volume.medium.objects.push({ kind: 'filemark' });
      const tail = await search(volume);
      expect(tail.committedEnd).to.equal(11);
      expect(tail.endOfData).to.deep.include({ blockAddress: first + left + 1, lastIndex: 9 });
      expect(tail.damage).to.deep.equal([]);
    }
  });

  it('reads a VOLUME-END, with and without the filemark behind it', async () => {
    const volume = await makeVolume();
    const session = new SampleSession(volume);
    await session.data(0, 100);
    const { endOfData } = await session.close('full');
    const tail = await search(volume);
    expect(tail.closed).to.deep.include({ reason: 'full', lastIndex: 5, blocks: 1, bytes: 100 });
    expect(tail.endOfData).to.deep.equal(endOfData);
    expect(tail.committedEnd).to.equal(endOfData.blockAddress);
  });

  it('passes over a damaged index and tells where it was', async () => {
    for (const inflict of ['unreadable', 'payload'] as const) {
      const volume = await makeVolume();
      await writeTwo(volume);
      if (inflict === 'unreadable') volume.medium.unreadable.add(9);
      else volume.medium.flipBit(9, 8 * 140);
      const tail = await search(volume);
      expect(tail.lastIndex?.blockAddress).to.equal(6);
      expect(tail.endOfData).to.deep.equal({ blockAddress: 11, sequence: 7, lastIndex: 6 });
      expect(tail.damage.map(({ blockAddress }) => blockAddress)).to.deep.equal([9]);
    }
  });

  it('refuses a volume without a filemark behind its label', async () => {
    const volume = await makeVolume();
    volume.medium.objects.pop();
    let code = '';
    try {
      await search(volume);
    } catch (error) {
      if (isStorageError(error)) ({ code } = error);
    }
    expect(code).to.equal('VOLUME_LABEL_DAMAGED');
  });
});

describe('the chain of indexes', () => {
  it('leads from the last to the first', async () => {
    const volume = await makeVolume();
    await writeTwo(volume);
    const reader = new VolumeReader(volume.thread, VOLUME_ID);
    const first = await readIndexAt(reader, volume.slots, 9);
    const addresses: number[] = [];
    for await (const reading of readIndexChain(reader, volume.slots, first)) addresses.push(reading.blockAddress);
    expect(addresses).to.deep.equal([9, 6]);
  });

  it('ends behind a damaged index', async () => {
    const volume = await makeVolume();
    const session = await writeTwo(volume);
    await session.data(0, 100);
    await session.checkpoint();
    volume.medium.flipBit(9, 8 * 200);
    const reader = new VolumeReader(volume.thread, VOLUME_ID);
    const first = await readIndexAt(reader, volume.slots, 12);
    const found: boolean[] = [];
    for await (const { index } of readIndexChain(reader, volume.slots, first)) found.push(index !== null);
    expect(found).to.deep.equal([true, false]);
  });

  it('does not follow an index that names itself, or one behind it, as the one before', async () => {
    const volume = await makeVolume();
    await writeTwo(volume);
    const block = volume.medium.blockAt(9);
    const text = Buffer.from(block.subarray(128)).toString();
    block.set(Buffer.from(text.replace('"previous":6', '"previous":9')), 128);
    sealBlock(block);
    const reader = new VolumeReader(volume.thread, VOLUME_ID);
    const first = await readIndexAt(reader, volume.slots, 9);
    expect(first.index).to.equal(null);
    expect(first.damage.map(({ blockAddress }) => blockAddress)).to.deep.equal([9]);
  });

  it('does not take a place without an index for one', async () => {
    const volume = await makeVolume();
    await writeTwo(volume);
    const reading = await readIndexAt(new VolumeReader(volume.thread, VOLUME_ID), volume.slots, 4);
    expect(reading.index).to.equal(null);
    expect(reading.damage).to.have.length(1);
  });
});
