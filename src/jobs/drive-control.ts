import type { DriveBook } from '../media/drive-book.js';
import type { DriveLeases } from '../media/drive-leases.js';
import type { DriveMotion } from '../media/drive-motion.js';
import type { DriveView } from '../protocol/control-api.js';
import type { CartridgeMemoryView, Motion, PositionView } from '../protocol/drive-api.js';
import { viewDrive } from './views.js';

/** What the control door asks of the drives beyond ControlService. DRIVE is a name or a number; failures are StorageErrors. */
export interface DriveControl {
  /** Whoever works with the drive ends that; nobody else gets it until `up`. DRIVE_UNKNOWN. */
  down(who: string, drive: string, reason: string): Promise<DriveView>;
  /** Opens the device where it is not open: what hinders that is the error. DRIVE_UNKNOWN, DEVICE_*. */
  up(who: string, drive: string, reason: string): Promise<DriveView>;
  /** Moves the tape of an idle drive by hand. DRIVE_UNKNOWN, DRIVE_BUSY, DRIVE_DOWN, DRIVE_NO_MEDIUM, MEDIUM_READ_ERROR. */
  move(who: string, drive: string, motion: Motion): Promise<PositionView>;
  /** What the memory of the cartridge in an idle drive tells. As `move`. */
  memory(drive: string): Promise<CartridgeMemoryView>;
}

/** Operators' orders about drives. */
export class DriveOrders implements DriveControl {
  readonly #leases: DriveLeases;
  readonly #driveBook: DriveBook;
  readonly #motion: DriveMotion;
  readonly #stopping: AbortSignal;

  constructor(options: {
    readonly leases: DriveLeases;
    readonly driveBook: DriveBook;
    readonly motion: DriveMotion;
    readonly stopping: AbortSignal;
  }) {
    this.#leases = options.leases;
    this.#driveBook = options.driveBook;
    this.#motion = options.motion;
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

  async move(who: string, drive: string, motion: Motion): Promise<PositionView> {
    const bay = this.#leases.find(drive);
    const { position, remaining } = await this.#motion.move(who, bay, motion);
    const { blockAddress, fileNumber, beginningOfMedium, earlyWarning } = position;
    return { drive: bay.name, blockAddress, fileNumber, beginningOfMedium, earlyWarning, remaining };
  }

  async memory(drive: string): Promise<CartridgeMemoryView> {
    const bay = this.#leases.find(drive);
    const { memory } = await this.#motion.readMemory(bay);
    return { drive: bay.name, barcode: bay.loaded, attributes: memory === undefined ? null : [...memory] };
  }
}
