import { SeededRandom } from '../../src/base/random.js';
import type { ErrnoName } from '../../src/device/errno.js';
import { CountedFaults, isDue, type FaultCount, type FaultSense } from '../fault-plan.js';
import type { DeviceCall } from '../sim-device.js';
import type { NextMove } from './library-files.js';

/*
 * What can be made to go wrong with a changer, and what it looks like from above:
 *
 * - `errno`: a system call fails before it reaches the changer.
 * - `sense`: a command ends with CHECK CONDITION. By default nothing of it was done; with `performed` all of it was, and the
 *   caller cannot know.
 * - `transport`: the host adapter loses a command (host status, as after a cable was pulled). `performed` as above: the answer
 *   was lost, not the command.
 * - `nonsense`: a command that answers with data answers with random bytes.
 * - `move`: the robot fails: `fails-before-pick`, the cartridge stays where it was; `fails-after-pick`, it stays in the robot's
 *   hand; `opens-door`, somebody opens the door while the robot holds it.
 *
 * `nth` counts, from 1, the calls, commands or moves of that kind since the changer's thread started; `times` says how many in
 * a row fail from then on. A stuck cartridge, a jammed robot, hidden labels and an open door are the operator's (sim/operator).
 */

/** `initialize`: with range and without; `move`: and EXCHANGE MEDIUM; `other`: whatever has no name here. */
export type ChangerCommand = 'inquiry' | 'ready' | 'mode-sense' | 'initialize' | 'status' | 'move' | 'other';

export type ChangerFault =
  | ({ readonly kind: 'errno'; readonly call: DeviceCall; readonly errno: ErrnoName } & FaultCount)
  | ({
      readonly kind: 'sense';
      readonly command: ChangerCommand;
      readonly sense: FaultSense;
      readonly performed?: boolean;
    } & FaultCount)
  | ({
      readonly kind: 'transport';
      readonly command: ChangerCommand;
      readonly hostStatus: number;
      readonly performed?: boolean;
    } & FaultCount)
  | ({ readonly kind: 'nonsense'; readonly command: ChangerCommand } & FaultCount)
  | ({ readonly kind: 'move'; readonly what: NextMove } & FaultCount);

/** Survives structured clone. `seed` is for the nonsense. */
export interface ChangerFaultPlanOptions {
  readonly seed?: number;
  readonly faults: readonly ChangerFault[];
}

/** What a command meets. */
export type ChangerCommandFault =
  | { readonly kind: 'sense'; readonly sense: FaultSense; readonly performed: boolean }
  | { readonly kind: 'transport'; readonly hostStatus: number; readonly performed: boolean }
  | { readonly kind: 'nonsense' };

/** A plan at work: it counts what happens to one changer. */
export class ChangerFaultPlan {
  readonly #faults: readonly ChangerFault[];
  readonly #random: SeededRandom;
  readonly #counts = new CountedFaults();

  constructor(options: ChangerFaultPlanOptions = { faults: [] }) {
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
  onCommand(command: ChangerCommand): ChangerCommandFault | null {
    const count = this.#counts.next(`command ${command}`);
    for (const fault of this.#faults) {
      if (fault.kind === 'errno' || fault.kind === 'move') continue;
      if (fault.command !== command || !isDue(fault, count)) continue;
      return fault.kind === 'nonsense' ? { kind: 'nonsense' } : { ...fault, performed: fault.performed ?? false };
    }
    return null;
  }

  /** Counts a move of the robot; what becomes of it, or null. */
  onMove(): NextMove | null {
    const count = this.#counts.next('robot');
    for (const fault of this.#faults) if (fault.kind === 'move' && isDue(fault, count)) return fault.what;
    return null;
  }

  /** As many random bytes as fit, or fewer. */
  scribble(into: Uint8Array): number {
    const length = into.length === 0 ? 0 : this.#random.below(into.length + 1);
    this.#random.fill(into.subarray(0, length));
    return length;
  }
}
