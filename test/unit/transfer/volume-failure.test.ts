import { expect } from 'chai';
import type { TransferLimits } from '../../../src/transfer/transfer-limits.js';
import { checkInvariants, randomBytes, RIG_PAYLOAD_BYTES, SaveRig, type RigOptions } from '../../support/save-rig.js';

const BLOCK = RIG_PAYLOAD_BYTES;
/** Objects of the label's tape file. */
const LABEL_OBJECTS = 3;

const ALWAYS: Partial<TransferLimits> = { replay: 'always' };
const WHEN_HELD: Partial<TransferLimits> = { replay: 'when-held' };

/** Two streams that end, one that lasts longer; the `n`-th object of the first volume cannot be written. */
async function saveWhileFailing(n: number, options: RigOptions): Promise<SaveRig> {
  const rig = new SaveRig({
    ...options,
    prepare: (medium, number) => {
      options.prepare?.(medium, number);
      if (number === 0) medium.failWriteAt = LABEL_OBJECTS + n;
    },
  });
  rig.open(1, randomBytes(1, 5 * BLOCK));
  rig.open(2, randomBytes(2, 3 * BLOCK + 7));
  rig.open(3, randomBytes(3, 12 * BLOCK));
  await rig.runToEnd();
  return rig;
}

describe('a volume that fails while it is written', () => {
  it('is not noticed by any client, whichever block, index or filemark of it fails', async () => {
    let failures = 0;
    for (let n = 0; n < 30; n++) {
      const rig = await saveWhileFailing(n, { limits: { ...ALWAYS, checkpointBytes: 6 * BLOCK } });
      expect(rig.outcome).to.equal('ended');
      expect(rig.eventsOf('failed')).to.deep.equal([]);
      expect(rig.eventsOf('saved')).to.have.length(3);
      const marked = rig.eventsOf('volume-error').map(({ volumeId, error }) => [volumeId, error.code]);
      if (rig.volumes.length > 1) {
        expect(marked).to.deep.equal([[rig.volumes[0]?.volumeId, 'MEDIUM_WRITE_ERROR']]);
        failures++;
      }
      checkInvariants(rig);
    }
    expect(failures).to.be.greaterThan(20);
  });

  it('is asked no more for, and another one is, for that reason', async () => {
    const reasons: string[] = [];
    const rig = await saveWhileFailing(2, {
      limits: ALWAYS,
      beforeOpen: (_, reason) => {
        reasons.push(reason);
        return Promise.resolve();
      },
    });
    expect(reasons).to.deep.equal(['first', 'failed']);
    // Nothing is written behind the failure.
    expect(rig.volumes[0]?.medium.objects).to.have.length(LABEL_OBJECTS + 2);
  });

  it('has what was written again made durable before long', async () => {
    const rig = new SaveRig({
      limits: { ...ALWAYS, checkpointBytes: 1000 * BLOCK },
      prepare: (medium, number) => {
        if (number === 0) medium.failWriteAt = LABEL_OBJECTS + 4;
      },
    });
    rig.open(1, randomBytes(1, 4 * BLOCK), { ends: false });
    await rig.run(() => rig.eventsOf('durable').length > 0);
    expect(rig.clock.monotonicMs(), 'not after the time of an idle session').to.be.lessThan(1000);
  });

  it('costs those streams their end of which not all blocks are held any more, and tells them how far they are durable', async () => {
    // A ring in which nothing can be held: all that may be shared is claimed, and everything else is kept for newcomers.
    const limits = { ...WHEN_HELD, newcomers: 8, sharedBlocks: 4, checkpointBytes: 1000 * BLOCK };
    const rig = new SaveRig({
      limits,
      prepare: (medium, number) => {
        if (number === 0) medium.failWriteAt = LABEL_OBJECTS + 25;
      },
    });
    rig.open(1, randomBytes(1, 40 * BLOCK));
    const late = rig.open(2, randomBytes(2, 2 * BLOCK), { eager: false, ends: false });
    await rig.run(() => rig.eventsOf('failed', 1).length > 0);
    const [failed] = rig.eventsOf('failed', 1);
    expect(failed?.error.code).to.equal('MEDIUM_WRITE_ERROR');
    expect(failed?.error.context['durableOffset']).to.equal(0);
    expect(failed?.error.message).to.contain('0 bytes are durable');
    // One that had nothing at stake goes on.
    await rig.run(() => late.creditTotal > 0);
    late.send(Infinity);
    late.end();
    await rig.runToEnd();
    expect(rig.eventsOf('saved', 2)).to.have.length(1);
    checkInvariants(rig);
  });

  it('is not noticed either, as long as nobody else needed the place of the blocks', async () => {
    const rig = await saveWhileFailing(12, { limits: { ...WHEN_HELD, streams: 64, checkpointBytes: 1000 * BLOCK } });
    expect(rig.volumes).to.have.length(2);
    expect(rig.eventsOf('saved')).to.have.length(3);
    checkInvariants(rig);
  });

  it('ends the session when too many fail in a row, and each stream is told how far it is durable', async () => {
    const rig = new SaveRig({
      limits: ALWAYS,
      prepare: (medium) => {
        medium.failWriteAt = LABEL_OBJECTS + 1;
      },
    });
    rig.open(1, randomBytes(1, 5 * BLOCK));
    await rig.runToEnd();
    expect(rig.volumes).to.have.length(rig.limits.volumeFailures);
    expect(rig.eventsOf('volume-error')).to.have.length(rig.limits.volumeFailures);
    expect(rig.eventsOf('failed', 1)[0]?.error.code).to.equal('MEDIUM_WRITE_ERROR');
    checkInvariants(rig);
  });

  it('does not matter to a stream whose client left meanwhile', async () => {
    const rig = new SaveRig({
      limits: ALWAYS,
      prepare: (medium, number) => {
        if (number === 0) medium.failWriteAt = LABEL_OBJECTS + 6;
      },
    });
    const gone = rig.open(1, randomBytes(1, 20 * BLOCK), { eager: false });
    await rig.run(() => gone.creditTotal > 0);
    gone.send(2);
    await rig.settle();
    gone.abort();
    rig.open(2, randomBytes(2, 10 * BLOCK));
    await rig.runToEnd();
    expect(rig.volumes).to.have.length(2);
    expect(rig.eventsOf('saved', 2)).to.have.length(1);
    expect(rig.eventsOf('given-up')).to.have.length(1);
    checkInvariants(rig);
  });

  it('is left also when its physical end came without a warning', async () => {
    const rig = new SaveRig({
      limits: ALWAYS,
      prepare: (medium, number) => {
        if (number === 0) medium.endAt = 11;
      },
    });
    rig.open(1, randomBytes(1, 20 * BLOCK));
    await rig.runToEnd();
    expect(rig.eventsOf('saved', 1)).to.have.length(1);
    expect(rig.eventsOf('volume-error').map(({ error }) => error.code)).to.deep.equal(['MEDIUM_FULL']);
    checkInvariants(rig);
  });
});

describe('a drive whose thread dies', () => {
  it('is left for another, and no client notices', async () => {
    const rig = new SaveRig({ limits: { ...ALWAYS, checkpointBytes: 4 * BLOCK } });
    const client = rig.open(1, randomBytes(1, 20 * BLOCK), { eager: false });
    await rig.run(() => client.creditTotal > 0);
    client.send(2);
    await rig.settle();
    await rig.volumes[0]?.thread.terminate();
    await rig.run(() => {
      client.send(Infinity);
      return rig.outcome !== null;
    });
    expect(rig.eventsOf('volume-error').map(({ error }) => error.code)).to.deep.equal(['DEVICE_THREAD_DIED']);
    expect(rig.eventsOf('saved', 1)).to.have.length(1);
    checkInvariants(rig);
  });
});

describe('a drive that fails between the mount and the first block', () => {
  it('is left for another as well, also where it is asked for its speeds first', async () => {
    const rig = new SaveRig({
      limits: { ...ALWAYS, collectBlocks: 8 },
      change: (volume) => {
        if (rig.volumes.length === 1) void volume.thread.terminate();
        return volume;
      },
    });
    rig.open(1, randomBytes(1, 5 * BLOCK));
    await rig.runToEnd();
    expect(rig.outcome).to.equal('ended');
    expect(rig.eventsOf('saved', 1)).to.have.length(1);
    expect(rig.eventsOf('volume-error').map(({ error }) => error.code)).to.deep.equal(['DEVICE_THREAD_DIED']);
    checkInvariants(rig);
  });
});

describe('a medium that somebody moves while a session writes it', () => {
  /** A session that has made something durable and has nothing to do for a while; then somebody acts, and more comes. */
  async function disturb(act: (rig: SaveRig) => Promise<void>): Promise<SaveRig> {
    const rig = new SaveRig({ limits: ALWAYS });
    const client = rig.open(1, randomBytes(1, 10 * BLOCK), { eager: false });
    await rig.run(() => client.creditTotal > 0);
    client.send(2);
    await rig.run(() => client.durableTo > 0);
    await rig.clock.advance(30_000);
    const before = rig.volumes[0]?.medium.objects.slice();
    await act(rig);
    await rig.run(() => {
      client.send(Infinity);
      return rig.outcome !== null;
    });
    expect(rig.volumes[0]?.medium.objects, 'nothing is written over').to.deep.equal(before);
    expect(rig.eventsOf('volume-error').map(({ error }) => error.code)).to.deep.equal(['DRIVE_POSITION_LOST']);
    expect(rig.eventsOf('saved', 1)).to.have.length(1);
    checkInvariants(rig);
    return rig;
  }

  it('is not written any more after it was rewound, and the streams go on elsewhere', async () => {
    await disturb(async (rig) => rig.volumes[0]?.thread.rewind());
  });

  it('is not written any more after a reset, either', async () => {
    await disturb((rig) => {
      rig.volumes[0]?.thread.losePosition();
      return Promise.resolve();
    });
  });
});

describe('blocks that keep their slots until they are durable', () => {
  it('force a checkpoint when they take their share of the ring, and not before', async () => {
    const limits = { ...ALWAYS, sharedBlocks: 16, checkpointBytes: 10_000 * BLOCK };
    const rig = new SaveRig({ limits });
    rig.open(1, randomBytes(1, 80 * BLOCK));
    await rig.runToEnd();
    expect(rig.eventsOf('saved', 1)).to.have.length(1);
    // 80 blocks, 8 of 16 kept at a time, and what was on its way when they were.
    expect(rig.checkpoints.length).to.be.within(80 / 16, 80 / 8 + 1);
    checkInvariants(rig);
  });

  it('cost no checkpoint where they give way', async () => {
    const rig = new SaveRig({ limits: { ...WHEN_HELD, sharedBlocks: 16, checkpointBytes: 10_000 * BLOCK } });
    rig.open(1, randomBytes(1, 80 * BLOCK));
    await rig.runToEnd();
    expect(rig.checkpoints).to.have.length(1);
  });

  it('never hold up for good more streams than the ring has blocks', async () => {
    const rig = new SaveRig({ limits: { ...ALWAYS, sharedBlocks: 4, checkpointBytes: 10_000 * BLOCK } });
    for (let n = 0; n < 8; n++) rig.open(n, randomBytes(n, 9 * BLOCK));
    await rig.runToEnd();
    expect(rig.eventsOf('saved')).to.have.length(8);
    checkInvariants(rig);
  });
});
