import { assert } from '../base/assert.js';
import type { RunBlock } from './drive-thread.js';

/** Runs on their way at once, and blocks of one: more go by message, as everything else does. A save session has 2 of 8. */
const ENTRIES = 8;
const RUN_BLOCKS = 32;

/** Words of an entry. */
const STATE = 0;
const ID = 1;
const COUNT = 2;
const BLOCKS = 3;
const ENTRY_WORDS = BLOCKS + 2 * RUN_BLOCKS;

/** Words before the entries. */
const SETTLED = 0;
const SECONDS_BYTE = 8;
const HEAD_BYTES = 64;

const ENTRY_STATE = {
  free: 0,
  offered: 1,
  /** Every block of the run was written, and no more than that happened. */
  written: 2,
  /** The answer comes by message. */
  answered: 3,
} as const;

/** Seconds of a drive's thread, in the order in which they lie in shared memory. */
const CAUSES = ['write', 'flush', 'read', 'position'] as const;
type Seconds = Readonly<Record<(typeof CAUSES)[number], number>>;

/** A run as it comes to the drive's thread. */
export interface OfferedRun {
  readonly id: number;
  readonly run: readonly RunBlock[];
}

/**
 * Runs of blocks between the main thread and a drive's, in shared memory: a message each way for every run would cost as much as all else
 * the daemon does for its blocks. Both sides have one of these over the same memory.
 *
 * Runs share one numbering with the commands that go by message, which gives their order. A run that was simply written is answered
 * here; one that met anything else is answered by message.
 */
export class RunQueue {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #entries: Int32Array;
  readonly #seconds: Float64Array;
  /** Of this side: the entry that is offered, or taken, next; and, for the main thread, the one that settles next. */
  #next = 0;
  #oldest = 0;

  constructor(memory = new SharedArrayBuffer(HEAD_BYTES + ENTRIES * ENTRY_WORDS * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, 1);
    this.#seconds = new Float64Array(memory, SECONDS_BYTE, CAUSES.length);
    this.#entries = new Int32Array(memory, HEAD_BYTES);
  }

  // The main thread's side

  /** False: it does not fit, or not now; to be sent as a message. */
  offer(id: number, run: readonly RunBlock[]): boolean {
    const at = this.#next * ENTRY_WORDS;
    if (run.length > RUN_BLOCKS || run.some(({ sealed }) => sealed === false)) return false;
    if (Atomics.load(this.#entries, at + STATE) !== ENTRY_STATE.free) return false;
    this.#entries[at + ID] = id;
    this.#entries[at + COUNT] = run.length;
    run.forEach(({ slot, lengthBytes }, i) => {
      this.#entries[at + BLOCKS + 2 * i] = slot;
      this.#entries[at + BLOCKS + 2 * i + 1] = lengthBytes;
    });
    Atomics.store(this.#entries, at + STATE, ENTRY_STATE.offered);
    this.#next = (this.#next + 1) % ENTRIES;
    return true;
  }

  /** The oldest run that was written and not told yet, as its number; null when there is none. */
  takeWritten(): number | null {
    for (;;) {
      const at = this.#oldest * ENTRY_WORDS;
      const state = Atomics.load(this.#entries, at + STATE);
      if (state !== ENTRY_STATE.written && state !== ENTRY_STATE.answered) return null;
      const id = this.#entries[at + ID] ?? 0;
      Atomics.store(this.#entries, at + STATE, ENTRY_STATE.free);
      this.#oldest = (this.#oldest + 1) % ENTRIES;
      if (state === ENTRY_STATE.written) return id;
    }
  }

  /** How often the thread settled a run up to now. */
  get settledCount(): number {
    return Atomics.load(this.#words, SETTLED);
  }

  /** Resolves when it has settled more than `count`. */
  async settledBeyond(count: number): Promise<void> {
    const { value } = Atomics.waitAsync(this.#words, SETTLED, count);
    await value;
  }

  /** Of the thread since it was made. */
  get seconds(): Seconds {
    const [write = 0, flush = 0, read = 0, position = 0] = this.#seconds;
    return { write, flush, read, position };
  }

  // The drive's thread's side

  /** The next run, if it bears that number. */
  take(id: number): OfferedRun | null {
    const at = this.#next * ENTRY_WORDS;
    if (Atomics.load(this.#entries, at + STATE) !== ENTRY_STATE.offered) return null;
    if (this.#entries[at + ID] !== id) return null;
    const run = Array.from({ length: this.#entries[at + COUNT] ?? 0 }, (_, i) => ({
      slot: this.#entries[at + BLOCKS + 2 * i] ?? 0,
      lengthBytes: this.#entries[at + BLOCKS + 2 * i + 1] ?? 0,
    }));
    return { id, run };
  }

  /** The run taken last is settled: simply written, or answered by message, which was sent. */
  settle(written: boolean): void {
    const at = this.#next * ENTRY_WORDS;
    assert(Atomics.load(this.#entries, at + STATE) === ENTRY_STATE.offered, 'a run that was taken is settled once');
    Atomics.store(this.#entries, at + STATE, written ? ENTRY_STATE.written : ENTRY_STATE.answered);
    this.#next = (this.#next + 1) % ENTRIES;
    Atomics.add(this.#words, SETTLED, 1);
    Atomics.notify(this.#words, SETTLED);
  }

  /** For people, who may see one cause a moment before another. */
  tellSeconds(seconds: Seconds): void {
    CAUSES.forEach((cause, i) => {
      this.#seconds[i] = seconds[cause];
    });
  }
}
