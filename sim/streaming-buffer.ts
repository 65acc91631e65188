import { assert } from '../src/base/assert.js';

export interface StreamingShape {
  readonly bufferBytes: number;
  /** Speeds of the tape in bytes a second, ascending. */
  readonly speedSteps: readonly number[];
  readonly backhitchSeconds: number;
  /** A stopped drive starts when the buffer is filled to this fraction. */
  readonly restartFraction: number;
}

/** What happened in a stretch of time. */
export interface StreamingTime {
  readonly streaming: number;
  readonly repositioning: number;
  readonly idle: number;
  /** How often the buffer ran empty while the tape moved. */
  readonly starved: number;
}

type Motion = 'stopped' | 'repositioning' | 'streaming';

/** Relative size of what rounding may leave of a level. */
const ROUNDING = 1e-9;

/**
 * The buffer between a host and a moving tape, as a fluid: the host pours in, the tape takes out at a speed that the drive
 * matches to how full the buffer is, from the lowest step when it is nearly empty to the highest when it is nearly full. A
 * host between the two ends of the range is so followed exactly; below the lowest step the buffer runs empty and the
 * drive must stop, reverse and wait until there is enough to run again.
 *
 * Reading is the same with room in place of bytes: the tape fills the room, the host makes it.
 */
export class StreamingBuffer {
  readonly #shape: StreamingShape;
  #level: number;
  #motion: Motion = 'stopped';
  #repositioningLeft = 0;

  constructor(shape: StreamingShape, levelBytes = 0) {
    assert(shape.speedSteps.length > 0 && shape.bufferBytes > 0, 'a drive has speeds and a buffer');
    this.#shape = shape;
    this.#level = levelBytes;
    this.#startIfFilled();
  }

  get levelBytes(): number {
    return this.#level;
  }

  pour(bytes: number): void {
    this.#level += bytes;
    this.#startIfFilled();
  }

  /** Seconds until the level has come down to `target` when the tape runs as soon as it can. */
  secondsUntil(target: number): number {
    let seconds = this.#repositioningLeft;
    let level = this.#level;
    while (level > target) {
      const { speed, floor } = this.#stepAt(level);
      const next = Math.max(floor, target);
      seconds += (level - next) / speed;
      level = next;
    }
    return seconds;
  }

  /** The same, done: returns the time it took. The tape moves on, or stops and reverses when nothing is left. */
  drain(target: number): StreamingTime {
    const total = this.secondsUntil(target);
    const repositioning = this.#repositioningLeft;
    this.#level = Math.min(this.#level, target);
    this.#motion = 'streaming';
    this.#repositioningLeft = 0;
    if (this.#level === 0) this.#reposition();
    return { streaming: total - repositioning, repositioning, idle: 0, starved: 0 };
  }

  /** Lets time pass in which the host does nothing. */
  elapse(seconds: number): StreamingTime {
    const time = { streaming: 0, repositioning: 0, idle: 0, starved: 0 };
    let left = seconds;
    while (left > 0) {
      if (this.#motion === 'stopped') {
        time.idle += left;
        return time;
      }
      if (this.#motion === 'repositioning') {
        const spent = Math.min(left, this.#repositioningLeft);
        left -= spent;
        time.repositioning += spent;
        this.#repositioningLeft -= spent;
        if (this.#repositioningLeft > 0) continue;
        this.#motion = 'stopped';
        this.#startIfFilled();
        continue;
      }
      const { speed, floor } = this.#stepAt(this.#level);
      const spent = Math.min(left, (this.#level - floor) / speed);
      time.streaming += spent;
      this.#level = spent < left ? floor : Math.max(floor, this.#level - spent * speed);
      left -= spent;
      if (this.#level > 0) continue;
      time.starved++;
      this.#reposition();
    }
    return time;
  }

  #reposition(): void {
    this.#motion = 'repositioning';
    this.#repositioningLeft = this.#shape.backhitchSeconds;
  }

  #startIfFilled(): void {
    if (this.#motion !== 'stopped' || this.#level === 0) return;
    if (this.#level >= this.#shape.bufferBytes * this.#shape.restartFraction) this.#motion = 'streaming';
  }

  /** The speed at a level, and the level at which the next lower speed begins. */
  #stepAt(level: number): { readonly speed: number; readonly floor: number } {
    const { speedSteps, bufferBytes } = this.#shape;
    const count = speedSteps.length;
    // A level on the border of two steps belongs to the lower: the tape has just come down to it.
    const step = Math.min(count, Math.max(1, Math.ceil((level * count) / bufferBytes - ROUNDING))) - 1;
    const speed = speedSteps[step];
    assert(speed !== undefined && speed > 0, 'every step has a speed');
    return { speed, floor: Math.min(level, (step * bufferBytes) / count) };
  }
}
