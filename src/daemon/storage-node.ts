import type { Changer } from '../changer/changer.js';
import type { Inventory } from '../inventory/inventory.js';
import type { OperatorJobs } from '../jobs/operator-jobs.js';
import type { RestoreService } from '../jobs/restore-service.js';
import type { SaveService } from '../jobs/save-service.js';
import type { DriveBook } from '../media/drive-book.js';
import type { ControlDoor } from '../server/control-door.js';
import type { DataDoor } from '../server/data-door.js';

/** What a running node consists of. */
export interface NodeParts {
  readonly driveBook: DriveBook;
  readonly changers: readonly Changer[];
  readonly saves: SaveService;
  readonly restores: RestoreService;
  readonly jobs: OperatorJobs;
  readonly dataDoor: DataDoor;
  readonly controlDoor: ControlDoor;
  readonly inventory: Inventory;
  /** Runs until `stopping`, and writes to the inventory. */
  readonly background: Promise<unknown>;
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
   * SIGTERM: no new streams, no new jobs; blocks in hand are written and checkpointed; clients are told; jobs end before their
   * next step; doors, drives, changers and inventory are closed, in this order. Cartridges stay where they are.
   */
  async close(): Promise<void> {
    const { saves, restores, jobs, dataDoor, controlDoor, driveBook, changers, inventory, stopping, background } =
      this.#parts;
    stopping.abort();
    const doors = dataDoor.close();
    await Promise.all([saves.stop(), restores.stop(), jobs.stop()]);
    await doors;
    await controlDoor.close();
    await driveBook.close();
    await background;
    await Promise.all(changers.map(async (changer) => changer.close()));
    await inventory.close();
  }
}
