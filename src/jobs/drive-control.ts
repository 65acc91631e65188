import type { DriveBook } from '../media/drive-book.js';
import type { DriveLeases } from '../media/drive-leases.js';
import type { DriveView } from '../protocol/control-api.js';
import { viewDrive } from './views.js';

/** What the control door asks of the drives beyond ControlService. DRIVE is a name or a number; failures are StorageErrors. */
export interface DriveControl {
  /** Whoever works with the drive ends that; nobody else gets it until `up`. DRIVE_UNKNOWN. */
  down(who: string, drive: string, reason: string): Promise<DriveView>;
  /** Opens the device where it is not open: what hinders that is the error. DRIVE_UNKNOWN, DEVICE_*. */
  up(who: string, drive: string, reason: string): Promise<DriveView>;
}

/** Operators' orders about drives. */
export class DriveOrders implements DriveControl {
  readonly #leases: DriveLeases;
  readonly #driveBook: DriveBook;
  readonly #stopping: AbortSignal;

  constructor(options: {
    readonly leases: DriveLeases;
    readonly driveBook: DriveBook;
    readonly stopping: AbortSignal;
  }) {
    this.#leases = options.leases;
    this.#driveBook = options.driveBook;
    this.#stopping = options.stopping;
  }

  async down(who: string, drive: string, reason: string): Promise<DriveView> {
    const bay = this.#leases.find(drive);
    await this.#driveBook.takeDown(bay, who, reason);
    return viewDrive(bay, this.#leases.isLeased(bay));
  }

  async up(who: string, drive: string, reason: string): Promise<DriveView> {
    const bay = this.#leases.find(drive);
    await this.#driveBook.bringUp(bay, who, reason, this.#stopping);
    return viewDrive(bay, this.#leases.isLeased(bay));
  }
}
