import { Rack } from '../../sim/rack.js';
import type { Fault } from '../../sim/fault-plan.js';
import type { Logger } from '../../src/base/logger.js';
import { SeededRandom } from '../../src/base/random.js';
import { describeError, isStorageError } from '../../src/base/storage-error.js';
import type { PoolRecord } from '../../src/inventory/records.js';
import type { Barcode } from '../../src/terms/barcode.js';
import type { TransferLimits } from '../../src/transfer/transfer-limits.js';
import { checkReadable, restoreAndCompare } from './checkers.js';
import { Life } from './life.js';
import { Machine } from './machine.js';
import { WorldStream } from './world-client.js';
import { WorldClock } from './world-clock.js';
import { WorldFiles } from './world-files.js';
import { WorldHand } from './world-hand.js';
import { WORLD_POOL, WorldNode } from './world-node.js';
import { WorldStore, type WorldRecords } from './world-store.js';

export const STAGE_SLOT_BYTES = 4096;
const RACK = '/rack';

export interface StageOptions {
  readonly drives: number;
  /** Native bytes of each cartridge. */
  readonly cartridges: readonly number[];
  readonly limits: TransferLimits;
  readonly random: SeededRandom;
  /** The pool `default`, where it is another one. */
  readonly pool?: PoolRecord;
}

/**
 * What lasts while daemons come and go: cartridges, the inventory's disk, the clock, and what clients were told. A life is
 * played on it; `judge` holds what was promised against what can be read.
 */
export class Stage {
  readonly rack: Rack;
  readonly clock = new WorldClock();
  readonly streams: WorldStream[] = [];
  /** What was promised and is not so, and mistakes. */
  readonly problems: string[] = [];
  readonly #files = new WorldFiles();
  readonly #drives: readonly string[];
  #records: WorldRecords = new Map();
  readonly #limits: TransferLimits;
  readonly #random: SeededRandom;
  readonly #pool: PoolRecord;
  #machine: Machine;

  constructor({ drives, cartridges, limits, random, pool }: StageOptions) {
    this.#drives = Array.from({ length: drives }, (_, number) => `/dev/nst${String(number)}`);
    this.#limits = limits;
    this.#pool = pool ?? WORLD_POOL;
    this.#random = random;
    this.rack = new Rack(this.#files, RACK, this.#drives);
    cartridges.forEach((capacityBytes, n) => {
      this.rack.create(`TPL${String(n + 1).padStart(3, '0')}L8`, { capacityBytes });
    });
    this.#machine = this.#makeMachine([]);
  }

  /** The machine from its beginning: what was in a drive's buffer is gone. `of`: the number of the drive that has the faults; else all have. */
  powerOn(faults: readonly Fault[], of: number | null = null): void {
    this.#machine = this.#makeMachine(faults, of);
  }

  /** The same cartridges at a node with an empty inventory; returns what brings the old one back. */
  loseInventory(): () => void {
    const records = this.#records;
    this.#records = new Map();
    return () => {
      this.#records = records;
    };
  }

  newStream(bytes: number, retentionDays: number | null = null): WorldStream {
    const told = new WorldStream(this.streams.length, this.#random.nextU32(), bytes, retentionDays);
    this.streams.push(told);
    return told;
  }

  /** Labels what is not labelled, as far as that succeeds. */
  async labelAll(node: WorldNode): Promise<void> {
    for (const { cartridge } of this.rack.list()) {
      const barcode = cartridge.barcode as Barcode;
      const known = await node.inventory.cartridge(barcode);
      if ((known?.volumeId ?? null) !== null) continue;
      try {
        await node.label(barcode);
      } catch (error) {
        if (!isStorageError(error)) throw error;
      }
    }
  }

  /** Plays `work` until it is over, or the life is. A StorageError of it is told to whom it may concern, and no problem. */
  async play(life: Life, work: (node: WorldNode) => Promise<void>): Promise<void> {
    const node = this.#makeNode(life);
    let isOver = false;
    void work(node).then(
      () => (isOver = true),
      (error: unknown) => {
        if (!isStorageError(error)) this.problems.push(`a mistake: ${describeError(error)}`);
        isOver = true;
      },
    );
    await this.#passTime(() => isOver || life.isOver);
    life.end();
    this.#machine.processEnded();
  }

  /** A last life in which nothing breaks: what was promised is there. */
  async judge(): Promise<void> {
    this.powerOn([]);
    await this.play(new Life(this.#random), async (node) => {
      try {
        await node.open();
        await node.mendDrives();
        for (const told of this.streams)
          this.note(told.mustBeKept ? await checkReadable(node, told) : await restoreAndCompare(node, told));
        const { problems } = await node.inventory.scrub();
        for (const { key, problem } of problems) this.problems.push(`inventory record ${key}: ${problem}`);
        await node.close();
      } catch (error) {
        this.problems.push(`the last life failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
      }
    });
  }

  note(problem: string | null): void {
    if (problem !== null) this.problems.push(problem);
  }

  async #passTime(until: () => boolean): Promise<void> {
    for (let steps = 0; ; steps++) {
      await this.clock.settle();
      if (until()) return;
      if (!this.clock.step() || steps > 200_000) {
        this.problems.push(steps > 200_000 ? 'it never ends' : 'nothing happens any more');
        return;
      }
    }
  }

  #makeMachine(faults: readonly Fault[], of: number | null = null): Machine {
    return new Machine({
      files: this.#files,
      rackDirectory: RACK,
      drives: this.#drives,
      faultsOf: (drive) => (of === null || this.#drives[of] === drive ? faults : []),
      seed: this.#random.nextU32(),
    });
  }

  #makeNode(life: Life): WorldNode {
    return new WorldNode({
      life,
      store: new WorldStore(this.#records, async (what, action) => life.access(what, action)),
      port: this.#machine.port,
      drives: this.#drives,
      hand: new WorldHand(this.rack, this.#drives),
      clock: this.clock,
      random: this.#random,
      logger: this.#logger(),
      limits: this.#limits,
      slotBytes: STAGE_SLOT_BYTES,
      pool: this.#pool,
    });
  }

  /** What no client is told: mistakes. */
  #logger(): Logger {
    return {
      log: (level, event, message, fields) => {
        if (level === 'error' && fields !== undefined && 'code' in fields && fields['code'] === null)
          this.problems.push(`${event}: ${message}`);
      },
    };
  }
}
