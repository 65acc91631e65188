import type { ErrorCode } from '../base/error-codes.js';
import { isStorageError, type StorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { DriveHealth } from '../drive/tape-drive.js';
import type { HealthRecord } from '../inventory/records.js';
import { errorMatrix, judge, ownFaults } from './error-matrix.js';
import { stampCartridgeMemory } from './cartridge-memory-stamp.js';
import type { DriveBay } from './drive-bay.js';
import { DAEMON, type DriveBook } from './drive-book.js';
import { HEALTH_LIMITS } from './health-limits.js';
import { figuresOf } from './health-figures.js';
import type { FailureKind, HealthWatch } from './health-watch.js';
import type { MediaEnvironment } from './media-environment.js';
import type { OperatorRequests } from './operator-requests.js';
import { withConditionByDaemon, withStateByDaemon } from './state-changes.js';
import { TapeAlerts } from './tape-alerts.js';

type HealthEnvironment = Omit<MediaEnvironment, 'health'>;

export interface HealthBookParts {
  readonly driveBook: DriveBook;
  readonly requests: OperatorRequests;
}

/**
 * What drives and cartridges go through together: written down at each mount, unmount and error, with the drive's counters;
 * its TapeAlert flags are acted on; and when errors show who is at fault, a drive is taken down and a cartridge becomes suspect
 * (error-matrix.ts). Nothing here fails a job: what a drive does not tell is not known, and that is logged.
 */
export class HealthBook implements HealthWatch {
  readonly #environment: HealthEnvironment;
  readonly #driveBook: DriveBook;
  readonly #alerts: TapeAlerts;
  /** When the cartridge in a drive came there. */
  readonly #sinceMs = new WeakMap<DriveBay, number>();
  /** One error passes several procedures. */
  readonly #noted = new WeakSet<StorageError>();

  constructor(environment: HealthEnvironment, { driveBook, requests }: HealthBookParts) {
    this.#environment = environment;
    this.#driveBook = driveBook;
    this.#alerts = new TapeAlerts({ ...environment, driveBook, requests });
  }

  async mounted(bay: DriveBay, barcode: Barcode): Promise<void> {
    const timeMs = this.#environment.clock.wallMs();
    this.#sinceMs.set(bay, timeMs);
    const health = await this.#read(bay);
    await this.#driveBook.change(
      bay,
      (record) => ({ ...record, mounts: record.mounts + 1, lastUsedMs: timeMs }),
      this.#record(bay, barcode, 'mount', '', '', health),
    );
    await this.#noteMedium(barcode, health);
    await this.#act(bay, barcode, health);
  }

  async unmounting(bay: DriveBay): Promise<void> {
    const barcode = bay.loaded;
    if (barcode === null || !bay.isOpen) return;
    await this.#stamp(bay, barcode);
    const health = await this.#read(bay);
    const timeMs = this.#environment.clock.wallMs();
    await this.#driveBook.change(
      bay,
      (record) => ({ ...record, lastUsedMs: timeMs }),
      this.#record(bay, barcode, 'unmount', '', '', health),
    );
    await this.#act(bay, barcode, health);
  }

  async unmounted(bay: DriveBay, barcode: Barcode): Promise<void> {
    await this.#act(bay, barcode, await this.#read(bay));
  }

  async failed(bay: DriveBay, barcode: Barcode | null, kind: FailureKind, error: StorageError): Promise<void> {
    if (this.#noted.has(error) || !tellsOfHealth(error)) return;
    this.#noted.add(error);
    const health = error.code === 'DEVICE_THREAD_DIED' ? null : await this.#read(bay);
    await this.#environment.inventory.commit(this.#record(bay, barcode, kind, error.code, error.message, health));
    this.#environment.logger.log('warn', `health.${kind}`, error.message, {
      drive: bay.name,
      barcode,
      code: error.code,
    });
    await this.#act(bay, barcode, health);
    await this.#judge(bay, barcode, error);
  }

  /** A look at the drive, by a person: its flags are acted on as at any other time. Rejects when the drive does not answer. */
  async look(bay: DriveBay): Promise<DriveHealth> {
    const health = await bay.thread.readHealth();
    await this.#act(bay, bay.loaded, health);
    return health;
  }

  async #read(bay: DriveBay): Promise<DriveHealth | null> {
    try {
      return await bay.thread.readHealth();
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.#environment.logger.log('info', 'drive.health-unread', `Drive ${bay.name} does not tell: ${error.message}`, {
        drive: bay.name,
        code: error.code,
      });
      return null;
    }
  }

  #record(
    bay: DriveBay,
    barcode: Barcode | null,
    kind: HealthRecord['kind'],
    code: string,
    message: string,
    health: DriveHealth | null,
  ): { readonly health: readonly HealthRecord[] } {
    const { name: drive, record } = bay;
    const timeMs = this.#environment.clock.wallMs();
    const figures = health === null ? {} : figuresOf(health);
    return { health: [{ timeMs, drive, driveSerial: record.serial, barcode, kind, code, message, figures }] };
  }

  async #act(bay: DriveBay, barcode: Barcode | null, health: DriveHealth | null): Promise<void> {
    if (health === null) return;
    const { tapeAlerts, deviceStatus } = health;
    const volumeStates = await this.#alerts.act(bay, barcode, tapeAlerts ?? []);
    for (const { state, reason } of volumeStates) if (barcode !== null) await this.#setAside(barcode, state, reason);
    if (deviceStatus?.cleaningRequired === true || deviceStatus?.cleaningRequested === true)
      await this.#alerts.wantCleaning(bay);
  }

  /** Who of the two is at fault, now that there is one more error. */
  async #judge(bay: DriveBay, barcode: Barcode | null, error: StorageError): Promise<void> {
    const { inventory, clock } = this.#environment;
    const records = await inventory.health({ limit: HEALTH_LIMITS.recordsConsidered });
    const serialOf = (drive: string): string | null => (drive === bay.name ? bay.record.serial : null);
    const cells = errorMatrix(records, serialOf, clock.wallMs(), HEALTH_LIMITS);
    const judgement = judge(cells, HEALTH_LIMITS);
    const guiltyDrive = judgement.drives.find(({ drive }) => drive === bay.name);
    const guiltyCartridge = judgement.cartridges.find((one) => one.barcode === barcode);
    const faults = ownFaults(records, bay.name, isOwnFault, clock.wallMs(), HEALTH_LIMITS);
    if (bay.down === null) {
      if (guiltyDrive !== undefined) await this.#takeDown(bay, manyCartridges(guiltyDrive.barcodes, error));
      else if (error.code === 'DEVICE_THREAD_DIED') await this.#takeDown(bay, error.message);
      else if (faults.length >= HEALTH_LIMITS.faultsPerDrive)
        await this.#takeDown(bay, `it reported ${String(faults.length)} faults of its own, the last: ${error.message}`);
    }
    if (guiltyCartridge !== undefined && barcode !== null)
      await this.#setAside(
        barcode,
        'suspect',
        `errors in ${String(guiltyCartridge.drives.length)} drives (${guiltyCartridge.drives.join(', ')}), the last: ${error.message}`,
      );
  }

  async #takeDown(bay: DriveBay, reason: string): Promise<void> {
    await this.#driveBook.takeDown(bay, DAEMON, reason);
  }

  /** Taken out of use by the daemon, if that makes it worse than it is. */
  async #setAside(barcode: Barcode, state: 'suspect' | 'damaged' | 'read-only', reason: string): Promise<void> {
    const { inventory, bookkeeping, logger } = this.#environment;
    const isChanged = await bookkeeping.run(async () => {
      const cartridge = await inventory.cartridge(barcode);
      if (cartridge === null) return false;
      const volume = cartridge.volumeId === null ? null : await inventory.volume(cartridge.volumeId);
      if (volume === null) {
        if (state === 'read-only') return false;
        const changed = withConditionByDaemon(cartridge, state, reason);
        await inventory.commit({ cartridges: [changed] });
        return changed !== cartridge;
      }
      const changed = withStateByDaemon(volume, state, reason);
      if (changed !== volume) await inventory.commit({ volumes: [changed] });
      return changed !== volume;
    });
    if (isChanged) logger.log('warn', 'volume.set-aside', `${barcode} is ${state}: ${reason}`, { barcode, state });
  }

  /** Another cartridge with the same barcode is noticed here first. */
  async #noteMedium(barcode: Barcode, health: DriveHealth | null): Promise<void> {
    const serial = health?.volumeStatistics?.valid === true ? health.volumeStatistics.serial : '';
    if (serial === '') return;
    const { inventory, bookkeeping, logger } = this.#environment;
    await bookkeeping.run(async () => {
      const cartridge = await inventory.cartridge(barcode);
      if (cartridge === null || cartridge.mediumSerial === serial) return;
      if (cartridge.mediumSerial !== null)
        logger.log(
          'warn',
          'cartridge.replaced',
          `The cartridge with barcode ${barcode} is not the one it was: serial number ${serial}, before ${cartridge.mediumSerial}. Its label tells what it carries.`,
          { barcode, serial, before: cartridge.mediumSerial },
        );
      await inventory.commit({ cartridges: [{ ...cartridge, mediumSerial: serial }] });
    });
  }

  /** After a volume was written in this mount, and only while its label is known to be its own. */
  async #stamp(bay: DriveBay, barcode: Barcode): Promise<void> {
    const { mounted } = bay;
    if (mounted?.barcode !== barcode) return;
    const volume = await this.#environment.inventory.volume(mounted.volumeId);
    const sinceMs = this.#sinceMs.get(bay) ?? 0;
    if (volume !== null && volume.lastWrittenMs !== null && volume.lastWrittenMs >= sinceMs)
      await stampCartridgeMemory(this.#environment, bay, volume);
  }
}

/** What went wrong was the drive's or the cartridge's doing; not a person's, a program's or the robot's. */
function tellsOfHealth({ code }: StorageError): boolean {
  return OF_MEDIA.has(code) || isOwnFault(code) || code.startsWith('CHANGER_');
}

const OF_MEDIA: ReadonlySet<ErrorCode> = new Set([
  'MEDIUM_READ_ERROR',
  'MEDIUM_WRITE_ERROR',
  'VOLUME_LABEL_DAMAGED',
  'VOLUME_DAMAGED_BLOCK',
  'DRIVE_NOT_READY',
  'SCSI_CHECK_CONDITION',
]);

const OWN_FAULTS: ReadonlySet<string> = new Set<ErrorCode>([
  'DRIVE_HARDWARE',
  'SCSI_TRANSPORT',
  'SCSI_MALFORMED_REPLY',
  'DEVICE_IO',
  'DEVICE_THREAD_DIED',
]);

/** The drive, its cable or its thread is at fault, whatever cartridge is in it. */
function isOwnFault(code: string): boolean {
  return OWN_FAULTS.has(code);
}

function manyCartridges(barcodes: readonly Barcode[], { message }: StorageError): string {
  return (
    `errors with ${String(barcodes.length)} cartridges (${barcodes.join(', ')}) that failed in no other drive, the last: ${message} ` +
    'Clean or mend the drive; look at these cartridges in another one.'
  );
}
