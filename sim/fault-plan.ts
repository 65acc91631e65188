import { unreachable } from '../src/base/assert.js';
import { SeededRandom } from '../src/base/random.js';
import type { ErrnoName } from '../src/device/errno.js';
import { makeSense, type Sense } from '../src/scsi/sense.js';
import type { DeviceCall } from './sim-device.js';

/*
 * What can be made to go wrong, and what it looks like from above:
 *
 * - `errno`: a system call of the host fails before it reaches the drive: nothing happened on the tape. It is how a driver
 *   out of memory, a lost device or a signal looks.
 * - `sense`: the drive ends a command with CHECK CONDITION. By default it did nothing of it. With `performed` it did all
 *   of it and reports failure nevertheless, so that the caller cannot know. With `deferred` the failure is about
 *   earlier writes that were accepted: the blocks still in the drive's buffer are gone, the command was not done.
 * - `reset`: before a command the drive is powered off and on, or reset by another host: what was in its buffer is gone, the
 *   tape is at its beginning, and the command gets the unit attention 29/00.
 * - `unreadable`: blocks that every read of them finds damaged (medium error 11/00). LOCATE and SPACE pass over them.
 * - `bit-flip`: reads of a block return it with bits changed and no error, which real drives almost never do, but cables,
 *   adapters and memory do.
 * - `random-sense`, `random-bit-flip`: the same with a probability, from the plan's seed.
 *
 * `nth` counts, from 1, the calls or commands of that kind since the drive's thread started; `times` says how many in a row
 * fail from then on. Blocks are named by block address (filemarks count). A fault with a `barcode` is for that cartridge only.
 */

/** Commands as the drive gets them; `synchronize` is WRITE FILEMARKS with count 0, `other` whatever else needs a medium. */
export type FaultCommand =
  | 'read'
  | 'write'
  | 'filemark'
  | 'synchronize'
  | 'locate'
  | 'space'
  | 'rewind'
  | 'load'
  | 'unload'
  | 'erase'
  | 'position'
  | 'attribute'
  | 'other';

export interface FaultSense {
  readonly key: number;
  readonly asc: number;
  readonly ascq: number;
  readonly deferred?: boolean;
  readonly endOfMedium?: boolean;
}

/** From the `nth` on; `times` of them, 1 unless told, or `for-good`. */
export interface FaultCount {
  readonly nth: number;
  readonly times?: number | 'for-good';
}

export type Fault =
  | ({ readonly kind: 'errno'; readonly call: DeviceCall; readonly errno: ErrnoName } & FaultCount)
  | ({
      readonly kind: 'sense';
      readonly command: FaultCommand;
      readonly sense: FaultSense;
      readonly performed?: boolean;
    } & FaultCount)
  | ({ readonly kind: 'reset'; readonly command: FaultCommand } & FaultCount)
  | { readonly kind: 'unreadable'; readonly barcode?: string; readonly from: number; readonly to: number }
  | {
      readonly kind: 'bit-flip';
      readonly barcode?: string;
      readonly block: number;
      readonly byte: number;
      readonly mask: number;
    }
  | {
      readonly kind: 'random-sense';
      readonly command: FaultCommand;
      readonly sense: FaultSense;
      readonly probability: number;
    }
  | { readonly kind: 'random-bit-flip'; readonly probability: number };

/** Survives structured clone. `seed` is for the random faults. */
export interface FaultPlanOptions {
  readonly seed?: number;
  readonly faults: readonly Fault[];
}

/** What a command meets. */
export type CommandFault =
  { readonly kind: 'sense'; readonly sense: FaultSense; readonly performed: boolean } | { readonly kind: 'reset' };

/** One byte of a block as it is read: `byte` counts from the block's start. */
export interface BitFlip {
  readonly byte: number;
  readonly mask: number;
}

const RANGE = 0x1_0000_0000;

/** A plan at work: it counts what happens to one drive. */
export class FaultPlan {
  readonly #faults: readonly Fault[];
  readonly #random: SeededRandom;
  readonly #counts = new CountedFaults();

  constructor(options: FaultPlanOptions = { faults: [] }) {
    this.#faults = options.faults;
    this.#random = new SeededRandom(options.seed ?? 1);
  }

  /** Counts a system call; the errno it fails with, or null. */
  onCall(call: DeviceCall): ErrnoName | null {
    const count = this.#counts.next(`call ${call}`);
    for (const fault of this.#faults)
      if (fault.kind === 'errno' && fault.call === call && isDue(fault, count)) return fault.errno;
    return null;
  }

  /** Counts a command; what goes wrong with it, or null. */
  onCommand(command: FaultCommand): CommandFault | null {
    const count = this.#counts.next(`command ${command}`);
    for (const fault of this.#faults) {
      const hit = this.#commandFault(fault, command, count);
      if (hit !== null) return hit;
    }
    return null;
  }

  #commandFault(fault: Fault, command: FaultCommand, count: number): CommandFault | null {
    switch (fault.kind) {
      case 'sense':
        if (fault.command !== command || !isDue(fault, count)) return null;
        return { kind: 'sense', sense: fault.sense, performed: fault.performed ?? false };
      case 'reset':
        return fault.command === command && isDue(fault, count) ? { kind: 'reset' } : null;
      case 'random-sense':
        if (fault.command !== command || !this.#happens(fault.probability)) return null;
        return { kind: 'sense', sense: fault.sense, performed: false };
      case 'errno':
      case 'unreadable':
      case 'bit-flip':
      case 'random-bit-flip':
        return null;
      default:
        return unreachable(fault);
    }
  }

  isUnreadable(barcode: string, block: number): boolean {
    return this.#faults.some(
      (fault) =>
        fault.kind === 'unreadable' &&
        (fault.barcode ?? barcode) === barcode &&
        block >= fault.from &&
        block <= fault.to,
    );
  }

  /** The bits that change in this read of a block of `lengthBytes`. */
  bitFlips(barcode: string, block: number, lengthBytes: number): readonly BitFlip[] {
    const flips: BitFlip[] = [];
    for (const fault of this.#faults) {
      if (fault.kind === 'bit-flip' && fault.block === block && (fault.barcode ?? barcode) === barcode)
        flips.push({ byte: fault.byte, mask: fault.mask });
      if (fault.kind === 'random-bit-flip' && this.#happens(fault.probability))
        flips.push({ byte: this.#random.below(lengthBytes), mask: 1 << this.#random.below(8) });
    }
    return flips;
  }

  #happens(probability: number): boolean {
    return this.#random.nextU32() < probability * RANGE;
  }
}

/** How often something happened, by name. */
export class CountedFaults {
  readonly #counts = new Map<string, number>();

  /** Counts one more, from 1. */
  next(name: string): number {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return count;
  }
}

export function isDue({ nth, times = 1 }: FaultCount, count: number): boolean {
  return count >= nth && (times === 'for-good' || count < nth + times);
}

export function senseOfFault({ key, asc, ascq, deferred = false, endOfMedium = false }: FaultSense): Sense {
  return makeSense(key, asc, ascq, { deferred, endOfMedium });
}
