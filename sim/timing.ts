import type { Personality } from './generations.js';
import type { DriveCounter, DriveStatistics } from './drive-statistics.js';
import type { SimClock } from './sim-clock.js';
import { StreamingBuffer, type StreamingTime } from './streaming-buffer.js';

/** A stopped drive starts again when the host has filled (reading: emptied) this part of the buffer. */
const RESTART_FRACTION = 0.25;

/**
 * How long what a drive does takes, on the drive's clock, and what it was spent on. Amounts are native bytes.
 *
 * Writing fills the drive's buffer, which the tape empties at a speed matched to it; see StreamingBuffer. The host waits
 * only when the buffer is full, and for a flush. Reading is the same thing seen from the other side.
 */
export class DriveTiming {
  readonly #clock: SimClock;
  readonly #statistics: DriveStatistics;
  readonly #bufferBytes: number;
  #personality: Personality;
  #stream: { readonly direction: 'write' | 'read'; readonly buffer: StreamingBuffer } | null = null;
  #settledAt: number;

  /** `bufferBytes`: instead of the personality's. */
  constructor(personality: Personality, clock: SimClock, statistics: DriveStatistics, bufferBytes?: number) {
    this.#personality = personality;
    this.#clock = clock;
    this.#statistics = statistics;
    this.#bufferBytes = bufferBytes ?? personality.bufferBytes;
    this.#settledAt = clock.seconds();
  }

  get loadSeconds(): number {
    return this.#personality.loadSeconds;
  }

  /** Native bytes accepted from the host and not yet on the medium. */
  get bufferedBytes(): number {
    if (this.#stream?.direction !== 'write') return 0;
    this.#settle();
    return this.#stream.buffer.levelBytes;
  }

  /** A cartridge of another generation moves and streams at its own speeds. */
  usePersonality(personality: Personality): void {
    this.#personality = personality;
    this.#endStream();
  }

  /** The host waits for a cartridge to become ready: as long as a load takes, or what is left of it. */
  load(seconds: number): void {
    this.#endStream();
    this.#wait('secondsLoading', seconds);
  }

  /** Threading the tape back; the rewind before it is `rewind`. */
  unload(): void {
    this.flush();
    this.#endStream();
    this.#wait('secondsUnloading', this.#personality.unloadSeconds);
  }

  rewind(from: number, capacityBytes: number): void {
    this.flush();
    this.#endStream();
    this.#wait('secondsRewinding', this.rewindSeconds(from, capacityBytes));
  }

  locate(from: number, to: number, capacityBytes: number): void {
    this.flush();
    this.#endStream();
    this.#wait('secondsLocating', this.locateSeconds(from, to, capacityBytes));
  }

  /** Winding to the beginning: how far along the tape the place lies. */
  rewindSeconds(from: number, capacityBytes: number): number {
    return this.#along(from, capacityBytes) * this.#passSeconds();
  }

  /** Nothing for the place itself; else stopping and finding the block, plus winding lengthwise. */
  locateSeconds(from: number, to: number, capacityBytes: number): number {
    if (from === to) return 0;
    const { averageLocateSeconds } = this.#personality;
    // Two random places are a third of the tape apart on average; the rest of the average is to stop and to find.
    const settling = Math.max(1, averageLocateSeconds - this.#passSeconds() / 3);
    const distance = Math.abs(this.#along(from, capacityBytes) - this.#along(to, capacityBytes));
    return settling + distance * this.#passSeconds();
  }

  /** A long erase passes over the whole rest of the medium at the highest speed. */
  erase(bytes: number): void {
    this.flush();
    this.#endStream();
    this.#wait('secondsErasing', bytes / (this.#personality.speedSteps.at(-1) ?? 1));
  }

  write(bytes: number): void {
    const buffer = this.#streamFor('write');
    this.#statistics.add('nativeBytesWritten', bytes);
    this.#makeRoom(buffer, bytes, 'secondsBufferFull');
    buffer.pour(bytes);
  }

  read(bytes: number): void {
    const buffer = this.#streamFor('read');
    this.#statistics.add('nativeBytesRead', bytes);
    this.#makeRoom(buffer, bytes, 'secondsBufferEmpty');
    buffer.pour(bytes);
  }

  /** Returns when everything written is on the medium; the tape stops, having nothing more to write. */
  flush(): void {
    if (this.#stream?.direction !== 'write') return;
    const { buffer } = this.#stream;
    this.#settle();
    if (buffer.levelBytes === 0) return;
    this.#statistics.add('flushStops', 1);
    this.#drain(buffer, 0, 'secondsFlushing');
  }

  /** The buffer's content is gone (a reset): it will not reach the medium. */
  discard(): void {
    this.#stream = null;
  }

  #streamFor(direction: 'write' | 'read'): StreamingBuffer {
    this.#settle();
    if (this.#stream?.direction === direction) return this.#stream.buffer;
    this.flush();
    const shape = {
      bufferBytes: this.#bufferBytes,
      speedSteps: this.#personality.speedSteps,
      backhitchSeconds: this.#personality.backhitchSeconds,
      restartFraction: RESTART_FRACTION,
    };
    // Before reading there is nothing but room to be filled.
    const buffer = new StreamingBuffer(shape, direction === 'read' ? this.#bufferBytes : 0);
    this.#stream = { direction, buffer };
    return buffer;
  }

  #makeRoom(buffer: StreamingBuffer, bytes: number, cause: DriveCounter): void {
    const target = Math.max(0, this.#bufferBytes - bytes);
    if (buffer.levelBytes > target) this.#drain(buffer, target, cause);
  }

  #drain(buffer: StreamingBuffer, target: number, cause: DriveCounter): void {
    this.#wait(cause, buffer.secondsUntil(target));
    const time = buffer.drain(target);
    if (this.#clock.mode !== 'off') this.#count(time);
    this.#settledAt = this.#clock.seconds();
  }

  /** Lets the tape do what it did since the last command. */
  #settle(): void {
    const now = this.#clock.seconds();
    const elapsed = now - this.#settledAt;
    this.#settledAt = now;
    if (elapsed <= 0) return;
    if (this.#stream === null) this.#statistics.add('secondsIdle', elapsed);
    else this.#count(this.#stream.buffer.elapse(elapsed));
  }

  #count(time: StreamingTime): void {
    this.#statistics.add('secondsStreaming', time.streaming);
    this.#statistics.add('secondsRepositioning', time.repositioning);
    this.#statistics.add('secondsIdle', time.idle);
    this.#statistics.add('backhitches', time.starved);
  }

  /**
   * Before the tape is moved elsewhere. What the drive read ahead since the last read is of no use to anybody; that it ran
   * full and stopped is no backhitch either.
   */
  #endStream(): void {
    if (this.#stream?.direction === 'read') this.#settledAt = this.#clock.seconds();
    else this.#settle();
    this.#stream = null;
  }

  #wait(cause: DriveCounter, seconds: number): void {
    if (seconds <= 0 || this.#clock.mode === 'off') return;
    this.#clock.spend(seconds);
    this.#statistics.add(cause, seconds);
    this.#settledAt = this.#clock.seconds();
  }

  /** End to end of the tape. */
  #passSeconds(): number {
    return 2 * this.#personality.averageRewindSeconds;
  }

  /** Where on the tape's length native byte `offset` lies, 0 to 1: the data goes up and down it, wrap by wrap. */
  #along(offset: number, capacityBytes: number): number {
    const wraps = (offset / capacityBytes) * this.#personality.wraps;
    const within = wraps % 1;
    return Math.floor(wraps) % 2 === 0 ? within : 1 - within;
  }
}
