import { assert } from '../src/base/assert.js';

/** What a simulated drive counts. Bytes and times; seconds are of the simulated clock (none pass when it is off). */
export const DRIVE_COUNTERS = [
  /** Stops because the buffer ran empty while the tape moved (or, reading, because it ran full). */
  'backhitches',
  /** Stops because the host wanted everything on the medium. */
  'flushStops',
  'loads',
  'hostBytesWritten',
  'hostBytesRead',
  /** After compression. */
  'nativeBytesWritten',
  'nativeBytesRead',
  'blocksWritten',
  'blocksRead',
  'filemarksWritten',
  /** The tape moves and data goes to or from it. */
  'secondsStreaming',
  /** The tape stands still, waiting for the host. */
  'secondsIdle',
  /** Reversing and restarting after a stop. */
  'secondsRepositioning',
  /** The host waited, by cause. */
  'secondsLoading',
  'secondsUnloading',
  'secondsLocating',
  'secondsRewinding',
  'secondsErasing',
  'secondsFlushing',
  /** A write waited for room in the buffer. */
  'secondsBufferFull',
  /** A read waited for data. */
  'secondsBufferEmpty',
] as const;

export type DriveCounter = (typeof DRIVE_COUNTERS)[number];

export type DriveCounts = Readonly<Record<DriveCounter, number>>;

const SLOT: ReadonlyMap<DriveCounter, number> = new Map(DRIVE_COUNTERS.map((name, slot) => [name, slot]));

/** Memory for one drive's counters: made by whoever wants to read them, handed to the drive's thread in its options. */
export function createDriveStatisticsMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(DRIVE_COUNTERS.length * Float64Array.BYTES_PER_ELEMENT);
}

/**
 * One drive's counters in shared memory, so that another thread can read them while the drive's own is blocked. One thread
 * writes; a reader may see one counter of a command and not yet another.
 */
export class DriveStatistics {
  readonly #slots: Float64Array;

  constructor(memory: SharedArrayBuffer = createDriveStatisticsMemory()) {
    assert(
      memory.byteLength === DRIVE_COUNTERS.length * Float64Array.BYTES_PER_ELEMENT,
      'the memory is that of createDriveStatisticsMemory',
    );
    this.#slots = new Float64Array(memory);
  }

  add(counter: DriveCounter, amount: number): void {
    const slot = slotOf(counter);
    this.#slots[slot] = (this.#slots[slot] ?? 0) + amount;
  }

  get(counter: DriveCounter): number {
    return this.#slots[slotOf(counter)] ?? 0;
  }

  /** All counters as they are now. */
  read(): DriveCounts {
    return Object.fromEntries(DRIVE_COUNTERS.map((name) => [name, this.get(name)])) as Record<DriveCounter, number>;
  }
}

function slotOf(counter: DriveCounter): number {
  const slot = SLOT.get(counter);
  assert(slot !== undefined, `${counter} is a counter`);
  return slot;
}
