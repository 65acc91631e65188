import { expect } from 'chai';
import { crc32c } from '../../../src/base/crc32c.js';
import { catalogVolume, type VolumeCatalog } from '../../../src/volume/volume-catalog.js';
import { VolumeReader } from '../../../src/volume/volume-reader.js';
import {
  bytesOfStream,
  descriptor,
  makeVolume,
  SampleSession,
  sessionId,
  streamId,
  VOLUME_ID,
  type SampleVolume,
} from '../../support/volume-samples.js';

async function catalog(volume: SampleVolume, source: 'index' | 'blocks' = 'index'): Promise<VolumeCatalog> {
  const reader = new VolumeReader(volume.thread, VOLUME_ID);
  return catalogVolume(reader, volume.slots, source);
}

/** The catalogue without what damage adds to it. */
async function contentOf(
  volume: SampleVolume,
  source: 'index' | 'blocks' = 'index',
): Promise<Omit<VolumeCatalog, 'damage'>> {
  const { streams, endOfData, committedEnd, closed, tails, firstWrittenMs, lastWrittenMs } = await catalog(
    volume,
    source,
  );
  const sorted = streams.toSorted((a, b) => (a.streamId < b.streamId ? -1 : 1));
  return { streams: sorted, endOfData, committedEnd, closed, tails, firstWrittenMs, lastWrittenMs };
}

/** Three checkpoints of three streams; the index addresses are returned. */
async function writeThree(volume: SampleVolume): Promise<{ session: SampleSession; indexes: readonly number[] }> {
  const session = new SampleSession(volume);
  await session.data(0, 100);
  await session.data(1, 200);
  await session.data(0, 100);
  await session.checkpoint();
  await session.data(1, 200);
  await session.data(2, 300);
  await session.end(1);
  await session.checkpoint();
  await session.data(0, 50);
  await session.data(2, 60);
  await session.checkpoint();
  return { session, indexes: session.checkpoints.map(({ endOfData }) => endOfData.lastIndex ?? -1) };
}

function withoutLastIndex(content: Omit<VolumeCatalog, 'damage'>): unknown {
  return { ...content, endOfData: { ...content.endOfData, lastIndex: null } };
}

describe('the catalogue of a volume', () => {
  it('of a labelled volume is empty', async () => {
    expect(await catalog(await makeVolume())).to.deep.equal({
      streams: [],
      endOfData: { blockAddress: 3, sequence: 1, lastIndex: null },
      committedEnd: 3,
      closed: null,
      tails: [],
      firstWrittenMs: null,
      lastWrittenMs: null,
      damage: [],
    });
  });

  it('tells of every stream how it stood and where its bytes are', async () => {
    const volume = await makeVolume();
    const { session } = await writeThree(volume);
    const { streams, endOfData, damage } = await catalog(volume);
    expect(damage).to.deep.equal([]);
    expect(endOfData).to.deep.equal(session.checkpoints.at(-1)?.endOfData);
    expect(streams.map(({ descriptor: one }) => one)).to.deep.equal([descriptor(0), descriptor(1), descriptor(2)]);
    expect(streams[1]).to.deep.include({
      state: 'complete',
      lengthBytes: 400,
      crc32c: crc32c(bytesOfStream(1, 0, 400)),
      extents: [
        { blockAddress: 6, sequence: 4, blocks: 1, offset: 0, bytes: 200, sessionId: sessionId(1) },
        { blockAddress: 10, sequence: 7, blocks: 1, offset: 200, bytes: 200, sessionId: sessionId(1) },
      ],
    });
    expect(streams[0]).to.deep.include({ state: 'open', lengthBytes: 250 });
  });

  it('is the same from the indexes and from the blocks', async () => {
    const volume = await makeVolume();
    await writeThree(volume);
    expect(await contentOf(volume, 'blocks')).to.deep.equal(await contentOf(volume, 'index'));
  });

  for (let damaged = 1; damaged < 8; damaged++)
    it(`is the same with damaged indexes as with whole ones (pattern ${damaged.toString(2).padStart(3, '0')})`, async () => {
      for (const inflict of ['unreadable', 'payload', 'header'] as const) {
        const volume = await makeVolume();
        const { indexes } = await writeThree(volume);
        const before = withoutLastIndex(await contentOf(volume));
        const hit = indexes.filter((_, i) => (damaged >>> i) & 1);
        for (const address of hit) {
          if (inflict === 'unreadable') volume.medium.unreadable.add(address);
          else volume.medium.flipBit(address, inflict === 'payload' ? 2000 : 99);
        }
        expect(withoutLastIndex(await contentOf(volume)), inflict).to.deep.equal(before);
        const { damage } = await catalog(volume);
        expect(damage.map(({ blockAddress }) => blockAddress)).to.deep.equal(hit);
      }
    });

  it('loses nothing when any one part of an index of many parts is damaged', async () => {
    const volume = await makeVolume();
    const session = new SampleSession(volume);
    for (let stream = 0; stream < 20; stream++) await session.data(stream, 10);
    await session.checkpoint();
    for (let stream = 0; stream < 40; stream++) await session.data(stream, 10);
    await session.checkpoint();
    await session.data(3, 10);
    await session.checkpoint();
    const before = withoutLastIndex(await contentOf(volume));
    const second = session.checkpoints[1]?.endOfData;
    const from = second?.lastIndex ?? 0;
    const to = (second?.blockAddress ?? 0) - 1;
    expect(to - from).to.be.greaterThan(2);
    for (let address = from; address < to; address++) {
      volume.medium.flipBit(address, 1500);
      expect(withoutLastIndex(await contentOf(volume)), String(address)).to.deep.equal(before);
      volume.medium.flipBit(address, 1500);
    }
  });

  it('keeps the state of an aborted stream when another part of the index is damaged', async () => {
    const volume = await makeVolume();
    const session = new SampleSession(volume);
    for (let stream = 0; stream < 40; stream++) await session.data(stream, 10);
    session.abort(0);
    const { endOfData } = await session.checkpoint();
    volume.medium.flipBit(endOfData.blockAddress - 2, 1500);
    const { streams } = await catalog(volume);
    expect(streams.find((stream) => stream.streamId === streamId(0))?.state).to.equal('aborted');
  });

  it('leaves out what a crash left, from the indexes, from the blocks, and beside a damaged index', async () => {
    for (const filemarks of [0, 1, 2]) {
      const volume = await makeVolume();
      const { session } = await writeThree(volume);
      const before = await contentOf(volume);
      await volume.thread.locateEndOfData();
      // A crash in the middle of a checkpoint; then another session goes on behind it.
      await session.data(0, 70);
      await session.data(5, 70);
      await session.submit();
      if (filemarks > 0) await volume.thread.writeFilemarks(filemarks);
      expect(withoutLastIndex({ ...(await contentOf(volume)), endOfData: before.endOfData })).to.deep.equal(
        withoutLastIndex(before),
      );
      const found = await catalog(volume);
      expect(found.committedEnd).to.equal(before.committedEnd);

      await volume.thread.locateEndOfData();
      const next = new SampleSession(volume, { session: 2, endOfData: found.endOfData });
      await next.data(7, 80);
      await next.data(7, 80);
      const { endOfData } = await next.checkpoint();
      const after = await contentOf(volume);
      expect(after.streams.map((stream) => stream.streamId)).to.deep.equal([0, 1, 2, 7].map(streamId));
      expect(await contentOf(volume, 'blocks')).to.deep.equal(after);
      volume.medium.flipBit(endOfData.lastIndex ?? -1, 1500);
      expect(withoutLastIndex(await contentOf(volume))).to.deep.equal(withoutLastIndex(after));
    }
  });

  it('leaves out blocks behind which a crash left a part of their index and a filemark', async () => {
    const volume = await makeVolume();
    const { session } = await writeThree(volume);
    const before = await contentOf(volume);
    await volume.thread.locateEndOfData();
    for (let stream = 3; stream < 40; stream++) await session.data(stream, 10);
    await session.submit();
    const first = session.appender.blockAddress;
    await session.writeIndex();
    volume.medium.objects.length = first + 1;
    volume.medium.objects.push({ kind: 'filemark' });
    for (const source of ['index', 'blocks'] as const) {
      const found = await contentOf(volume, source);
      expect(found.streams).to.deep.equal(before.streams);
      expect(found.committedEnd).to.equal(before.committedEnd);
    }
  });

  it('loses nothing when any one filemark behind the label cannot be read, nor when all cannot', async () => {
    for (const source of ['index', 'blocks'] as const) {
      const whole = await makeVolume();
      await writeThree(whole);
      const before = await contentOf(whole, source);
      const filemarks = whole.medium.objects.flatMap(({ kind }, i) => (kind === 'filemark' && i > 2 ? [i] : []));
      expect(filemarks.length).to.equal(3);
      const lots = [...filemarks.map((one) => [one]), filemarks.slice(0, -1), filemarks];
      for (const [lost, spacingStops] of lots.flatMap((one) => [true, false].map((stops) => [one, stops] as const))) {
        const volume = await makeVolume();
        await writeThree(volume);
        for (const address of lost) volume.medium.unreadable.add(address);
        volume.medium.spacingStops = spacingStops;
        expect(
          (await contentOf(volume, source)).streams,
          `${source}, without ${lost.join(' ')}, ${String(spacingStops)}`,
        ).to.deep.equal(before.streams);
        // By the indexes only the last may be met; block by block each is.
        const met = (await catalog(volume, source)).damage.map(({ blockAddress }) => blockAddress);
        expect(met).to.satisfy((some: readonly number[]) => some.every((one) => lost.includes(one)));
        if (source === 'blocks') expect(met).to.deep.equal(lost);
      }
    }
  });

  it('keeps what a checkpoint brought whose filemark cannot be read when another session went on behind it', async () => {
    for (const source of ['index', 'blocks'] as const) {
      const volume = await makeVolume();
      const { session } = await writeThree(volume);
      const { endOfData } = session.checkpoints.at(-1) ?? { endOfData: null };
      if (endOfData === null) throw new Error('there was a checkpoint');
      const next = new SampleSession(volume, { session: 2, endOfData });
      await next.data(7, 80);
      await next.checkpoint();
      const before = await contentOf(volume, source);
      volume.medium.unreadable.add(endOfData.blockAddress - 1);
      expect((await contentOf(volume, source)).streams, source).to.deep.equal(before.streams);
    }
  });

  it('tells of a closed volume why it was closed', async () => {
    const volume = await makeVolume();
    const session = new SampleSession(volume);
    await session.data(0, 100);
    await session.close('full');
    const found = await contentOf(volume);
    expect(found.closed).to.deep.include({ reason: 'full', bytes: 100 });
    expect(found.committedEnd).to.equal(found.endOfData.blockAddress);
    expect(await contentOf(volume, 'blocks')).to.deep.equal(found);
  });

  it('names every damaged data block where it reads the blocks, and keeps the good ones', async () => {
    const volume = await makeVolume();
    const session = new SampleSession(volume);
    for (let i = 0; i < 5; i++) await session.data(0, 100);
    await session.checkpoint();
    volume.medium.flipBit(6, 1200);
    const { streams, damage } = await catalog(volume, 'blocks');
    expect(damage.map(({ blockAddress, damage: kind }) => [blockAddress, kind])).to.deep.equal([
      [6, 'payload-damaged'],
    ]);
    expect(streams[0]?.extents.map(({ offset, bytes }) => [offset, bytes])).to.deep.equal([
      [0, 200],
      [300, 200],
    ]);
    // What is missing is not guessed at.
    expect(streams[0]?.crc32c).to.equal(null);
  });

  it('tells of a stream whose STREAM-START is damaged what its blocks tell', async () => {
    const volume = await makeVolume();
    const session = new SampleSession(volume);
    await session.data(0, 100);
    const { endOfData } = await session.checkpoint();
    volume.medium.flipBit(3, 1200);
    volume.medium.flipBit(endOfData.lastIndex ?? -1, 1200);
    const { streams, damage } = await catalog(volume);
    expect(damage.map(({ blockAddress }) => blockAddress)).to.deep.equal([3, 5]);
    expect(streams).to.have.length(1);
    expect(streams[0]).to.deep.include({
      streamId: streamId(0),
      descriptor: null,
      continuesAt: null,
      state: 'open',
      lengthBytes: 100,
      crc32c: crc32c(bytesOfStream(0, 0, 100)),
    });
  });

  it('does not read the data blocks of checkpoints whose indexes are whole', async () => {
    const volume = await makeVolume(4);
    const session = new SampleSession(volume);
    for (let checkpoint = 0; checkpoint < 3; checkpoint++) {
      for (let i = 0; i < 100; i++) await session.data(0, 10);
      await session.checkpoint();
    }
    const before = volume.thread.readRuns;
    await catalog(volume);
    expect(volume.thread.readRuns - before).to.be.lessThan(10);
  });
});
