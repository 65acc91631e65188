import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { Random } from '../base/random.js';
import type { SerialQueue } from '../base/serial-queue.js';
import type { Inventory } from '../inventory/inventory.js';
import type { BlockSlot } from '../volume/block-slot.js';
import type { CartridgeReservations } from './cartridge-reservations.js';
import type { HealthWatch } from './health-watch.js';

/** Blocks of the ring for labels and the like: taken for the length of one procedure. */
export interface SlotSource {
  /** JOB_LIMIT when the ring is used up. */
  take(): BlockSlot;
  give(slot: BlockSlot): void;
}

/** What the procedures on media need of the world. */
export interface MediaEnvironment {
  readonly inventory: Inventory;
  /**
   * Who changes a record it has read first does both in here, so that none undoes what another did in between. Short work
   * only: no drive or changer is waited for inside, and nothing that runs inside enters again.
   */
  readonly bookkeeping: SerialQueue;
  /** Who uses which cartridge. */
  readonly reservations: CartridgeReservations;
  /** What drives and cartridges go through is told here. */
  readonly health: HealthWatch;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly slots: SlotSource;
  /** Name of this node and of the program, for labels. */
  readonly node: string;
  readonly software: string;
  readonly blockSizeBytes: number;
  /** IANA name: in it days, weeks and months begin. */
  readonly timeZone: string;
}
