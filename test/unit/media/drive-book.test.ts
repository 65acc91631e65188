import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isStorageError, StorageError } from '../../../src/base/storage-error.js';
import type { DriveStatus } from '../../../src/drive/tape-drive.js';
import { DriveBay } from '../../../src/media/drive-bay.js';
import { DriveBook } from '../../../src/media/drive-book.js';
import { DriveLeases, type DriveLease, type LeaseRequest } from '../../../src/media/drive-leases.js';
import { makeMediaEnvironment, type MediaFixture } from '../../support/media-environment.js';
import { MemoryDriveThread, MemoryMedium } from '../../support/memory-drive-thread.js';
import { barcodeOf } from '../../support/records.js';

/** A drive whose device may be missing, and may be exchanged. */
class Device extends MemoryDriveThread {
  isOpen = false;
  failure: StorageError | null = null;
  serial = 'SN1';

  constructor() {
    super(new MemoryMedium(), []);
  }
  override async open(): Promise<void> {
    if (this.failure !== null) throw this.failure;
    expect(this.isOpen, 'a device is opened once').to.equal(false);
    this.isOpen = true;
  }
  override async close(): Promise<void> {
    this.isOpen = false;
  }
  override async readStatus(): Promise<DriveStatus> {
    expect(this.isOpen, 'only an open device is asked').to.equal(true);
    const status = await super.readStatus();
    return { ...status, identity: { ...status.identity, serial: this.serial } };
  }
}

const ABSENT = new StorageError('DEVICE_OPEN_FAILED', '/dev/nst0 cannot be opened: no such device.');
const forever = new AbortController().signal;

function request(changes: Partial<LeaseRequest> = {}): LeaseRequest {
  return { fits: () => true, preference: () => 0, signal: forever, ...changes };
}

describe('the drive book', () => {
  let media: MediaFixture;
  let device: Device;
  let bay: DriveBay;
  let leases: DriveLeases;
  let book: DriveBook;

  /** As a start of the daemon, with what the inventory kept. */
  async function start(): Promise<void> {
    bay = new DriveBay({
      number: 0,
      name: 'tape0',
      kind: 'tape',
      device: '/dev/nst0',
      thread: device,
      changer: {
        cartridges: async () => [
          { barcode: barcodeOf(7), tag: '', location: { kind: 'drive', drive: 'tape0' }, reachableBy: ['tape0'] },
        ],
      } as never,
    });
    leases = new DriveLeases([bay]);
    book = new DriveBook(media.environment, leases);
    await book.open();
  }

  beforeEach(async () => {
    media = await makeMediaEnvironment();
    device = new Device();
    await start();
  });

  it('opens the drives at start and knows their serial numbers from then on', async () => {
    expect([bay.isOpen, bay.down, device.isOpen]).to.deep.equal([true, null, true]);
    expect(await media.inventory.drive('tape0')).to.include({ serial: 'SN1', downReason: '' });
    device.serial = 'SN2';
    device.isOpen = false;
    await start();
    expect(bay.record.serial).to.equal('SN2');
    expect(media.events.map(({ event }) => event)).to.include('drive.replaced');
  });

  it('counts a drive that cannot be opened as down by tapeloomd, with the reason, as long as that is so', async () => {
    device = new Device();
    device.failure = ABSENT;
    await start();
    expect(bay.down).to.deep.include({ reason: ABSENT.message, by: 'tapeloomd' });
    expect(isStorageError(await leases.acquire(request()).catch((error: unknown) => error), 'DRIVE_DOWN')).to.equal(
      true,
    );
    const error = await book.bringUp(bay, 'olga', '', forever).catch((reason: unknown) => reason);
    expect(error).to.equal(ABSENT);
    expect(bay.down?.by).to.equal('tapeloomd');
    device.failure = null;
    await book.bringUp(bay, 'olga', 'plugged in again', forever);
    expect([bay.down, bay.isOpen]).to.deep.equal([null, true]);
    (await leases.acquire(request())).release();
  });

  it('keeps a drive down over restarts, with who did it, when and why, and its device closed', async () => {
    await book.takeDown(bay, 'olga', 'loose cable');
    await nextTurn();
    expect(device.isOpen).to.equal(false);
    await start();
    expect(bay.down).to.deep.equal({ reason: 'loose cable', sinceMs: media.clock.wallMs(), by: 'olga' });
    expect([bay.isOpen, device.isOpen]).to.deep.equal([false, false]);
    await book.bringUp(bay, 'karl', '', forever);
    expect((await media.inventory.drive('tape0'))?.downReason).to.equal('');
    const audit = await media.inventory.audit(10);
    expect(audit.map(({ who, what, details }) => [who, what, details['reason']])).to.deep.equal([
      ['karl', 'drive.up', ''],
      ['olga', 'drive.down', 'loose cable'],
    ]);
  });

  it('writes both into the history of the drive', async () => {
    await book.takeDown(bay, 'olga', 'loose cable');
    await book.bringUp(bay, 'karl', 'new cable', forever);
    const history = await media.inventory.health({ drive: 'tape0', limit: 10 });
    expect(history.map(({ kind, message, driveSerial }) => [kind, message, driveSerial])).to.deep.equal([
      ['cleared', 'up by karl: new cable', 'SN1'],
      ['down', 'down by olga: loose cable', 'SN1'],
    ]);
  });

  it('lets who works with the drive finish, then closes the device, and gives it to nobody', async () => {
    const lease = await leases.acquire(request());
    const waiting = leases.acquire(request()).catch((error: unknown) => error);
    await book.takeDown(bay, 'olga', 'smells burnt');
    expect(isStorageError(await waiting, 'DRIVE_DOWN')).to.equal(true);
    await nextTurn();
    expect(device.isOpen).to.equal(true);
    expect(lease.contended, 'no more streams join').to.equal(true);
    lease.release();
    await nextTurn();
    expect(device.isOpen).to.equal(false);
  });

  it('keeps the device open when the drive is up again before it was free', async () => {
    const lease = await leases.acquire(request());
    await book.takeDown(bay, 'olga', 'a mistake');
    await book.bringUp(bay, 'olga', '', forever);
    lease.release();
    await nextTurn();
    expect([device.isOpen, bay.isOpen, bay.down]).to.deep.equal([true, true, null]);
  });

  it('trusts nothing of the cartridge after the device was closed, and asks the changer which it is', async () => {
    bay.loaded = barcodeOf(1);
    bay.mounted = { volumeId: 'x' as never, barcode: barcodeOf(1), mediumGeneration: 1 };
    await book.takeDown(bay, 'olga', 'looking inside');
    await nextTurn();
    await book.bringUp(bay, 'olga', '', forever);
    expect([bay.loaded, bay.mounted]).to.deep.equal([barcodeOf(7), null]);
  });

  it('closes every device at the end, also one that somebody was about to let go of', async () => {
    const lease: DriveLease = await leases.acquire(request());
    await book.takeDown(bay, 'olga', 'going home');
    await book.close();
    expect(device.isOpen).to.equal(false);
    lease.release();
  });
});
