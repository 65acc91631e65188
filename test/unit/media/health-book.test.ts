import { expect } from 'chai';
import { StorageError } from '../../../src/base/storage-error.js';
import type { DriveHealth } from '../../../src/drive/tape-drive.js';
import type { HealthRecord } from '../../../src/inventory/records.js';
import type { DriveBay } from '../../../src/media/drive-bay.js';
import type { FailureKind } from '../../../src/media/health-watch.js';
import { MediaStates } from '../../../src/media/media-states.js';
import { LIBRARY_PAYLOAD_BYTES, LibraryRig, libraryBarcode } from '../../support/library-rig.js';

const MEDIUM = (n: number): StorageError => new StorageError('MEDIUM_READ_ERROR', `object ${String(n)} is unreadable.`);
const HARDWARE = (n: number): StorageError => new StorageError('DRIVE_HARDWARE', `fault ${String(n)}.`);

describe('the health book', () => {
  let rig: LibraryRig;

  beforeEach(async () => {
    rig = await new LibraryRig({ drives: 3, cartridges: 5 }).start();
  });
  afterEach(async () => {
    await rig.stop();
  });

  function bay(drive: number): DriveBay {
    const found = rig.bays[drive];
    if (found === undefined) throw new Error('no such drive');
    return found;
  }
  async function fail(
    drive: number,
    cartridge: number | null,
    error: StorageError,
    kind: FailureKind = 'read-error',
  ): Promise<void> {
    const barcode = cartridge === null ? null : libraryBarcode(cartridge);
    await rig.finish(rig.health.failed(bay(drive), barcode, kind, error));
  }
  const history = async (cartridge: number): Promise<readonly HealthRecord[]> =>
    rig.inventory.health({ barcode: libraryBarcode(cartridge), limit: 100 });
  const stateOf = async (cartridge: number): Promise<string> => (await rig.volume(cartridge)).state;
  /** What the drive answers when it is asked next. */
  function answer(drive: number, changes: Partial<DriveHealth>): void {
    const { thread } = bay(drive);
    const read = thread.readHealth.bind(thread);
    let isDue = true;
    thread.readHealth = async () => {
      const health = await read();
      if (!isDue) return health;
      isDue = false;
      return { ...health, ...changes };
    };
  }

  describe('writes down', () => {
    it('each mount and unmount of a cartridge, with the counters of the drive', async () => {
      const client = rig.save(1, 30 * LIBRARY_PAYLOAD_BYTES);
      await rig.run(() => client.isOver && rig.saves.running.length === 0);
      const { name } = bay(0);
      await rig.finish(rig.unload(name));
      const [unmount, mount] = await history(1);
      expect([mount?.kind, unmount?.kind, mount?.drive, mount?.driveSerial]).to.deep.equal([
        'mount',
        'unmount',
        'tape0',
        'SIM0000000',
      ]);
      expect(mount?.figures).to.include({ volumeSerial: 'SIMTPL001L8', capacityBytes: 4 * 1024 * 1024 });
      expect(unmount?.figures['remainingBytes']).to.be.below(Number(mount?.figures['remainingBytes']));
      expect(unmount?.figures['writeErrorsUncorrected']).to.equal(0);
      expect((await rig.inventory.drive('tape0'))?.lastUsedMs).to.equal(unmount?.timeMs);
    });

    it('how often a drive was used and when last', async () => {
      const before = bay(0).record.mounts;
      const client = rig.save(1, LIBRARY_PAYLOAD_BYTES);
      await rig.run(() => client.isOver && rig.saves.running.length === 0);
      const record = await rig.inventory.drive('tape0');
      expect(record?.mounts).to.equal(before + 1);
      expect(record?.lastUsedMs).to.be.a('number');
    });

    it('the serial number of the medium, and notices another one under the same barcode', async () => {
      const client = rig.save(1, LIBRARY_PAYLOAD_BYTES);
      await rig.run(() => client.isOver && rig.saves.running.length === 0);
      const cartridge = await rig.inventory.cartridge(libraryBarcode(1));
      expect(cartridge?.mediumSerial).to.equal('SIMTPL001L8');
      if (cartridge === null) return;
      await rig.inventory.commit({ cartridges: [{ ...cartridge, mediumSerial: 'ANOTHER' }] });
      await rig.finish(rig.unload('tape0'));
      const again = rig.save(2, LIBRARY_PAYLOAD_BYTES);
      await rig.run(() => again.isOver);
      expect(rig.eventsOf('cartridge.replaced')).to.have.length(1);
    });

    it('an error once, however many procedures it passes', async () => {
      const error = MEDIUM(1);
      await fail(0, 1, error);
      await fail(0, 1, error, 'load-error');
      expect((await history(1)).filter(({ code }) => code === 'MEDIUM_READ_ERROR')).to.have.length(1);
    });

    it('nothing of failures that are nobody’s fault', async () => {
      for (const code of [
        'JOB_SHUTTING_DOWN',
        'MEDIUM_WRITE_PROTECTED',
        'DRIVE_NO_MEDIUM',
        'DRIVE_POSITION_LOST',
      ] as const)
        await fail(0, 2, new StorageError(code, 'no'));
      expect((await history(2)).filter(({ code }) => code !== '')).to.deep.equal([]);
    });

    it('what cannot be asked of a drive as not known, and goes on', async () => {
      bay(0).thread.readHealth = async () => {
        throw HARDWARE(1);
      };
      const client = rig.save(1, LIBRARY_PAYLOAD_BYTES);
      await rig.run(() => client.isOver);
      expect(client.isSaved).to.equal(true);
      expect((await history(1))[0]).to.deep.include({ kind: 'mount', figures: {} });
    });
  });

  describe('holds errors against', () => {
    it('a cartridge that failed in two drives: it is suspect, and neither drive goes down', async () => {
      await fail(0, 1, MEDIUM(1));
      expect(await stateOf(1)).to.equal('append');
      await fail(1, 1, MEDIUM(2));
      expect(await stateOf(1)).to.equal('suspect');
      expect((await rig.volume(1)).stateReason).to.contain('errors in 2 drives (tape0, tape1)');
      expect(rig.bays.map(({ down }) => down)).to.deep.equal([null, null, null]);
    });

    it('a drive in which three cartridges failed: it is down, and no cartridge is suspect for it', async () => {
      for (const n of [1, 2]) await fail(0, n, MEDIUM(n));
      expect(bay(0).down).to.equal(null);
      await fail(0, 3, MEDIUM(3));
      expect(bay(0).down?.by).to.equal('tapeloomd');
      expect(bay(0).down?.reason).to.contain('errors with 3 cartridges (TPL001L8, TPL002L8, TPL003L8)');
      for (const n of [1, 2, 3]) expect(await stateOf(n)).to.equal('append');
    });

    it('a drive that reported two faults of its own, with whatever cartridge', async () => {
      await fail(0, 1, HARDWARE(1));
      expect(bay(0).down).to.equal(null);
      await rig.clock.advance(3600 * 1000);
      await fail(0, null, HARDWARE(2));
      expect(bay(0).down?.reason).to.contain('2 faults of its own, the last: fault 2.');
    });

    it('nobody two faults that lie days apart', async () => {
      await fail(0, 1, HARDWARE(1));
      await rig.clock.advance(3 * 24 * 3600 * 1000);
      await fail(0, 2, HARDWARE(2));
      expect(bay(0).down).to.equal(null);
    });

    it('a drive whose thread has died: at once', async () => {
      await fail(0, 1, new StorageError('DEVICE_THREAD_DIED', 'the thread ended.'));
      expect(bay(0).down?.reason).to.equal('the thread ended.');
    });

    it('nobody what was before somebody looked at the drive, or vouched for the cartridge', async () => {
      for (const n of [1, 2, 3]) await fail(0, n, MEDIUM(n));
      await rig.clock.advance(1000);
      await rig.finish(rig.driveBook.bringUp(bay(0), 'olga', 'cleaned', new AbortController().signal));
      await rig.clock.advance(1000);
      for (const n of [1, 2]) await fail(0, n, MEDIUM(n + 10));
      expect(bay(0).down).to.equal(null);
      await fail(0, 4, MEDIUM(14));
      expect(bay(0).down).to.not.equal(null);
    });

    it('nobody the robot’s mistakes', async () => {
      for (const n of [1, 2, 3, 4]) await fail(0, n, new StorageError('CHANGER_MOVE_FAILED', 'stuck'), 'move-error');
      expect(bay(0).down).to.equal(null);
    });
  });

  describe('acts on TapeAlert flags', () => {
    it('that are found at a mount, an unmount and an error, and writes them down', async () => {
      answer(0, { tapeAlerts: [0x01] });
      const client = rig.save(1, LIBRARY_PAYLOAD_BYTES);
      await rig.run(() => client.isOver && rig.saves.running.length === 0);
      answer(0, { tapeAlerts: [0x02] });
      await rig.finish(rig.unload('tape0'));
      answer(1, { tapeAlerts: [0x03, 0x05] });
      await fail(1, 1, MEDIUM(1));
      const flags = (await history(1))
        .filter(({ kind }) => kind === 'tape-alert')
        .map(({ figures }) => figures['flag']);
      expect(flags.toReversed()).to.have.members([0x01, 0x02, 0x03, 0x05]);
      expect(rig.eventsOf('drive.tape-alert')).to.have.length(4);
    });

    it('by which a cartridge is lost, worn or not to be trusted', async () => {
      for (const [n, flag, state] of [
        [1, 0x04, 'damaged'],
        [2, 0x07, 'read-only'],
        [3, 0x36, 'suspect'],
      ] as const) {
        answer(0, { tapeAlerts: [flag] });
        await fail(0, n, new StorageError('MEDIUM_READ_ERROR', 'x'));
        expect(await stateOf(n)).to.equal(state);
      }
    });

    it('and makes nothing better than it was', async () => {
      await new MediaStates(rig.environment).set('olga', libraryBarcode(1), 'retired', 'old');
      answer(0, { tapeAlerts: [0x07, 0x36] });
      await fail(0, 1, MEDIUM(1));
      expect(await stateOf(1)).to.equal('retired');
    });

    it('by which a drive asks to be cleaned, in whichever way it does', async () => {
      answer(0, { tapeAlerts: [0x14] });
      await rig.health.look(bay(0));
      expect((await rig.inventory.drive('tape0'))?.wantsCleaning).to.equal(true);
      const { deviceStatus } = await bay(1).thread.readHealth();
      if (deviceStatus === null) throw new Error('the drive has such a page');
      answer(1, { deviceStatus: { ...deviceStatus, cleaningRequested: true } });
      await rig.health.look(bay(1));
      expect((await rig.inventory.drive('tape1'))?.wantsCleaning).to.equal(true);
      expect((await rig.inventory.drive('tape2'))?.wantsCleaning).to.equal(false);
    });

    it('by which a drive says it is broken: it is down, and a person is asked until they have looked at it', async () => {
      answer(0, { tapeAlerts: [0x1f] });
      await rig.health.look(bay(0));
      expect(bay(0).down?.reason).to.contain('1Fh hardware B');
      expect(rig.requests.pending.map(({ drive }) => drive)).to.deep.equal(['tape0']);
      await rig.finish(rig.driveBook.bringUp(bay(0), 'olga', 'another drive', new AbortController().signal));
      await rig.settle();
      expect(rig.requests.pending).to.deep.equal([]);
    });

    it('asks a person for one thing once', async () => {
      for (let n = 0; n < 3; n++) {
        answer(0, { tapeAlerts: [0x1a] });
        await rig.health.look(bay(0));
      }
      expect(rig.requests.pending).to.have.length(1);
    });
  });

  describe('writes into the memory of a cartridge', () => {
    it('what volume it carries, when it leaves the drive after it was written', async () => {
      const client = rig.save(1, LIBRARY_PAYLOAD_BYTES);
      await rig.run(() => client.isOver && rig.saves.running.length === 0);
      await rig.finish(rig.unload('tape0'));
      const volume = await rig.volume(1);
      const memory = rig.memoryOf(1);
      expect(memory).to.include({
        0x0800: 'TAPELOOM',
        0x0801: 'tapeloom',
        0x0803: volume.volumeId,
        0x0806: 'TPL001L8',
        0x0808: 'default',
        0x080b: '1',
      });
      expect(memory[0x0804]).to.match(/^20\d{10}$/);
    });

    it('nothing when it was only read', async () => {
      const client = rig.save(1, LIBRARY_PAYLOAD_BYTES);
      await rig.run(() => client.isOver && rig.saves.running.length === 0);
      await rig.finish(rig.unload('tape0'));
      let writes = 0;
      for (const { thread } of rig.bays) {
        const write = thread.writeMediumAttributes.bind(thread);
        thread.writeMediumAttributes = async (attributes) => {
          writes++;
          return write(attributes);
        };
      }
      await rig.clock.advance(1000);
      const receiver = rig.restore(client.streamId ?? ('' as never));
      await rig.run(() => receiver.outcome !== null);
      for (const { name } of rig.bays) await rig.finish(rig.unload(name));
      expect(writes).to.equal(0);
    });

    it('and fails no job where the drive cannot', async () => {
      bay(0).thread.writeMediumAttributes = async () => {
        throw HARDWARE(1);
      };
      const client = rig.save(1, 70 * LIBRARY_PAYLOAD_BYTES);
      await rig.run(() => client.isOver);
      expect(client.isSaved).to.equal(true);
    });
  });
});
