import type { StorageError } from '../base/storage-error.js';
import { describeError, isStorageError } from '../base/storage-error.js';
import type { DriveRecord } from '../inventory/records.js';
import type { InventoryChange } from '../inventory/inventory.js';
import type { DriveBay } from './drive-bay.js';
import type { DriveLease, DriveLeases } from './drive-leases.js';
import type { MediaEnvironment } from './media-environment.js';

/** Who the daemon itself is in the books. */
export const DAEMON = 'tapeloomd';

/**
 * The drives as they outlive the daemon, and their devices. A drive that is down takes no new work and, once nobody uses it,
 * its device is closed, so that other programs may have it; `bringUp` opens it again. One that cannot be opened counts as
 * down as long as that is so: every start of the daemon, and `bringUp`, tries again.
 */
export class DriveBook {
  readonly #environment: Pick<MediaEnvironment, 'inventory' | 'bookkeeping' | 'clock' | 'logger'>;
  readonly #leases: DriveLeases;
  readonly #closing = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(
    environment: Pick<MediaEnvironment, 'inventory' | 'bookkeeping' | 'clock' | 'logger'>,
    leases: DriveLeases,
  ) {
    this.#environment = environment;
    this.#leases = leases;
  }

  /** At start: reads what is kept of each drive and opens those that are up. A drive that fails is down, not the node. */
  async open(): Promise<void> {
    for (const bay of this.#leases.bays) {
      bay.record = (await this.#environment.inventory.drive(bay.name)) ?? bay.record;
      if (bay.record.downReason !== '') this.#log('warn', 'drive.is-down', bay, `is down: ${bay.record.downReason}`);
      else await this.#tryOpen(bay);
    }
  }

  /** At the end: closes every device. No lease is held any more. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#closing);
    for (const bay of this.#leases.bays) {
      await this.#closeDevice(bay);
      await bay.thread.terminate();
    }
  }

  /** Changes what is kept of a drive, with what else belongs to the same event. Not to be called inside `bookkeeping`. */
  async change(
    bay: DriveBay,
    change: (record: DriveRecord) => DriveRecord,
    more: Omit<InventoryChange, 'drives'> = {},
  ): Promise<void> {
    await this.#environment.bookkeeping.run(async () => {
      const record = change(bay.record);
      await this.#environment.inventory.commit({ ...more, drives: [record] });
      bay.record = record;
    });
  }

  /** Who works with the drive ends that; nobody else gets it. A drive that is down already: the reason is replaced. */
  async takeDown(bay: DriveBay, who: string, reason: string): Promise<void> {
    const timeMs = this.#environment.clock.wallMs();
    await this.change(
      bay,
      (record) => ({ ...record, downReason: reason, downSinceMs: timeMs, downBy: who }),
      this.#event(bay, who, 'down', reason, timeMs),
    );
    this.#log(who === DAEMON ? 'error' : 'warn', 'drive.down', bay, `was taken down by ${who}: ${reason}`);
    this.#leases.reconsider();
    this.#letGo(bay);
  }

  /**
   * A person has looked at the drive: it takes work again, and what went wrong before counts no more. Opens the device when
   * it is not open; the error of that is thrown, and the drive stays down for it.
   */
  async bringUp(bay: DriveBay, who: string, reason: string, signal: AbortSignal): Promise<void> {
    if (!bay.isOpen) await this.#openWhenFree(bay, signal);
    const timeMs = this.#environment.clock.wallMs();
    await this.change(
      bay,
      (record) => ({ ...record, downReason: '', downSinceMs: null, downBy: '' }),
      this.#event(bay, who, 'cleared', reason, timeMs),
    );
    this.#log('info', 'drive.up', bay, `was brought up by ${who}`);
    this.#leases.reconsider();
  }

  /** The history of the drive and the audit. */
  #event(bay: DriveBay, who: string, kind: 'down' | 'cleared', reason: string, timeMs: number): InventoryChange {
    const { name: drive } = bay;
    const what = kind === 'down' ? 'drive.down' : 'drive.up';
    const message = `${kind === 'down' ? 'down' : 'up'} by ${who}${reason === '' ? '' : `: ${reason}`}`;
    return {
      audit: [{ timeMs, who, what, barcode: null, details: { drive, reason } }],
      health: [
        { timeMs, drive, driveSerial: bay.record.serial, barcode: bay.loaded, kind, code: '', message, figures: {} },
      ],
    };
  }

  async #openWhenFree(bay: DriveBay, signal: AbortSignal): Promise<void> {
    const lease = await this.#leaseEvenDown(bay, signal);
    try {
      // Somebody else may have brought it up meanwhile.
      if (bay.isOpen) return;
      await this.#openOrThrow(bay);
      await this.#findCartridge(bay);
    } finally {
      lease.release();
    }
  }

  async #tryOpen(bay: DriveBay): Promise<void> {
    try {
      await this.#openOrThrow(bay);
    } catch (error) {
      if (!isStorageError(error)) throw error;
    }
  }

  async #openOrThrow(bay: DriveBay): Promise<void> {
    try {
      await bay.thread.open();
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.#noteOpenFailure(bay, error);
      throw error;
    }
    bay.isOpen = true;
    bay.openFailure = null;
    bay.mounted = null;
    await this.#readSerial(bay);
  }

  #noteOpenFailure(bay: DriveBay, error: StorageError): void {
    bay.openFailure = { reason: error.message, sinceMs: this.#environment.clock.wallMs(), by: DAEMON };
    this.#log('error', 'drive.down', bay, `is down: ${error.message}`);
  }

  /** Another drive in the same place begins a history of its own. */
  async #readSerial(bay: DriveBay): Promise<void> {
    try {
      const { serial } = (await bay.thread.readStatus()).identity;
      if (serial === bay.record.serial) return;
      if (bay.record.serial !== '')
        this.#log('warn', 'drive.replaced', bay, `has serial number ${serial}; it was ${bay.record.serial} before`);
      await this.change(bay, (record) => ({ ...record, serial }));
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.#log('warn', 'drive.no-serial', bay, `does not tell its serial number: ${error.message}`);
    }
  }

  /** While the device was closed anybody may have changed the cartridge. */
  async #findCartridge(bay: DriveBay): Promise<void> {
    try {
      const cartridges = await bay.changer.cartridges();
      const held = cartridges.find(({ location }) => location.kind === 'drive' && location.drive === bay.name);
      bay.loaded = held?.barcode ?? null;
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.#log('warn', 'drive.cartridge-unknown', bay, `may hold another cartridge: ${error.message}`);
    }
  }

  /** Closes the device of a drive that is down when the last who uses it is done. */
  #letGo(bay: DriveBay): void {
    const closing = this.#closeWhenFree(bay).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #closeWhenFree(bay: DriveBay): Promise<void> {
    let lease: DriveLease;
    try {
      lease = await this.#leaseEvenDown(bay, this.#stopping.signal);
    } catch {
      // The daemon stops: `close` closes it.
      return;
    }
    try {
      if (bay.down !== null) await this.#closeDevice(bay);
    } finally {
      lease.release();
    }
  }

  async #closeDevice(bay: DriveBay): Promise<void> {
    if (!bay.isOpen) return;
    bay.isOpen = false;
    bay.mounted = null;
    try {
      await bay.thread.close();
    } catch (error) {
      // What was acknowledged was synchronized long before.
      this.#log('error', 'drive.close-failed', bay, `was not closed cleanly: ${describeError(error)}`);
    }
  }

  async #leaseEvenDown(bay: DriveBay, signal: AbortSignal): Promise<DriveLease> {
    return this.#leases.acquire({ fits: (one) => one === bay, preference: () => 0, signal, evenDown: true });
  }

  #log(level: 'info' | 'warn' | 'error', event: string, bay: DriveBay, what: string): void {
    this.#environment.logger.log(level, event, `Drive ${bay.name} ${what}.`, { drive: bay.name });
  }
}
