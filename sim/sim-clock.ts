import { systemBlockingClock, type BlockingClock } from '../src/base/blocking-clock.js';
import { unreachable } from '../src/base/assert.js';

/** `virtual`: time moves when something takes time, at once. `wall`: the calling thread waits. `off`: nothing takes time. */
export type ClockMode = 'virtual' | 'wall' | 'off';

/** The time of a simulated drive, in seconds. */
export interface SimClock {
  readonly mode: ClockMode;
  /** Seconds that never go back. */
  seconds(): number;
  /** Something takes this long. */
  spend(seconds: number): void;
}

/** `speed`: how many simulated seconds pass in one second of a wall clock; a demo does not wait a minute for a rewind. */
export function createSimClock(mode: ClockMode, speed = 1, wall: BlockingClock = systemBlockingClock): SimClock {
  switch (mode) {
    case 'virtual':
      return new VirtualClock();
    case 'wall':
      return {
        mode,
        seconds: () => (wall.monotonicMs() / 1000) * speed,
        spend: (seconds) => {
          wall.sleepMs((seconds * 1000) / speed);
        },
      };
    case 'off':
      return { mode, seconds: () => 0, spend: () => undefined };
    default:
      return unreachable(mode);
  }
}

class VirtualClock implements SimClock {
  readonly mode = 'virtual';
  #now = 0;

  seconds(): number {
    return this.#now;
  }

  spend(seconds: number): void {
    this.#now += seconds;
  }
}
