import { isStorageError } from '../base/storage-error.js';
import type { MediumCapacity } from '../drive/tape-drive.js';
import type { TransferLimits } from './transfer-limits.js';

type RoomLimits = Pick<TransferLimits, 'prepareBytes' | 'prepareFraction'>;

/**
 * Says when a volume will be full before long. The drive is asked how much still fits as seldom as that allows: since it
 * compresses, what was sent to it is at least what it wrote, so nothing need be asked before so much was sent that the
 * rest, uncompressed, would not fit any more. A drive that does not tell is asked once.
 */
export class RoomWatch {
  readonly #limits: RoomLimits;
  readonly #ask: () => Promise<MediumCapacity | null>;
  readonly #onAnswer: () => void;
  #state: 'unknown' | 'asking' | 'known' | 'untold' = 'unknown';
  /** As told last, and sent since. */
  #remainingBytes = 0;
  #sentBytes = 0;
  #thresholdBytes = 0;

  /** `onAnswer`: there may be news. */
  constructor(options: {
    readonly limits: RoomLimits;
    readonly ask: () => Promise<MediumCapacity | null>;
    readonly onAnswer: () => void;
  }) {
    this.#limits = options.limits;
    this.#ask = options.ask;
    this.#onAnswer = options.onAnswer;
  }

  /** So much payload was written. */
  noteWritten(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /** As far as is known: it is time to get another volume ready. */
  get isNearlyFull(): boolean {
    return this.#state === 'known' && this.#remainingBytes <= this.#thresholdBytes;
  }

  /** Asks the drive, if it is time to; its answer comes behind the commands it has. */
  look(): void {
    const isDue =
      this.#state === 'unknown' ||
      (this.#state === 'known' && !this.isNearlyFull && this.#remainingBytes - this.#sentBytes <= this.#thresholdBytes);
    if (!isDue) return;
    this.#state = 'asking';
    // What is sent from here on is not in the answer.
    this.#sentBytes = 0;
    this.#ask().then(
      (capacity) => {
        this.#noteAnswer(capacity);
      },
      (error: unknown) => {
        // A drive that fails shows that by writing, too.
        if (!isStorageError(error)) throw error;
        this.#noteAnswer(null);
      },
    );
  }

  #noteAnswer(capacity: MediumCapacity | null): void {
    this.#state = capacity === null ? 'untold' : 'known';
    if (capacity === null) return;
    const { prepareBytes, prepareFraction } = this.#limits;
    this.#remainingBytes = capacity.remainingBytes;
    this.#thresholdBytes = Math.min(prepareBytes, capacity.totalBytes * prepareFraction);
    // Of a volume that compresses well each answer brings half the way there: the last bit is not worth asking for.
    if (this.#remainingBytes <= this.#thresholdBytes * (1 + GRAIN)) this.#remainingBytes = this.#thresholdBytes;
    this.#onAnswer();
  }
}

/** How much too early is early enough, as a part of what is wanted. */
const GRAIN = 1 / 8;
