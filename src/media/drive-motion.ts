import { StorageError } from '../base/storage-error.js';
import type { MediumAttributes, TapePosition } from '../drive/tape-drive.js';
import type { DriveBay } from './drive-bay.js';
import { driveClosed } from './drive-commands.js';
import type { DriveLeases } from './drive-leases.js';
import type { MediaEnvironment } from './media-environment.js';

/** A move of the tape by a person, as mt has them. */
export type DriveMotionOrder =
  | { readonly operation: 'rewind' | 'eod' | 'tell' }
  | { readonly operation: 'fsf' | 'bsf'; readonly count: number }
  | { readonly operation: 'locate'; readonly blockAddress: number };

export interface MotionResult {
  readonly position: TapePosition;
  /** Filemarks that were not there to be passed. */
  readonly remaining: number;
}

/**
 * Drives moved by hand. Only an idle drive is, and nothing is written: whoever mounts a volume afterwards reads its label and
 * finds its end of data anew.
 */
export class DriveMotion {
  readonly #environment: MediaEnvironment;
  readonly #leases: DriveLeases;

  constructor(environment: MediaEnvironment, leases: DriveLeases) {
    this.#environment = environment;
    this.#leases = leases;
  }

  /** DRIVE_BUSY, DRIVE_DOWN, DRIVE_NO_MEDIUM, MEDIUM_READ_ERROR, and what else the drive says. */
  async move(who: string, bay: DriveBay, order: DriveMotionOrder): Promise<MotionResult> {
    return this.#withDrive(bay, async () => {
      if (order.operation !== 'tell') {
        bay.mounted = null;
        await this.#audit(who, bay, order);
      }
      const remaining = await carryOut(bay, order);
      return { position: await bay.thread.readPosition(), remaining };
    });
  }

  /** What the cartridge memory tells. DRIVE_BUSY, DRIVE_DOWN, DRIVE_NO_MEDIUM. */
  async readMemory(bay: DriveBay): Promise<MediumAttributes> {
    return this.#withDrive(bay, async () => bay.thread.readMediumAttributes());
  }

  async #withDrive<T>(bay: DriveBay, body: () => Promise<T>): Promise<T> {
    if (bay.down !== null) throw driveClosed(bay);
    const lease = this.#leases.tryAcquire({ fits: (one) => one === bay, preference: () => 0 });
    if (lease === null) throw busy(bay);
    try {
      bay.activity = 'moved by a person';
      return await body();
    } finally {
      lease.release();
    }
  }

  async #audit(who: string, bay: DriveBay, { operation }: DriveMotionOrder): Promise<void> {
    const { inventory, clock } = this.#environment;
    await inventory.commit({
      audit: [
        { timeMs: clock.wallMs(), who, what: `drive.${operation}`, barcode: bay.loaded, details: { drive: bay.name } },
      ],
    });
  }
}

/** Returns how many filemarks were not there. */
async function carryOut({ thread }: DriveBay, order: DriveMotionOrder): Promise<number> {
  switch (order.operation) {
    case 'rewind':
      await thread.rewind();
      return 0;
    case 'eod':
      await thread.locateEndOfData();
      return 0;
    case 'locate':
      await thread.locate(order.blockAddress);
      return 0;
    case 'fsf':
      return (await thread.spaceFilemarks(order.count)).remaining;
    case 'bsf':
      return (await thread.spaceFilemarks(-order.count)).remaining;
    case 'tell':
      return 0;
  }
}

function busy(bay: DriveBay): StorageError {
  return new StorageError(
    'DRIVE_BUSY',
    `Drive ${bay.name} is at work (${bay.activity === '' ? 'busy' : bay.activity}). Nothing was moved; try again when it is idle.`,
    { context: { drive: bay.name } },
  );
}
