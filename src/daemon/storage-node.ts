import type { Logger } from '../base/logger.js';
import { describeError } from '../base/storage-error.js';
import type { Inventory } from '../inventory/inventory.js';
import type { RestoreService } from '../jobs/restore-service.js';
import type { SaveService } from '../jobs/save-service.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { ControlDoor } from '../server/control-door.js';
import type { DataDoor } from '../server/data-door.js';

/** What a running node consists of. */
export interface NodeParts {
  readonly bays: readonly DriveBay[];
  readonly saves: SaveService;
  readonly restores: RestoreService;
  readonly dataDoor: DataDoor;
  readonly controlDoor: ControlDoor;
  readonly inventory: Inventory;
  readonly logger: Logger;
  /** Ends what operators asked for and still waits. */
  readonly stopping: AbortController;
}

/** A running node; `openStorageNode` makes it. */
export class StorageNode {
  readonly #parts: NodeParts;

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  /** How many sessions are at work: for the service manager's status line. */
  get sessionCount(): number {
    return this.#parts.saves.running.length + this.#parts.restores.running.length;
  }

  /**
   * SIGTERM: no new streams; blocks in hand are written and checkpointed; clients are told; doors, drives and inventory are
   * closed, in this order. Cartridges stay where they are.
   */
  async close(): Promise<void> {
    const { saves, restores, dataDoor, controlDoor, bays, inventory, logger, stopping } = this.#parts;
    stopping.abort();
    const doors = dataDoor.close();
    await Promise.all([saves.stop(), restores.stop()]);
    await doors;
    await controlDoor.close();
    for (const bay of bays) await closeBay(bay, logger);
    await inventory.close();
  }
}

/** A drive that cannot be opened is down, not the node: other drives work, and the reason is shown. */
export async function openBay(bay: DriveBay, logger: Logger): Promise<void> {
  try {
    await bay.thread.open();
  } catch (error) {
    bay.downReason = describeError(error);
    logger.log('error', 'drive.down', `Drive ${bay.name} is down: ${bay.downReason}`, { drive: bay.name });
  }
}

export async function closeBay(bay: DriveBay, logger: Logger): Promise<void> {
  try {
    if (bay.downReason === '') await bay.thread.close();
  } catch (error) {
    logger.log('error', 'drive.close-failed', `Drive ${bay.name}: ${describeError(error)}`, { drive: bay.name });
  }
  await bay.thread.terminate();
}
