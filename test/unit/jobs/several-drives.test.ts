import { expect } from 'chai';
import { StorageError } from '../../../src/base/storage-error.js';
import { LIBRARY_PAYLOAD_BYTES, LibraryRig, type LibraryClient } from '../../support/library-rig.js';

const BLOCK = LIBRARY_PAYLOAD_BYTES;
const SLOW = { paceMs: 1000 };

describe('a pool that may be written on several drives at once', () => {
  let rig: LibraryRig;

  async function begin(options: ConstructorParameters<typeof LibraryRig>[0] = {}, labelled?: number): Promise<void> {
    rig = await new LibraryRig({ pool: { maxDrives: 2, streamsPerDrive: 2 }, ...options }).start(labelled);
  }

  afterEach(async () => {
    await rig.stop();
  });

  /** Opens streams one after another, as clients do, without waiting for anything else. */
  async function open(...blocks: readonly number[]): Promise<readonly LibraryClient[]> {
    const clients: LibraryClient[] = [];
    for (const count of blocks) {
      clients.push(rig.save(rig.clients.length + 1, count * BLOCK, SLOW));
      await rig.settle();
    }
    return clients;
  }

  const streamsOfSessions = (): readonly number[] => rig.saves.running.map(({ session }) => session.streamCount);

  async function expectSavedAndRestored(): Promise<void> {
    for (const client of rig.clients) {
      await rig.run(() => client.isOver);
      expect(client.isSaved, client.error?.message).to.equal(true);
    }
    await rig.run(() => rig.saves.running.length === 0);
    for (const client of rig.clients) {
      if (client.streamId === null) throw new Error('it was never opened');
      const receiver = rig.restore(client.streamId);
      await rig.run(() => receiver.outcome !== null);
      expect(receiver.bytes.equals(client.bytes), 'restored bytes equal what was saved').to.equal(true);
    }
    await rig.run(() => rig.bays.every((bay) => !rig.leases.isLeased(bay)));
    rig.expectIdle();
  }

  it('takes another drive when a drive has the streams it should, and then spreads them evenly', async () => {
    await begin({ cartridgeMebibytes: 32 });
    await open(90, 90);
    expect(streamsOfSessions()).to.deep.equal([2]);
    await open(90);
    expect(streamsOfSessions()).to.deep.equal([2, 1]);
    await open(10, 10, 10);
    expect(streamsOfSessions()).to.deep.equal([3, 3]);
    let written: readonly (string | undefined)[] = [];
    await rig.run(() => {
      written = rig.saves.running.map(({ volumes }) => volumes.bay?.name);
      return new Set(written).size === 2 && !written.includes(undefined);
    });
    expect([...written].sort()).to.deep.equal(['tape0', 'tape1']);
    await expectSavedAndRestored();
  });

  it('does the same for streams that come all at once', async () => {
    await begin();
    for (let n = 1; n <= 6; n++) rig.save(n, 5 * BLOCK, SLOW);
    await rig.settle();
    expect(streamsOfSessions()).to.deep.equal([3, 3]);
    await expectSavedAndRestored();
  });

  it('spans volumes in each drive by itself', async () => {
    await begin({ cartridges: 6 });
    await open(60, 60, 60, 60);
    await expectSavedAndRestored();
    const volumes = await Promise.all([1, 2, 3, 4, 5, 6].map(async (n) => rig.volume(n)));
    expect(volumes.filter(({ blocks }) => blocks > 0)).to.have.length.of.at.least(4);
  });

  it('uses one drive where nothing else is asked for', async () => {
    await begin({ pool: {} });
    await open(5, 5, 5, 5, 5, 5);
    expect(streamsOfSessions()).to.deep.equal([6]);
    await expectSavedAndRestored();
  });

  it('shares the drive when there is no volume for another, also while the first is not mounted yet', async () => {
    await begin({}, 1);
    await open(5, 5, 5);
    expect(streamsOfSessions()).to.deep.equal([3]);
    await rig.run(() => rig.saves.running[0]?.volumes.isMounting === false);
    await open(5);
    expect(streamsOfSessions()).to.deep.equal([4]);
    expect(rig.requests.pending).to.deep.equal([]);
    await expectSavedAndRestored();
  });

  it('shares the drive when the others are down or somebody has them', async () => {
    await begin();
    await open(30, 30);
    const lease = rig.leases.tryAcquire({ fits: ({ name }) => name === 'tape1', preference: () => 0 });
    await open(5);
    expect(streamsOfSessions()).to.deep.equal([3]);
    lease?.release();
    const [, tape1] = rig.bays;
    if (tape1 !== undefined) await rig.driveBook.takeDown(tape1, 'olga', 'noisy');
    await open(5);
    expect(streamsOfSessions()).to.deep.equal([4]);
    await expectSavedAndRestored();
  });

  it('shares the drive when the library fails to answer, or does not answer soon', async () => {
    // Nothing is got ready on the other drive.
    await begin({ limits: { prepareBytes: 0 } });
    await open(60, 60);
    await rig.run(() => rig.saves.running[0]?.volumes.isMounting === false);
    rig.library.fault = (what) =>
      what === 'cartridges' ? new StorageError('CHANGER_NOT_READY', 'It is counting its slots.') : null;
    await open(5);
    expect(streamsOfSessions()).to.deep.equal([3]);
    rig.library.fault = () => null;
    const askedMs = rig.clock.monotonicMs();
    const mute = rig.library.mute();
    await open(5);
    await rig.run(() => rig.clients[3]?.streamId !== null);
    expect(streamsOfSessions()).to.deep.equal([4]);
    expect(rig.clock.monotonicMs() - askedMs).to.be.within(1, 6000);
    mute.end();
    await open(5);
    expect(streamsOfSessions(), 'the next one is spread again').to.deep.equal([4, 1]);
    await expectSavedAndRestored();
  });

  it('gives a drive to a restore that waits, as ever', async () => {
    await begin();
    await open(5);
    await expectSavedAndRestored();
    const [saved] = rig.clients;
    await open(40, 40, 40);
    await rig.run(() => rig.saves.running.length === 2);
    const receiver = rig.restore(saved?.streamId ?? ('' as never));
    await rig.settle();
    await open(5);
    expect(streamsOfSessions(), 'nobody joins the session whose volume is wanted').to.deep.equal([2, 2]);
    await rig.run(() => receiver.outcome !== null);
    expect(receiver.outcome).to.equal('finished');
    await expectSavedAndRestored();
  });

  it('takes no drive any more once the daemon stops', async () => {
    await begin();
    await open(30, 30);
    const late = rig.save(3, BLOCK, SLOW);
    await rig.finish(rig.saves.stop());
    await rig.run(() => late.isOver);
    expect(late.error?.code).to.equal('JOB_SHUTTING_DOWN');
    rig.expectIdle();
  });
});
