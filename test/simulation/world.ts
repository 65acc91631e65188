import type { Fault, FaultCommand } from '../../sim/fault-plan.js';
import { SeededRandom } from '../../src/base/random.js';
import { RIG_LIMITS } from '../support/save-rig.js';
import type { TransferLimits } from '../../src/transfer/transfer-limits.js';
import { restoreAndCompare } from './checkers.js';
import { Life, type Death } from './life.js';
import { Stage, STAGE_SLOT_BYTES } from './stage.js';
import { WorldClient } from './world-client.js';
import type { WorldNode } from './world-node.js';

/** What became of one world. */
export interface WorldReport {
  readonly seed: number;
  readonly lives: number;
  readonly deaths: Readonly<Record<Death, number>>;
  readonly streams: number;
  readonly saved: number;
  /** Streams that were told less than all, but something, is durable. */
  readonly partly: number;
  /** Errors that clients were told, by code. */
  readonly errors: Readonly<Record<string, number>>;
  /** What was promised and is not so; empty in every good world. */
  readonly problems: readonly string[];
}

/** Of a million writes of the store. */
const STORE_FAILURES = 500;

/**
 * A small world from a seed: cartridges, drives with faults, a store, clients at their own pace, and several lives of the
 * daemon that end by a kill or a power cut at any access, or in peace. In the last, without faults, everything that clients
 * were ever told is held against what can be read.
 */
export class World {
  readonly #seed: number;
  readonly #random: SeededRandom;
  readonly #stage: Stage;
  readonly #limits: TransferLimits;
  readonly #deaths: Record<Death, number> = { kill: 0, 'power-cut': 0 };

  constructor(seed: number) {
    this.#seed = seed;
    const random = new SeededRandom(seed);
    this.#random = random;
    const drives = random.below(3) === 0 ? 2 : 1;
    const cartridges = Array.from({ length: 2 + random.below(4) }, () => (40 + random.below(200)) * STAGE_SLOT_BYTES);
    this.#limits = {
      ...RIG_LIMITS,
      checkpointBytes: (2 + random.below(60)) * STAGE_SLOT_BYTES,
      runBlocks: 1 + random.below(6),
      replay: random.below(2) === 0 ? 'always' : 'when-held',
      // A few faults in a row are no more than a few faults here.
      volumeFailures: 8,
      procedureBlocks: 24,
    };
    this.#stage = new Stage({ drives, cartridges, limits: this.#limits, random });
  }

  async run(): Promise<WorldReport> {
    const { streams, problems } = this.#stage;
    const lives = 1 + this.#random.below(4);
    this.#stage.powerOn(this.#planFaults());
    for (let life = 0; life < lives; life++) await this.#live();
    await this.#stage.judge();
    this.#judgeWriteErrors();
    const told = streams.filter(({ streamId }) => streamId !== null);
    const errors: Record<string, number> = {};
    for (const { error } of streams) if (error !== null) errors[error.code] = (errors[error.code] ?? 0) + 1;
    return {
      seed: this.#seed,
      lives,
      deaths: this.#deaths,
      streams: told.length,
      saved: told.filter(({ saved }) => saved !== null).length,
      partly: told.filter(({ saved, durableBytes }) => saved === null && durableBytes > 0).length,
      errors,
      problems,
    };
  }

  /** One life: clients save and restore until it ends by itself or by death. */
  async #live(): Promise<void> {
    const random = this.#random;
    const death: Death | null = random.below(4) === 0 ? null : random.below(3) === 0 ? 'power-cut' : 'kill';
    const diesAt = death === null ? Infinity : 1 + random.below(random.below(2) === 0 ? 200 : 1200);
    const life = new Life(random, { diesAt, storeFailures: STORE_FAILURES });
    await this.#stage.play(life, async (node) => this.#work(node));
    if (death === null || life.accesses < diesAt) return;
    this.#deaths[death]++;
    if (death === 'power-cut') this.#stage.powerOn(this.#planFaults());
  }

  async #work(node: WorldNode): Promise<void> {
    const { clock, streams } = this.#stage;
    await node.open();
    await node.mendDrives();
    await this.#stage.labelAll(node);
    const saves = Array.from({ length: 1 + this.#random.below(5) }, async () => {
      await clock.sleep(this.#random.below(20_000));
      const told = this.#stage.newStream(this.#random.below(60 * STAGE_SLOT_BYTES));
      const random = new SeededRandom(this.#random.nextU32());
      // One in eight breaks off somewhere.
      const leavesAt = random.below(8) === 0 ? random.below(told.bytes.length + 1) : Infinity;
      const client = new WorldClient(told, { clock, random, slotBytes: STAGE_SLOT_BYTES, leavesAt });
      await client.open(node.saves);
      await client.done;
    });
    const restores = streams
      .filter(({ saved }) => saved !== null && this.#random.below(3) === 0)
      .map(async (told) => {
        await clock.sleep(this.#random.below(20_000));
        this.#stage.note(await restoreAndCompare(node, told));
      });
    await Promise.all([...saves, ...restores]);
    await node.close();
  }

  /** Where blocks are kept until they are durable, no client hears of a medium that could not be written. */
  #judgeWriteErrors(): void {
    if (this.#limits.replay !== 'always') return;
    for (const { name, error } of this.#stage.streams)
      if (error?.code === 'MEDIUM_WRITE_ERROR' || error?.code === 'MEDIUM_FULL')
        this.#stage.note(`${name} was told of a medium that failed: ${error.message}`);
  }

  /** Faults that pass: nothing that was once good on a medium turns bad. */
  #planFaults(): readonly Fault[] {
    if (this.#random.below(3) === 0) return [];
    const sense = { key: 0x3, asc: 0x0c, ascq: 0x00 };
    const commands: readonly FaultCommand[] = [
      'write',
      'filemark',
      'synchronize',
      'locate',
      'read',
      'position',
      'other',
    ];
    return Array.from({ length: 1 + this.#random.below(3) }, (): Fault => {
      const command = commands[this.#random.below(commands.length)] ?? 'write';
      const nth = 1 + this.#random.below(200);
      switch (this.#random.below(4)) {
        case 0:
          return { kind: 'reset', command, nth };
        case 1:
          return { kind: 'sense', command, sense, nth, performed: this.#random.below(2) === 0 };
        case 2:
          return { kind: 'sense', command, sense: { ...sense, deferred: true }, nth };
        default:
          return { kind: 'errno', call: this.#random.below(2) === 0 ? 'write' : 'ioctl', errno: 'EIO', nth };
      }
    });
  }
}
