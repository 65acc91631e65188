import type { Clock } from '../base/clock.js';
import { isStorageError } from '../base/storage-error.js';
import type { DriveThread } from '../drive/drive-thread.js';
import { streamingSpeedsOf, type StreamingSpeeds } from '../drive/streaming-speeds.js';
import type { BlockRing } from './block-ring.js';
import {
  decidePace,
  isSteadyAndFast,
  noteFed,
  sourceRate,
  startPace,
  type PaceAction,
  type PaceState,
} from './streaming-pace.js';
import type { TransferLimits } from './transfer-limits.js';

export interface SessionPaceOptions {
  readonly ring: BlockRing;
  readonly clock: Clock;
  readonly limits: TransferLimits;
}

const FEED: PaceAction = { kind: 'feed' };

/**
 * Keeps the tape of a save session from stopping and starting: what streaming-pace decides, for the drive that is written to. Where there
 * is nothing that must stream (a disk), where nothing is known of the drive, or without a buffer to collect in, it feeds.
 */
export class SessionPace {
  readonly #options: SessionPaceOptions;
  #speeds: StreamingSpeeds | null = null;
  #state: PaceState | null = null;
  /** The tape stops, and the checkpoint that belongs to it is not made yet. */
  #stopIsDue = false;

  constructor(options: SessionPaceOptions) {
    this.#options = options;
  }

  /** From now on a volume in this thread's drive is written. */
  async useDrive(thread: DriveThread): Promise<void> {
    if (this.#options.limits.collectBlocks === 0) return;
    this.#speeds = await speedsOf(thread);
    if (this.#speeds === null) this.#state = null;
  }

  /** What to do now. `hasNews`: something was written since the last checkpoint. */
  decide(streams: {
    readonly waitingBytes: number;
    readonly receivedBytes: number;
    /** Somebody may send more. */
    readonly isOpen: boolean;
    readonly hasNews: boolean;
  }): PaceAction {
    const { ring, clock, limits } = this.#options;
    if (this.#speeds === null) return FEED;
    const { waitingBytes, receivedBytes, isOpen, hasNews } = streams;
    const nowMs = clock.monotonicMs();
    const bufferBytes = limits.collectBlocks * ring.slotBytes;
    const { state, action } = decidePace(
      (this.#state ??= startPace({ nowMs, receivedBytes })),
      { nowMs, bufferedBytes: waitingBytes, roomBytes: this.#roomBlocks * ring.slotBytes, receivedBytes, isOpen },
      this.#speeds,
      {
        bufferBytes,
        lostShare: limits.burstLostShare,
        durableBytes: limits.checkpointBytes,
        holdMs: limits.burstHoldMs,
      },
    );
    this.#state = state;
    if (action.kind === 'stop') this.#stopIsDue = true;
    this.#stopIsDue &&= hasNews && state.phase === 'collecting';
    if (this.#stopIsDue) return { kind: 'stop' };
    return action.kind === 'stop' ? { kind: 'hold', untilMs: nowMs } : action;
  }

  /** So much was handed to the drive. */
  noteFed(bytes: number): void {
    if (this.#state !== null) this.#state = noteFed(this.#state, bytes);
  }

  /** Whether streams may fill the large buffer; else they share the small one, which stays in the CPU's caches. */
  get collects(): boolean {
    return this.#speeds !== null && this.#state !== null && !isSteadyAndFast(this.#state, this.#speeds);
  }

  /** For people: null where nothing is paced. */
  get view(): { readonly phase: PaceState['phase']; readonly sourceRate: number; readonly lowestRate: number } | null {
    if (this.#speeds === null || this.#state === null) return null;
    return { phase: this.#state.phase, sourceRate: sourceRate(this.#state), lowestRate: this.#speeds.lowest };
  }

  /** What can be collected beyond what is: the blocks all sessions share while drives stream are left to them. */
  get #roomBlocks(): number {
    return Math.max(0, this.#options.ring.counts.sharedFree - this.#options.limits.sharedBlocks);
  }
}

/** Null also for a drive that fails to tell: that shows when it is written on, where something can be done about it. */
async function speedsOf(thread: DriveThread): Promise<StreamingSpeeds | null> {
  try {
    return streamingSpeedsOf((await thread.readStatus()).densityCode);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return null;
  }
}
