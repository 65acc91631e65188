import { expect } from 'chai';
import { crc32c } from '../../../src/base/crc32c.js';
import { StorageError } from '../../../src/base/storage-error.js';
import { catalogVolume } from '../../../src/volume/volume-catalog.js';
import { VolumeReader } from '../../../src/volume/volume-reader.js';
import { streamIdOf } from '../../support/records.js';
import {
  checkInvariants,
  describeStream,
  randomBytes,
  readCommitted,
  RIG_LIMITS,
  RIG_PAYLOAD_BYTES,
  SaveRig,
  slotsOf,
} from '../../support/save-rig.js';

const BLOCK = RIG_PAYLOAD_BYTES;

/** The streams of a medium's data blocks, in order, as runs: [stream, blocks]. */
function runsOn(rig: SaveRig, volume = 0): readonly (readonly [string, number])[] {
  const runs: [string, number][] = [];
  for (const { descriptor, extents } of rig.checkpoints.flatMap((checkpoint) =>
    checkpoint.volumeId === rig.volumes[volume]?.volumeId ? checkpoint.streams : [],
  ))
    for (const { blocks } of extents) runs.push([descriptor.client, blocks]);
  return runs;
}

describe('a save session', () => {
  it('brings back what many interleaved streams sent, bit for bit, and says saved with their length and CRC', async () => {
    const rig = new SaveRig();
    const sizes = [0, 1, BLOCK, 7 * BLOCK + 5, 30 * BLOCK, 100];
    sizes.forEach((size, n) => rig.open(n, randomBytes(n, size), { frameBytes: [BLOCK, 17, 900] }));
    await rig.runToEnd();

    checkInvariants(rig);
    expect(rig.outcome).to.equal('ended');
    const readable = readCommitted(rig);
    for (const { number, bytes } of rig.clients) {
      const [saved] = rig.eventsOf('saved', number);
      expect(saved?.saved.lengthBytes).to.equal(bytes.length);
      expect(saved?.saved.crc32c).to.equal(crc32c(bytes));
      expect(Buffer.from(readable.get(streamIdOf(number)) ?? []).equals(bytes)).to.equal(true);
    }
  });

  it('lets the volume alone tell the same as the inventory was told', async () => {
    const rig = new SaveRig();
    for (let n = 0; n < 4; n++) rig.open(n, randomBytes(n, n * 5 * BLOCK + n));
    await rig.runToEnd();

    const [volume] = rig.volumes;
    if (volume === undefined) throw new Error('no volume');
    const slots = slotsOf(rig.ring.memory).slice(0, 4);
    const catalog = await catalogVolume(new VolumeReader(volume.thread, volume.volumeId), slots);
    expect(catalog.damage).to.deep.equal([]);
    expect(catalog.endOfData).to.deep.equal(rig.checkpoints.at(-1)?.endOfData);
    for (const { streamId, state, lengthBytes, extents } of catalog.streams) {
      const told = rig.checkpoints.flatMap(({ streams }) =>
        streams.filter(({ descriptor }) => descriptor.streamId === streamId),
      );
      expect(state).to.equal('complete');
      expect(lengthBytes).to.equal(told.at(-1)?.durableBytes);
      expect(extents.map(({ blockAddress, blocks }) => [blockAddress, blocks])).to.deep.equal(
        told.flatMap((one) => one.extents.map(({ blockAddress, blocks }) => [blockAddress, blocks])),
      );
    }
    expect(catalog.streams).to.have.length(4);
  });

  it('gives no credit before a volume is mounted and tells those who wait why, also one that joins meanwhile', async () => {
    let mount = (): void => undefined;
    const mounted = new Promise<void>((resolve) => (mount = resolve));
    const rig = new SaveRig({ beforeOpen: () => mounted });
    const first = rig.open(1, randomBytes(1, BLOCK));
    await rig.settle();
    const second = rig.open(2, randomBytes(2, BLOCK));
    await rig.settle();
    expect([first.creditTotal, second.creditTotal]).to.deep.equal([0, 0]);
    expect([first.waits, second.waits]).to.deep.equal([['mount'], ['mount']]);
    expect(first.stream.takeSlot()).to.equal(null);
    mount();
    await rig.runToEnd();
    expect(rig.eventsOf('saved')).to.have.length(2);
    checkInvariants(rig);
  });

  it('acknowledges nothing while the inventory commits', async () => {
    let commit = (): void => undefined;
    const committed = new Promise<void>((resolve) => (commit = resolve));
    const rig = new SaveRig({ beforeCommit: () => committed });
    rig.open(1, randomBytes(1, 3 * BLOCK));
    await rig.run(
      () => (rig.volumes[0]?.medium.objects.at(-1)?.kind ?? '') === 'filemark' && rig.clock.monotonicMs() > 3000,
    );
    expect(rig.volumes[0]?.medium.objects.filter(({ kind }) => kind === 'filemark')).to.have.length(2);
    expect(rig.events).to.deep.equal([]);
    commit();
    await rig.runToEnd();
    expect(rig.events.map(({ kind }) => kind)).to.deep.equal(['commit', 'durable', 'saved']);
  });

  describe('on a tape that must stream', () => {
    /** LTO-9: whatever the rig's clients send is far too slow for it. */
    const densityCode = 0x60;
    const limits = { collectBlocks: 40, burstHoldMs: 30_000, creditCollectBlocks: 4 };
    const dataBlocks = (rig: SaveRig): number => rig.session.snapshot().blocks;

    it('collects what slow clients send and writes it in one burst that ends with a checkpoint', async () => {
      const rig = new SaveRig({ densityCode, limits });
      const clients = [1, 2].map((n) => rig.open(n, randomBytes(n, 12 * BLOCK), { ends: false }));
      await rig.settle();
      await rig.clock.advance(29_000);
      expect(clients.map(({ sent }) => sent)).to.deep.equal([12 * BLOCK, 12 * BLOCK]);
      expect([dataBlocks(rig), rig.checkpoints.length]).to.deep.equal([0, 0]);
      await rig.run(() => rig.checkpoints.length > 0);
      expect(rig.clock.monotonicMs()).to.be.within(30_000, 35_000);
      expect(rig.checkpoints.map(({ blocks }) => blocks)).to.deep.equal([24]);
      expect(rig.eventsOf('durable')).to.have.length(2);
      await rig.clock.advance(20_000);
      expect(rig.checkpoints).to.have.length(1);
      for (const client of clients) client.end();
      await rig.runToEnd();
      checkInvariants(rig);
    });

    it('starts when the buffer is full, which leaves others what they share', async () => {
      const rig = new SaveRig({ densityCode, limits });
      rig.open(1, randomBytes(1, 200 * BLOCK));
      await rig.run(() => dataBlocks(rig) > 0);
      expect(rig.clock.monotonicMs()).to.be.lessThan(5000);
      await rig.runToEnd();
      expect(rig.eventsOf('saved')).to.have.length(1);
      expect(rig.checkpoints.every(({ blocks }) => blocks === 0 || blocks >= 30)).to.equal(true);
      checkInvariants(rig);
    });

    it('writes at once when the last stream has ended, and when it is stopped', async () => {
      const rig = new SaveRig({ densityCode, limits });
      rig.open(1, randomBytes(1, 3 * BLOCK));
      await rig.run(() => rig.eventsOf('saved').length === 1);
      expect(rig.clock.monotonicMs()).to.be.lessThan(1000);
      rig.open(2, randomBytes(2, 3 * BLOCK), { ends: false });
      await rig.settle();
      void rig.session.stop();
      await rig.runToEnd();
      expect(rig.clock.monotonicMs()).to.be.lessThan(2000);
      expect(rig.eventsOf('durable', 2).map(({ offset }) => offset)).to.deep.equal([3 * BLOCK]);
      checkInvariants(rig);
    });

    it('collects nothing for a disk, nor without a buffer for it', async () => {
      for (const options of [
        { densityCode: null, limits },
        { densityCode, limits: { ...limits, collectBlocks: 0 } },
      ]) {
        const rig = new SaveRig(options);
        const client = rig.open(1, randomBytes(1, 3 * BLOCK), { ends: false });
        await rig.settle();
        expect(dataBlocks(rig)).to.equal(3);
        client.end();
        await rig.runToEnd();
      }
    });
  });

  it('lets streams that end at about the same time share one checkpoint', async () => {
    const rig = new SaveRig();
    rig.open(0, randomBytes(0, 5 * BLOCK), { eager: false });
    for (let n = 1; n < 6; n++) rig.open(n, randomBytes(n, BLOCK));
    await rig.run(() => rig.eventsOf('saved').length === 5);
    expect(rig.checkpoints).to.have.length(1);
  });

  it('makes a lone stream durable at once when it ends', async () => {
    const rig = new SaveRig();
    rig.open(0, randomBytes(0, 5 * BLOCK));
    await rig.run(() => rig.eventsOf('saved').length === 1);
    expect(rig.clock.monotonicMs()).to.equal(0);
  });

  it('checkpoints after so many bytes, so many seconds, and when nothing comes any more', async () => {
    const byBytes = new SaveRig({ limits: { checkpointBytes: 4 * BLOCK } });
    byBytes.open(0, randomBytes(0, 30 * BLOCK));
    await byBytes.run(() => byBytes.eventsOf('saved').length === 1);
    expect(byBytes.checkpoints.length).to.be.within(3, 8);
    checkInvariants(byBytes);

    const byIdleness = new SaveRig();
    byIdleness.open(0, randomBytes(0, 3 * BLOCK), { ends: false });
    await byIdleness.run(() => byIdleness.eventsOf('durable').length === 1);
    expect(byIdleness.clock.monotonicMs()).to.be.within(5000, 5200);

    const bySeconds = new SaveRig({ limits: { checkpointIdleMs: 1_000_000 } });
    bySeconds.open(0, randomBytes(0, 3 * BLOCK), { ends: false });
    await bySeconds.run(() => bySeconds.eventsOf('durable').length === 1);
    expect(bySeconds.clock.monotonicMs()).to.be.within(60_000, 60_200);
  });

  it('is not held up by a client that stalls with credit in hand', async () => {
    const rig = new SaveRig();
    rig.open(0, randomBytes(0, 9 * BLOCK), { eager: false });
    rig.open(1, randomBytes(1, 50 * BLOCK));
    await rig.run(() => rig.eventsOf('saved', 1).length === 1);
    checkInvariants(rig);
  });

  it('writes long runs of one stream while others wait', async () => {
    const rig = new SaveRig({ limits: { creditMaxBlocks: 5, creditStartBlocks: 5 } });
    for (let n = 0; n < 2; n++) rig.open(n, randomBytes(n, 40 * BLOCK));
    await rig.runToEnd();
    const lengths = runsOn(rig).map(([, blocks]) => blocks);
    expect(Math.max(...lengths)).to.be.at.most(2 * RIG_LIMITS.runBlocks);
    expect(80 / lengths.length).to.be.greaterThan(2);
    checkInvariants(rig);
  });

  it('keeps an aborted stream as far as it was written, and the books and the volume say so', async () => {
    const rig = new SaveRig();
    const client = rig.open(1, randomBytes(1, 9 * BLOCK), { eager: false });
    await rig.settle();
    expect(client.send(2)).to.equal(2);
    await rig.settle();
    client.abort('lost interest');
    await rig.runToEnd();
    const [told] = rig.checkpoints[0]?.streams ?? [];
    expect(told).to.include({ state: 'aborted', reason: 'lost interest', durableBytes: 2 * BLOCK });
    expect(rig.events.map(({ kind }) => kind)).to.deep.equal(['commit']);
    checkInvariants(rig);
  });

  it('gives a stream up in the inventory that was aborted before anything of it was written', async () => {
    const rig = new SaveRig();
    const client = rig.open(1, randomBytes(1, BLOCK), { eager: false });
    client.abort('changed its mind');
    await rig.runToEnd();
    expect(rig.eventsOf('given-up')).to.deep.equal([
      { kind: 'given-up', streamId: streamIdOf(1), reason: 'changed its mind' },
    ]);
    expect(rig.checkpoints).to.deep.equal([]);
    checkInvariants(rig);
  });

  it('ends by itself when no stream is left for a while, and without a volume when none ever came', async () => {
    const rig = new SaveRig();
    await rig.runToEnd();
    expect(rig.volumes).to.have.length(0);
    expect(rig.session.acceptsStreams).to.equal(false);
    checkInvariants(rig);

    const used = new SaveRig();
    used.open(1, randomBytes(1, BLOCK));
    await used.run(() => used.eventsOf('saved').length === 1);
    used.open(2, randomBytes(2, BLOCK));
    await used.runToEnd();
    expect(used.outcome).to.equal('ended');
    expect(used.eventsOf('saved')).to.have.length(2);
    expect(used.volumes).to.have.length(1);
    expect(used.clock.monotonicMs()).to.be.within(RIG_LIMITS.lingerMs, RIG_LIMITS.lingerMs + 400);
  });

  it('writes what was received when it is stopped, saves what ended and fails the rest after saying how far it is durable', async () => {
    const rig = new SaveRig();
    const open = rig.open(1, randomBytes(1, 9 * BLOCK), { eager: false });
    const ended = rig.open(2, randomBytes(2, 2 * BLOCK), { eager: false });
    const silent = rig.open(3, randomBytes(3, 2 * BLOCK), { eager: false });
    await rig.settle();
    open.send(2);
    ended.send(2);
    await Promise.all([rig.session.stop(), rig.runToEnd()]);
    expect(rig.outcome).to.equal('ended');
    expect(rig.eventsOf('saved').map(({ stream }) => stream)).to.deep.equal([2]);
    const failures = rig
      .eventsOf('failed')
      .map(({ stream, error }) => [stream, error.code, error.context['durableOffset']]);
    expect(failures).to.have.deep.members([
      [1, 'JOB_SHUTTING_DOWN', 2 * BLOCK],
      [3, 'JOB_SHUTTING_DOWN', 0],
    ]);
    expect(open.durableTo).to.equal(2 * BLOCK);
    expect(silent.durableTo).to.equal(0);
    expect(rig.eventsOf('given-up').map(({ streamId }) => streamId)).to.deep.equal([streamIdOf(3)]);
    checkInvariants(rig);
  });

  it('is over at once when it is stopped without streams, and takes none afterwards', async () => {
    const rig = new SaveRig();
    await rig.session.stop();
    expect(rig.session.acceptsStreams).to.equal(false);
    expect(() => rig.session.openStream(describeStream(1), rig.clients[0] as never)).to.throw('goes on');
    checkInvariants(rig);
  });

  it('refuses more streams than the ring has blocks for, and loses none of the others', async () => {
    const rig = new SaveRig();
    for (let n = 0; n < RIG_LIMITS.streams; n++) rig.open(n, randomBytes(n, 3 * BLOCK));
    expect(() => rig.open(99, new Uint8Array(1)))
      .to.throw('as this node allows')
      .with.property('code', 'JOB_LIMIT');
    await rig.runToEnd();
    expect(rig.eventsOf('saved')).to.have.length(RIG_LIMITS.streams);
    checkInvariants(rig);
  });

  it('spans volumes without its clients noticing', async () => {
    const rig = new SaveRig({
      prepare: (medium) => {
        medium.earlyWarningAt = 20;
      },
    });
    for (let n = 0; n < 3; n++) rig.open(n, randomBytes(n, 25 * BLOCK + n));
    await rig.runToEnd();
    checkInvariants(rig);
    expect(rig.eventsOf('failed')).to.deep.equal([]);
    expect(rig.volumes.length).to.be.greaterThan(3);
    for (const { volumeId } of rig.volumes.slice(0, -1)) {
      const closing = rig.checkpoints.filter((checkpoint) => checkpoint.volumeId === volumeId).at(-1);
      expect(closing?.closed).to.equal('full');
    }
    for (const { number, bytes } of rig.clients) {
      expect(Buffer.from(readCommitted(rig).get(streamIdOf(number)) ?? []).equals(bytes)).to.equal(true);
      expect(rig.eventsOf('saved', number)[0]?.saved.volumes).to.have.length.greaterThan(1);
    }
  });

  it('asks for the next volume while a stated part of this one is left, and once', async () => {
    const rig = new SaveRig({
      prepare: (medium) => {
        medium.earlyWarningAt = 100;
        medium.blockBytes = 4096;
      },
      limits: { prepareBytes: 30 * 4096, prepareFraction: 1 },
    });
    const client = rig.open(1, randomBytes(1, 140 * BLOCK), { eager: false });
    await rig.settle();
    const objects = (): number => rig.volumes[0]?.medium.objects.length ?? 0;
    await rig.run(() => client.send(1) < 0 || rig.isPreparing);
    expect(objects()).to.be.within(64, 80);
    await rig.run(() => client.send(1) < 0 || rig.volumes.length === 2);
    expect(rig.eventsOf('prepare')).to.deep.equal([{ kind: 'prepare', volume: 0 }]);
    await rig.run(() => client.send(1) < 0 || client.isOver);
    await rig.runToEnd();
    checkInvariants(rig);
  });

  it('asks for the next volume when the end comes near of one whose drive tells nothing', async () => {
    const rig = new SaveRig({
      prepare: (medium) => {
        medium.earlyWarningAt = 20;
      },
    });
    rig.open(1, randomBytes(1, 25 * BLOCK));
    await rig.runToEnd();
    expect(rig.eventsOf('prepare')[0]).to.deep.equal({ kind: 'prepare', volume: 0 });
    checkInvariants(rig);
  });

  it('asks for no volume that no stream would be written to', async () => {
    const rig = new SaveRig({
      prepare: (medium) => {
        medium.earlyWarningAt = 10;
        medium.blockBytes = 4096;
      },
      limits: { prepareBytes: 30 * 4096, prepareFraction: 1 },
    });
    const client = rig.open(1, randomBytes(1, 5 * BLOCK), { eager: false });
    client.abort();
    await rig.runToEnd();
    expect(rig.eventsOf('prepare')).to.deep.equal([]);
  });

  it('is over in good order when it is stopped while it waits for a volume, and says how far its streams are durable', async () => {
    const stopping = new AbortController();
    const rig: SaveRig = new SaveRig({
      prepare: (medium) => {
        medium.earlyWarningAt = 20;
      },
      beforeOpen: async (number) => {
        if (number > 0) await rig.clock.sleep(1e9, stopping.signal);
      },
    });
    const client = rig.open(1, randomBytes(1, 40 * BLOCK));
    await rig.run(() => rig.checkpoints.at(-1)?.closed === 'full');
    await rig.settle();
    expect(rig.session.snapshot().state).to.equal('mounting');
    const stopped = rig.session.stop();
    stopping.abort(new StorageError('JOB_SHUTTING_DOWN', 'the daemon stops'));
    await stopped;
    await rig.settle();
    expect(rig.outcome).to.equal('ended');
    const [failure] = rig.eventsOf('failed', 1);
    expect(failure?.error.code).to.equal('JOB_SHUTTING_DOWN');
    expect(failure?.error.context['durableOffset']).to.equal(client.durableTo);
    checkInvariants(rig);
  });

  it('tells where its seconds and bytes went', async () => {
    const rig: SaveRig = new SaveRig({ beforeOpen: async () => rig.clock.sleep(7000) });
    rig.open(1, randomBytes(1, 3 * BLOCK), { ends: false });
    await rig.run(() => rig.eventsOf('durable').length === 1);
    const { state, bytes, blocks, checkpoints, seconds, streams } = rig.session.snapshot();
    expect({ state, bytes, blocks, checkpoints }).to.deep.equal({
      state: 'running',
      bytes: 3 * BLOCK,
      blocks: 3,
      checkpoints: 1,
    });
    expect(seconds.mount).to.equal(7);
    expect(seconds.waitForData).to.be.closeTo(5, 0.2);
    expect(
      streams.map(({ receivedBytes, writtenBytes, durableBytes }) => [receivedBytes, writtenBytes, durableBytes]),
    ).to.deep.equal([[3 * BLOCK, 3 * BLOCK, 3 * BLOCK]]);
  });
});
