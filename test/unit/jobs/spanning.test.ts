import { expect } from 'chai';
import { StorageError } from '../../../src/base/storage-error.js';
import { MediaStates } from '../../../src/media/media-states.js';
import {
  LIBRARY_PAYLOAD_BYTES,
  LibraryRig,
  libraryBarcode,
  MOVE_MS,
  type LibraryClient,
} from '../../support/library-rig.js';
import type { RigReceiver } from '../../support/restore-rig.js';

const BLOCK = LIBRARY_PAYLOAD_BYTES;
const HARDWARE = { key: 4, asc: 0x44, ascq: 0 };
const MEBIBYTE = 1024 * 1024;

/** Every stream that was saved comes back bit for bit. */
async function expectRestores(rig: LibraryRig, ...clients: readonly LibraryClient[]): Promise<void> {
  for (const client of clients) {
    expect(client.isSaved, client.error?.message).to.equal(true);
    if (client.streamId === null) throw new Error('it was never opened');
    const receiver: RigReceiver = rig.restore(client.streamId);
    await rig.run(() => receiver.outcome !== null);
    expect(receiver.outcome).to.equal('finished');
    expect(receiver.bytes.equals(client.bytes), 'restored bytes equal what was saved').to.equal(true);
  }
}

async function volumesOf(rig: LibraryRig, client: LibraryClient): Promise<number> {
  if (client.streamId === null) throw new Error('it was never opened');
  return (await rig.inventory.stream(client.streamId))?.volumes.length ?? 0;
}

/** The longest time it did not send. */
function longestGapMs({ sentAtMs }: LibraryClient): number {
  return Math.max(...sentAtMs.slice(1).map((atMs, i) => atMs - (sentAtMs[i] ?? 0)));
}

describe('spanning', () => {
  let rig: LibraryRig;

  async function begin(
    options: ConstructorParameters<typeof LibraryRig>[0] = {},
    labelled?: number,
  ): Promise<LibraryRig> {
    rig = await new LibraryRig(options).start(labelled);
    return rig;
  }

  afterEach(async () => {
    await rig.stop();
  });

  describe('with two drives', () => {
    it('goes on with a volume that was mounted on the other drive meanwhile, and no client waits for that', async () => {
      await begin();
      // A volume lasts three minutes, in which the robot moves and the other drive loads.
      const client = rig.save(1, 100 * BLOCK, { paceMs: 4000 });
      await rig.run(() => client.isOver);
      expect(await volumesOf(rig, client)).to.equal(3);
      expect(longestGapMs(client)).to.be.at.most(5000);
      expect(client.waits).to.deep.equal(['drive', 'mount']);
      await expectRestores(rig, client);
      rig.expectIdle();
    });

    it('empties the old drive behind it, so that it is ready for the volume after', async () => {
      await begin();
      const client = rig.save(1, 100 * BLOCK, { paceMs: 4000 });
      await rig.run(() => client.isOver && rig.saves.running.length === 0);
      await rig.run(() => rig.bays.every((bay) => !rig.leases.isLeased(bay)));
      expect(rig.library.moves).to.deep.equal([
        'TPL001L8 to tape0',
        'TPL002L8 to tape1',
        'tape0 emptied',
        'TPL003L8 to tape0',
        'tape1 emptied',
      ]);
      expect((await rig.volume(1)).state).to.equal('full');
      expect((await rig.inventory.cartridge(libraryBarcode(1)))?.location.kind).to.equal('slot');
    });

    it('gives back what it got ready when its streams end before that is needed', async () => {
      await begin();
      const client = rig.save(1, 40 * BLOCK, { paceMs: 4000 });
      await rig.run(() => rig.saves.running[0]?.volumes.preparing?.barcode === 'TPL002L8');
      await rig.run(() => client.isOver && rig.saves.running.length === 0);
      await rig.settle();
      rig.expectIdle();
      expect(await volumesOf(rig, client)).to.equal(1);
      expect(rig.bays[1]?.mounted?.barcode, 'it stays mounted').to.equal('TPL002L8');
    });

    it('gives back a drive at once to a restore that waits for it, and goes on in its own', async () => {
      await begin();
      const first = rig.save(1, 20 * BLOCK);
      await rig.run(() => first.isOver && rig.saves.running.length === 0);
      await rig.finish(rig.unload('tape0'));
      await new MediaStates(rig.environment).set('olga', libraryBarcode(1), 'full', 'kept apart');
      const client = rig.save(2, 70 * BLOCK, { paceMs: 4000 });
      await rig.run(() => rig.saves.running[0]?.volumes.preparing?.barcode !== undefined);
      await rig.run(() => rig.saves.running[0]?.volumes.preparing?.barcode !== null);
      expect(first.streamId).to.not.equal(null);
      const receiver = rig.restore(first.streamId ?? ('' as never));
      await rig.settle();
      expect(rig.saves.running[0]?.volumes.preparing).to.equal(null);
      const askedMs = rig.clock.monotonicMs();
      await rig.run(() => receiver.outcome !== null);
      expect(rig.clock.monotonicMs() - askedMs).to.be.at.most(2 * MOVE_MS + 2000);
      expect(receiver.bytes.equals(first.bytes)).to.equal(true);
      await rig.run(() => client.isOver);
      await expectRestores(rig, client);
      expect(await volumesOf(rig, client)).to.equal(2);
    });

    it('goes on in its own drive when the other one cannot get a volume ready, and does not keep it', async () => {
      await begin();
      rig.failDrive(1, 'load', HARDWARE);
      rig.failDrive(1, 'rewind', HARDWARE);
      rig.failDrive(1, 'read', HARDWARE);
      const client = rig.save(1, 70 * BLOCK, { paceMs: 4000 });
      await rig.run(() => client.isOver);
      expect(await volumesOf(rig, client)).to.equal(2);
      expect(client.waits).to.deep.equal(['drive', 'mount']);
      // Once for each volume.
      expect(rig.eventsOf('session.preparation-failed').map(({ fields }) => fields?.['drive'])).to.deep.equal([
        'tape1',
        'tape1',
      ]);
      expect(longestGapMs(client), 'it is told to wait while the volumes are changed').to.be.greaterThan(MOVE_MS);
      rig.mendDrive(1);
      await rig.run(() => rig.saves.running.length === 0);
      rig.expectIdle();
      await expectRestores(rig, client);
    });

    it('uses the other drive when its own fails to mount the next volume', async () => {
      await begin({ limits: { prepareBytes: 0 } });
      const client = rig.save(1, 70 * BLOCK, { paceMs: 1000 });
      await rig.run(() => client.sentBytes > 10 * BLOCK);
      const lease = await rig.leases.acquire({
        fits: ({ name }) => name === 'tape1',
        preference: () => 0,
        signal: new AbortController().signal,
      });
      await rig.run(() => rig.library.moves.includes('tape0 emptied'));
      rig.failDrive(0, 'read', HARDWARE);
      await rig.run(() => client.waits.at(-1) === 'drive' || client.isOver);
      lease.release();
      await rig.run(() => client.isOver);
      rig.mendDrive(0);
      await expectRestores(rig, client);
    });

    it('fails, and says how far each stream is durable, when no drive can mount a volume', async () => {
      await begin();
      const client = rig.save(1, 70 * BLOCK, { paceMs: 4000 });
      await rig.run(() => client.sentBytes >= 10 * BLOCK);
      for (const drive of [0, 1]) rig.failDrive(drive, 'read', HARDWARE);
      await rig.run(() => client.isOver);
      for (const drive of [0, 1]) rig.mendDrive(drive);
      expect(client.error?.code).to.equal('DRIVE_HARDWARE');
      expect(client.error?.context['durableOffset']).to.equal(client.durableBytes);
      expect(client.durableBytes).to.be.greaterThan(20 * BLOCK);
      await rig.settle();
      rig.expectIdle();
    });

    it('never has two sessions ask for one volume', async () => {
      await begin();
      const first = rig.save(1, 30 * BLOCK, { paceMs: 2000 });
      await rig.run(() => first.sentBytes > 5 * BLOCK);
      // Somebody waits for the first session's drive, so that the next stream gets a session of its own.
      const impatient = new AbortController();
      const waiting = rig.leases
        .acquire({ fits: ({ name }) => name === 'tape0', preference: () => 0, signal: impatient.signal })
        .catch((error: unknown) => error);
      const second = rig.save(2, 30 * BLOCK, { paceMs: 2000 });
      await rig.run(() => second.sentBytes > 0);
      expect(rig.saves.running.map(({ volumes }) => volumes.bay?.loaded)).to.deep.equal(['TPL001L8', 'TPL002L8']);
      impatient.abort(new Error('never mind'));
      await waiting;
      await rig.run(() => first.isOver && second.isOver);
      await expectRestores(rig, first, second);
    });

    it('reads the label again when the drive was reset since the volume was got ready', async () => {
      await begin();
      const client = rig.save(1, 70 * BLOCK, { paceMs: 4000 });
      await rig.run(() => rig.saves.running[0]?.volumes.preparing?.barcode === 'TPL002L8');
      const mounted = rig.bays[1]?.mounted;
      rig.resetDrive(1);
      await rig.run(() => client.isOver);
      expect(rig.bays[1]?.mounted?.mediumGeneration).to.be.greaterThan(mounted?.mediumGeneration ?? Infinity);
      await expectRestores(rig, client);
    });

    it('restores from one drive while it saves on the other', async () => {
      await begin();
      const first = rig.save(1, 20 * BLOCK);
      await rig.run(() => first.isOver && rig.saves.running.length === 0);
      await new MediaStates(rig.environment).set('olga', libraryBarcode(1), 'full', 'kept apart');
      const client = rig.save(2, 20 * BLOCK, { paceMs: 4000 });
      await rig.run(() => client.sentBytes > 2 * BLOCK);
      const receiver = rig.restore(first.streamId ?? ('' as never));
      await rig.run(() => receiver.outcome !== null);
      expect(receiver.bytes.equals(first.bytes)).to.equal(true);
      expect(client.isOver).to.equal(false);
      await rig.run(() => client.isOver);
      await expectRestores(rig, client);
    });

    it('lets a restore have the volume that is written as soon as the streams on it have ended, and no new ones join', async () => {
      await begin();
      const first = rig.save(1, 10 * BLOCK);
      await rig.run(() => first.isOver);
      const second = rig.save(2, 20 * BLOCK, { paceMs: 4000 });
      await rig.run(() => second.sentBytes > 2 * BLOCK);
      const receiver = rig.restore(first.streamId ?? ('' as never));
      await rig.settle();
      expect(receiver.waits).to.deep.equal(['mount']);
      const third = rig.save(3, 5 * BLOCK);
      await rig.run(() => third.isOver);
      expect(await volumesOf(rig, third)).to.equal(1);
      expect(second.isOver, 'the third went to a session and a volume of its own').to.equal(false);
      await rig.run(() => second.isOver && receiver.outcome !== null);
      expect(receiver.bytes.equals(first.bytes)).to.equal(true);
      await expectRestores(rig, second, third);
    });
  });

  describe('with one drive', () => {
    it('changes the volumes in it', async () => {
      await begin({ drives: 1 });
      const client = rig.save(1, 100 * BLOCK, { paceMs: 100 });
      await rig.run(() => client.isOver);
      expect(await volumesOf(rig, client)).to.equal(3);
      expect(rig.library.moves).to.deep.equal([
        'TPL001L8 to tape0',
        'tape0 emptied',
        'TPL002L8 to tape0',
        'tape0 emptied',
        'TPL003L8 to tape0',
      ]);
      await expectRestores(rig, client);
    });

    it('lets a restore that waits for the drive go first when a volume is full', async () => {
      await begin({ drives: 1 });
      const first = rig.save(1, 10 * BLOCK);
      await rig.run(() => first.isOver && rig.saves.running.length === 0);
      await new MediaStates(rig.environment).set('olga', libraryBarcode(1), 'full', 'kept apart');
      const client = rig.save(2, 70 * BLOCK, { paceMs: 500 });
      await rig.run(() => client.sentBytes > 2 * BLOCK);
      const receiver = rig.restore(first.streamId ?? ('' as never));
      await rig.run(() => receiver.outcome !== null);
      expect(client.isOver).to.equal(false);
      expect(receiver.bytes.equals(first.bytes)).to.equal(true);
      await rig.run(() => client.isOver);
      await expectRestores(rig, client);
    });
  });

  describe('without a volume to go on with', () => {
    it('asks a person, holds the streams, and goes on by itself when a cartridge is labelled', async () => {
      await begin({ cartridges: 2 }, 1);
      const client = rig.save(1, 70 * BLOCK, { paceMs: 100 });
      const other = rig.save(2, 3 * BLOCK, { ends: false });
      await rig.run(() => client.waits.includes('operator'));
      expect(rig.requests.pending.map(({ message }) => message)[0]).to.contain('media label BARCODE --pool default');
      expect(rig.eventsOf('operator.requested')).to.have.length(1);
      expect(rig.saves.running[0]?.volumes.isWaitingForOperator).to.equal(true);
      expect(other.waits).to.include('operator');
      for (const { name } of rig.bays)
        expect(rig.leases.isLeased(rig.leases.find(name)), 'nobody keeps a drive for that').to.equal(false);
      const held = client.sentBytes;
      await rig.clock.advance(3 * 3600 * 1000);
      await rig.settle();
      expect(client.sentBytes).to.equal(held);
      await rig.finish(rig.label(2));
      await rig.run(() => client.isOver);
      expect(rig.requests.pending).to.deep.equal([]);
      other.end();
      await rig.run(() => other.isOver);
      await expectRestores(rig, client, other);
      rig.expectIdle();
    });

    it('goes on when a person says that a volume may be written again', async () => {
      await begin({ cartridges: 2 });
      const states = new MediaStates(rig.environment);
      await states.set('olga', libraryBarcode(2), 'read-only', 'to be looked at');
      const client = rig.save(1, 70 * BLOCK);
      await rig.run(() => client.waits.includes('operator'));
      await states.set('olga', libraryBarcode(2), 'append', 'it is good');
      await rig.run(() => client.isOver);
      await expectRestores(rig, client);
    });

    it('goes on when a cartridge is put into the library by hand', async () => {
      await begin({ cartridges: 2 });
      const taken = rig.takeCartridge(2);
      const client = rig.save(1, 70 * BLOCK);
      await rig.run(() => client.waits.includes('operator'));
      taken.putBack();
      await rig.run(() => client.isOver);
      await expectRestores(rig, client);
    });

    it('does so for the first volume, too', async () => {
      await begin({ cartridges: 1 }, 0);
      const client = rig.save(1, 3 * BLOCK);
      await rig.run(() => client.waits.includes('operator'));
      await rig.finish(rig.label(1));
      await rig.run(() => client.isOver);
      await expectRestores(rig, client);
    });

    it('fails when nobody came in time, and says how far each stream is durable', async () => {
      await begin({ cartridges: 1, saveLimits: { operatorWaitMs: 2 * 3600 * 1000 } });
      const client = rig.save(1, 70 * BLOCK);
      await rig.run(() => client.isOver);
      expect(rig.clock.monotonicMs()).to.be.within(2 * 3600 * 1000, 3 * 3600 * 1000);
      expect(client.error?.code).to.equal('JOB_NO_VOLUME');
      expect(client.error?.message).to.contain('Nobody did within 2 h.');
      expect(client.error?.context['durableOffset']).to.equal(client.durableBytes);
      expect(client.durableBytes).to.be.greaterThan(2 * MEBIBYTE);
      expect(rig.requests.pending).to.deep.equal([]);
      await rig.settle();
      rig.expectIdle();
    });

    it('fails at once where nobody is to be waited for', async () => {
      await begin({ cartridges: 1, saveLimits: { operatorWaitMs: 0 } }, 0);
      const client = rig.save(1, BLOCK);
      await rig.run(() => client.isOver);
      expect(client.error?.code).to.equal('JOB_NO_VOLUME');
      expect(client.waits).to.not.include('operator');
    });

    it('ends in good order when the daemon stops meanwhile', async () => {
      await begin({ cartridges: 1 });
      const client = rig.save(1, 70 * BLOCK);
      await rig.run(() => client.waits.includes('operator'));
      await rig.finish(rig.saves.stop());
      expect(client.error?.code).to.equal('JOB_SHUTTING_DOWN');
      expect(client.error?.context['durableOffset']).to.equal(client.durableBytes);
      expect(rig.eventsOf('session.failed')).to.deep.equal([]);
      expect(rig.requests.pending).to.deep.equal([]);
      const { state, lengthBytes } = (await rig.inventory.stream(client.streamId ?? ('' as never))) ?? {};
      expect([state, lengthBytes]).to.deep.equal(['incomplete', client.durableBytes]);
      rig.expectIdle();
    });

    it('asks a person to close the door, and to bring a drive up again, and then goes on', async () => {
      await begin();
      rig.library.fault = (what) =>
        what.startsWith('load') ? new StorageError('CHANGER_DOOR_OPEN', 'The door of the library is open.') : null;
      const client = rig.save(1, 3 * BLOCK);
      await rig.run(() => client.waits.includes('operator'));
      expect(rig.requests.pending[0]?.message).to.contain('The door of the library is open.');
      rig.library.fault = () => null;
      await rig.run(() => client.isOver && rig.saves.running.length === 0);
      for (const bay of rig.bays) await rig.driveBook.takeDown(bay, 'olga', 'being mended');
      const second = rig.save(2, 3 * BLOCK);
      await rig.run(() => second.waits.includes('operator'));
      expect(rig.requests.pending[0]?.message).to.contain('being mended');
      const [bay] = rig.bays;
      if (bay === undefined) throw new Error('no drive');
      await rig.finish(rig.driveBook.bringUp(bay, 'olga', 'mended', new AbortController().signal));
      await rig.run(() => second.isOver);
      await expectRestores(rig, client, second);
    });

    it('takes another volume when the robot cannot bring one', async () => {
      await begin();
      rig.library.fault = (what) =>
        what === 'load TPL001L8'
          ? new StorageError('CHANGER_MOVE_FAILED', 'The cartridge is stuck in its slot.')
          : null;
      const client = rig.save(1, 3 * BLOCK);
      await rig.run(() => client.isOver);
      rig.library.fault = () => null;
      expect((await rig.volume(1)).state, 'it is not the volume that is bad').to.equal('append');
      expect((await rig.volume(2)).blocks).to.equal(3);
      await expectRestores(rig, client);
    });
  });
});
