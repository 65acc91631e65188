import { StorageError } from '../base/storage-error.js';
import type { DriveStatus, TapePosition } from '../drive/tape-drive.js';
import type { DriveBay } from './drive-bay.js';
import type { DriveLeases } from './drive-leases.js';
import type { HealthBook } from './health-book.js';

/** What a drive says of itself. */
export interface DriveReading {
  readonly status: DriveStatus;
  /** Null without a ready medium, and while a session has the drive. */
  readonly position: TapePosition | null;
  readonly tapeAlerts: readonly number[] | null;
}

/** A look at a drive. */
export class DriveCommands {
  readonly #leases: DriveLeases;
  readonly #health: HealthBook;

  constructor(leases: DriveLeases, health: HealthBook) {
    this.#leases = leases;
    this.#health = health;
  }

  /** DRIVE_DOWN when its device is not open. While somebody works with it only what does not disturb: its status. */
  async read(bay: DriveBay): Promise<DriveReading> {
    if (!bay.isOpen) throw driveClosed(bay);
    const status = await bay.thread.readStatus();
    if (this.#leases.isLeased(bay)) return { status, position: null, tapeAlerts: null };
    const position = status.medium === 'ready' ? await bay.thread.readPosition() : null;
    return { status, position, tapeAlerts: (await this.#health.look(bay)).tapeAlerts };
  }
}

/** DRIVE_DOWN: nobody can be asked. */
export function driveClosed(bay: DriveBay): StorageError {
  return new StorageError(
    'DRIVE_DOWN',
    `Drive ${bay.name} is down and cannot be asked: ${bay.down?.reason ?? 'its device is closed'}. \`tapeloom drive up ${bay.name}\` when the cause is mended.`,
    { context: { drive: bay.name } },
  );
}
