import type { Sense } from '../../src/scsi/sense.js';
import type { SimClock } from '../sim-clock.js';
import type { ChangerFaultPlan } from './changer-fault-plan.js';
import type { NextMove } from './library-files.js';
import type { SimElement } from './library-shape.js';
import type { Library } from './library.js';
import { loadedDriveSense, SMC_SENSE } from './smc-sense.js';

/** What the library can have a drive do, where it does that by itself. */
export interface DriveReach {
  /** Has an idle drive unload; false when it does not. */
  unload(driveNumber: number): boolean;
}

export interface RobotOptions {
  readonly library: Library;
  readonly clock: SimClock;
  readonly faults: ChangerFaultPlan;
  readonly drives: DriveReach;
}

/** While it moves, the robot looks so often whether somebody opened the door; where no time passes, once. */
const LOOKS_ON_THE_WAY = 8;

/** The robot of a library: one hand, which takes a cartridge, carries it and puts it down, and needs time for all of it. */
export class Robot {
  readonly #library: Library;
  readonly #clock: SimClock;
  readonly #faults: ChangerFaultPlan;
  readonly #drives: DriveReach;
  /** Before which element it stands. */
  #standsAt = 0;
  /** How often the door had been opened when the move began. */
  #doorOpenings = 0;

  constructor(options: RobotOptions) {
    this.#library = options.library;
    this.#clock = options.clock;
    this.#faults = options.faults;
    this.#drives = options.drives;
  }

  /** Null when the cartridge is at `to`. Else why not; it is at `from`, or in the hand. */
  move(from: SimElement, to: SimElement): Sense | null {
    const { panel } = this.#library.view();
    if (panel.jammed) return SMC_SENSE.mechanicalError();
    const refusal = this.#refusal(from, to);
    if (refusal !== null) return refusal;
    this.#doorOpenings = panel.doorOpenings;
    const mishap = this.#faults.onMove() ?? this.#takeNextMove(panel.nextMove);
    return this.#carry(from, to, mishap);
  }

  /** Carries to its goal what a process that was killed left in the hand: the robot does not need the host for that. */
  completeMove(): void {
    const { contents, goal, panel } = this.#library.view();
    if (goal === null || panel.doorOpen || panel.jammed) return;
    const isHolding = contents.has(this.#library.shape.transport);
    if (!isHolding || !this.#library.place(goal)) this.#library.forgetGoal();
  }

  /** Before an element, with or without something in the hand. */
  positionTo(element: SimElement): Sense | null {
    if (this.#library.view().panel.jammed) return SMC_SENSE.mechanicalError();
    this.#clock.spend(this.#travelSeconds(element));
    this.#standsAt = element.address;
    return null;
  }

  #refusal(from: SimElement, to: SimElement): Sense | null {
    const { contents } = this.#library.view();
    const { transport } = this.#library.shape;
    if (!contents.has(from.address)) return SMC_SENSE.sourceEmpty();
    if (to.address !== from.address && contents.has(to.address)) return SMC_SENSE.destinationFull();
    if (from.address !== transport && contents.has(transport)) return SMC_SENSE.handFull();
    if (from.kind !== 'drive' || !this.#library.isHeldByDrive(from)) return null;
    const { loadedDrive } = this.#library.personality.quirks;
    const unloaded = loadedDrive === 'auto-unload' && from.drive !== null && this.#drives.unload(from.drive);
    return unloaded ? null : loadedDriveSense(loadedDrive);
  }

  #carry(from: SimElement, to: SimElement, mishap: NextMove | null): Sense | null {
    const { transport } = this.#library.shape;
    const { pickSeconds, placeSeconds } = this.#library.personality.times;
    const isInHand = from.address === transport;
    if (!isInHand) {
      const interrupted = this.#travel(this.#travelSeconds(from) + pickSeconds);
      this.#standsAt = from.address;
      if (interrupted) return SMC_SENSE.doorOpen();
      if (mishap === 'fails-before-pick') return SMC_SENSE.mechanicalError();
      if (!this.#library.pick(from.address, to.address))
        // Another host was faster.
        return this.#library.view().contents.has(transport) ? SMC_SENSE.handFull() : SMC_SENSE.sourceEmpty();
    }
    if (to.address === transport) {
      this.#library.forgetGoal();
      return null;
    }
    const sense = this.#bringTo(to, mishap, placeSeconds);
    if (sense !== null) this.#library.forgetGoal();
    return sense;
  }

  #bringTo(to: SimElement, mishap: NextMove | null, placeSeconds: number): Sense | null {
    if (mishap === 'fails-after-pick') return SMC_SENSE.mechanicalError();
    if (mishap === 'opens-door') this.#library.openDoor();
    const interrupted = this.#travel(this.#travelSeconds(to) + placeSeconds);
    this.#standsAt = to.address;
    if (interrupted) return SMC_SENSE.doorOpen();
    if (this.#library.view().panel.jammed) return SMC_SENSE.mechanicalError();
    return this.#library.place(to.address) ? null : SMC_SENSE.destinationFull();
  }

  /** True when somebody opened the door meanwhile: the robot stops where it is. */
  #travel(seconds: number): boolean {
    const looks = this.#clock.mode === 'wall' ? LOOKS_ON_THE_WAY : 1;
    for (let look = 0; look < looks; look++) {
      this.#clock.spend(seconds / looks);
      const { doorOpen, doorOpenings } = this.#library.view().panel;
      if (doorOpen || doorOpenings !== this.#doorOpenings) return true;
    }
    return false;
  }

  #travelSeconds(to: SimElement): number {
    const { elements } = this.#library.shape;
    const place = (address: number): number => elements.findIndex((element) => element.address === address);
    const { reachSeconds, perElementSeconds } = this.#library.personality.times;
    return reachSeconds + Math.abs(place(to.address) - Math.max(0, place(this.#standsAt))) * perElementSeconds;
  }

  #takeNextMove(nextMove: NextMove | null): NextMove | null {
    if (nextMove !== null) this.#library.changePanel(() => ({ nextMove: null }));
    return nextMove;
  }
}
