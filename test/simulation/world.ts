import { Rack } from '../../sim/rack.js';
import { SimSyscalls } from '../../sim/sim-syscalls.js';
import type { Fault, FaultCommand } from '../../sim/fault-plan.js';
import type { Logger } from '../../src/base/logger.js';
import { SeededRandom } from '../../src/base/random.js';
import { StorageError, describeError, isStorageError } from '../../src/base/storage-error.js';
import type { OperatorHand } from '../../src/changer/manual-changer.js';
import type { SyscallPort } from '../../src/device/syscall-port.js';
import type { Barcode } from '../../src/terms/barcode.js';
import type { TransferLimits } from '../../src/transfer/transfer-limits.js';
import { RIG_LIMITS } from '../support/save-rig.js';
import { checkReadable, restoreAndCompare } from './checkers.js';
import { Life, type Death } from './life.js';
import { WorldClient, WorldStream } from './world-client.js';
import { WorldClock } from './world-clock.js';
import { WorldFiles } from './world-files.js';
import { WorldNode } from './world-node.js';
import { WorldStore, type WorldRecords } from './world-store.js';

const SLOT_BYTES = 4096;
const RACK = '/rack';

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

/**
 * A small world from a seed: cartridges, drives with faults, a store, clients at their own pace, and several lives of the
 * daemon that end by a kill or a power cut at any access, or in peace. In the last, without faults, everything that clients
 * were ever told is held against what can be read.
 */
export class World {
  readonly #seed: number;
  readonly #random: SeededRandom;
  readonly #files = new WorldFiles();
  readonly #rack: Rack;
  readonly #drives: readonly string[];
  readonly #records: WorldRecords = new Map();
  readonly #clock = new WorldClock();
  readonly #limits: TransferLimits;
  readonly #streams: WorldStream[] = [];
  readonly #problems: string[] = [];
  readonly #deaths: Record<Death, number> = { kill: 0, 'power-cut': 0 };
  #machine: Machine;
  #lives = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new SeededRandom(seed);
    this.#drives = this.#random.below(3) === 0 ? ['/dev/nst0', '/dev/nst1'] : ['/dev/nst0'];
    this.#rack = new Rack(this.#files, RACK, this.#drives);
    this.#limits = {
      ...RIG_LIMITS,
      checkpointBytes: (2 + this.#random.below(60)) * SLOT_BYTES,
      runBlocks: 1 + this.#random.below(6),
      procedureBlocks: 24,
    };
    const cartridges = 2 + this.#random.below(4);
    for (let n = 1; n <= cartridges; n++)
      this.#rack.create(`TPL${String(n).padStart(3, '0')}L8`, {
        capacityBytes: (40 + this.#random.below(200)) * SLOT_BYTES,
      });
    this.#machine = this.#powerOn(true);
  }

  async run(): Promise<WorldReport> {
    const lives = 1 + this.#random.below(4);
    for (let life = 0; life < lives; life++) await this.#live();
    this.#machine = this.#powerOn(false);
    await this.#judge();
    const told = this.#streams.filter(({ streamId }) => streamId !== null);
    const errors: Record<string, number> = {};
    for (const { error } of this.#streams) if (error !== null) errors[error.code] = (errors[error.code] ?? 0) + 1;
    return {
      seed: this.#seed,
      lives: this.#lives,
      deaths: this.#deaths,
      streams: told.length,
      saved: told.filter(({ saved }) => saved !== null).length,
      partly: told.filter(({ saved, durableBytes }) => saved === null && durableBytes > 0).length,
      errors,
      problems: this.#problems,
    };
  }

  /** One life: clients save and restore until it ends by itself or by death. */
  async #live(): Promise<void> {
    this.#lives++;
    const death: Death | null = this.#random.below(4) === 0 ? null : this.#random.below(3) === 0 ? 'power-cut' : 'kill';
    const life = new Life(
      death === null ? Infinity : 1 + this.#random.below(this.#random.below(2) === 0 ? 200 : 1200),
      this.#random,
    );
    const node = this.#makeNode(life);
    let isOver = false;
    void this.#work(node).then(
      () => (isOver = true),
      (error: unknown) => {
        // A start or an end that fails is told; a mistake is a problem.
        if (!isStorageError(error)) this.#problems.push(`a mistake: ${describeError(error)}`);
        isOver = true;
      },
    );
    await this.#passTime(() => isOver || life.isOver);
    if (life.isOver && death !== null) this.#deaths[death]++;
    life.end();
    if (life.isOver && death === 'power-cut') this.#machine = this.#powerOn(true);
    else this.#machine.processEnded();
  }

  async #work(node: WorldNode): Promise<void> {
    await node.open();
    for (const { cartridge } of this.#rack.list()) {
      const barcode = cartridge.barcode as Barcode;
      const known = await node.inventory.cartridge(barcode);
      if ((known?.volumeId ?? null) === null) await quietly(node.label(barcode));
    }
    const saves = Array.from({ length: 1 + this.#random.below(5) }, async () => {
      await this.#clock.sleep(this.#random.below(20_000));
      const number = this.#streams.length;
      const told = new WorldStream(number, this.#seed * 1000 + number, this.#random.below(60 * SLOT_BYTES));
      this.#streams.push(told);
      const random = new SeededRandom(this.#random.nextU32());
      const client = new WorldClient(told, { clock: this.#clock, random, slotBytes: SLOT_BYTES });
      await client.open(node.saves);
      await client.done;
    });
    const restores = this.#streams
      .filter(({ saved }) => saved !== null && this.#random.below(3) === 0)
      .map(async (told) => {
        await this.#clock.sleep(this.#random.below(20_000));
        this.#note(await restoreAndCompare(node, told));
      });
    await Promise.all([...saves, ...restores]);
    await node.close();
  }

  /** The last life, in which nothing breaks: what was promised is there. */
  async #judge(): Promise<void> {
    const life = new Life(Infinity, this.#random);
    const node = this.#makeNode(life);
    let isOver = false;
    const judge = async (): Promise<void> => {
      await node.open();
      for (const told of this.#streams) this.#note(await checkReadable(node, told));
      const { problems } = await node.inventory.scrub();
      for (const { key, problem } of problems) this.#problems.push(`inventory record ${key}: ${problem}`);
      await node.close();
    };
    void judge().then(
      () => (isOver = true),
      (error: unknown) => {
        this.#problems.push(`the last life failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
        isOver = true;
      },
    );
    await this.#passTime(() => isOver);
  }

  async #passTime(until: () => boolean): Promise<void> {
    for (let steps = 0; ; steps++) {
      await this.#clock.settle();
      if (until()) return;
      if (!this.#clock.step() || steps > 200_000) {
        this.#problems.push(steps > 200_000 ? 'it never ends' : 'nothing happens any more');
        return;
      }
    }
  }

  #note(problem: string | null): void {
    if (problem !== null) this.#problems.push(problem);
  }

  #makeNode(life: Life): WorldNode {
    return new WorldNode({
      life,
      store: new WorldStore(this.#records, async (what, action) => life.access(() => this.#storeAccess(what, action))),
      port: this.#machine.port,
      drives: this.#drives,
      hand: new WorldHand(this.#rack, this.#drives),
      clock: this.#clock,
      random: this.#random,
      logger: this.#logger(),
      limits: this.#limits,
      slotBytes: SLOT_BYTES,
    });
  }

  /** One write in some thousand fails, done or not. */
  #storeAccess<T>(what: 'read' | 'write', action: () => T): T {
    if (what === 'read' || !this.#machine.isFaulty || this.#random.below(2000) > 0) return action();
    if (this.#random.below(2) === 0) action();
    throw new StorageError('INVENTORY_IO', 'the disk failed');
  }

  /** What no client is told: mistakes. */
  #logger(): Logger {
    return {
      log: (level, event, message, fields) => {
        if (level === 'error' && fields !== undefined && 'code' in fields && fields['code'] === null)
          this.#problems.push(`${event}: ${message}`);
      },
    };
  }

  #powerOn(isFaulty: boolean): Machine {
    const faults = isFaulty ? this.#planFaults() : [];
    const seed = this.#random.nextU32();
    const outside = new SimSyscalls(
      {
        directory: RACK,
        clock: 'virtual',
        drives: this.#drives.map((path) => ({ path, generation: 'LTO-8', faults: { seed, faults } })),
      },
      { files: this.#files },
    );
    return new Machine(outside, isFaulty);
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

/** The kernel and the drives: they outlive the daemon's process, not a power cut. */
class Machine {
  readonly port: SyscallPort;
  readonly isFaulty: boolean;
  readonly #outside: SimSyscalls;
  readonly #open = new Set<number>();

  constructor(outside: SimSyscalls, isFaulty: boolean) {
    this.#outside = outside;
    this.isFaulty = isFaulty;
    const open = this.#open;
    this.port = {
      open: (path, flags) => {
        const fd = outside.open(path, flags);
        if (fd >= 0) open.add(fd);
        return fd;
      },
      close: (fd) => {
        open.delete(fd);
        return outside.close(fd);
      },
      read: (fd, into) => outside.read(fd, into),
      write: (fd, bytes) => outside.write(fd, bytes),
      ioctl: (fd, request, argument) => outside.ioctl(fd, request, argument),
      sgIo: (fd, header, cdb, data, sense) => outside.sgIo(fd, header, cdb, data, sense),
    };
  }

  /** The kernel closes what the process had open: `st` ends a file that was being written. */
  processEnded(): void {
    for (const fd of this.#open) this.#outside.close(fd);
    this.#open.clear();
  }
}

/** An operator who is always there. */
class WorldHand implements OperatorHand {
  readonly #rack: Rack;
  readonly #drives: readonly string[];

  constructor(rack: Rack, drives: readonly string[]) {
    this.#rack = rack;
    this.#drives = drives;
  }

  async cartridges(): Promise<readonly { readonly barcode: Barcode; readonly drive: string | null }[]> {
    return this.#rack.list().map(({ barcode, drive }) => ({
      barcode,
      drive: drive === null ? null : `tape${String(this.#drives.indexOf(drive))}`,
    }));
  }

  async insert(barcode: Barcode, drive: string): Promise<void> {
    this.#rack.insert(barcode, this.#pathOf(drive));
  }

  async remove(drive: string): Promise<void> {
    const holds = (await this.cartridges()).some((one) => one.drive === drive);
    if (holds) this.#rack.remove(this.#pathOf(drive), { force: true });
  }

  #pathOf(drive: string): string {
    const path = this.#drives[Number(drive.slice('tape'.length))];
    if (path === undefined) throw new Error(`no drive ${drive}`);
    return path;
  }
}

async function quietly(action: Promise<void>): Promise<void> {
  try {
    await action;
  } catch (error) {
    if (!isStorageError(error)) throw error;
  }
}
