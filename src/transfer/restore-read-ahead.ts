import { assert } from '../base/assert.js';
import type { DriveThread } from '../drive/drive-thread.js';
import type { VolumeId } from '../terms/ids.js';
import { VolumeReader, type VolumeItem } from '../volume/volume-reader.js';
import type { BlockRing } from './block-ring.js';
import { nextRead, type PlannedPart, type PlannedRead } from './restore-plan.js';
import type { RingShare } from './ring-share.js';
import type { RingSlot } from './save-stream.js';
import type { TransferLimits } from './transfer-limits.js';

/** What a run of the drive brought: its items, and all slots that were read into, which are the taker's. */
export interface FinishedRun {
  readonly items: readonly VolumeItem[];
  readonly slots: readonly RingSlot[];
}

type Settled = { readonly items: readonly VolumeItem[] } | { readonly error: unknown };

/** Slots a pass has whatever others do: one is read into while a receiver has the other. */
const LEAST_SLOTS = 2;

/** Reads what a plan wants, one run ahead of whoever takes the runs, into slots of its share of the ring. */
export class RestoreReadAhead {
  readonly #reader: VolumeReader;
  readonly #share: RingShare;
  readonly #limits: TransferLimits;
  readonly #onSlotFree: () => void;
  /** Where the drive stands when the run in hand is read; null before the first. */
  #at: number | null = null;
  #isAtEnd = false;
  #pending: { readonly slots: readonly RingSlot[]; readonly settled: Promise<Settled> } | null = null;
  #locates = 0;

  constructor(options: {
    readonly volume: { readonly thread: DriveThread; readonly volumeId: VolumeId };
    readonly ring: BlockRing;
    readonly limits: TransferLimits;
    readonly onSlotFree: () => void;
  }) {
    const { volume, ring, limits } = options;
    this.#reader = new VolumeReader(volume.thread, volume.volumeId);
    this.#limits = limits;
    this.#onSlotFree = options.onSlotFree;
    this.#share = ring.openShare('procedure', LEAST_SLOTS);
  }

  get locates(): number {
    return this.#locates;
  }

  /** Nothing of these parts is left to read. */
  isDone(parts: readonly PlannedPart<unknown>[]): boolean {
    return this.#isAtEnd || this.#next(parts, 1) === null;
  }

  /** Begins to read the next of what these parts want, unless a run is in hand. False: no slot is free, or nothing is left. */
  start(parts: readonly PlannedPart<unknown>[]): boolean {
    if (this.#pending !== null) return true;
    const { restoreBlocks, restoreBatchBlocks } = this.#limits;
    while (this.#share.size < restoreBlocks && this.#share.grow());
    const read = this.#isAtEnd ? null : this.#next(parts, Math.min(restoreBatchBlocks, this.#share.available));
    if (read === null || read.objects === 0) return false;
    const slots = Array.from({ length: read.objects }, () => this.#share.take());
    // Looked at when it is taken; until then a failure waits.
    const settled = this.#read(read, slots).then(
      (items): Settled => ({ items }),
      (error: unknown): Settled => ({ error }),
    );
    this.#pending = { slots, settled };
    return true;
  }

  /** The run in hand, when it is read. Rejects with the drive's StorageError. */
  async take(): Promise<FinishedRun> {
    assert(this.#pending !== null, 'a run was started');
    const { slots, settled } = this.#pending;
    const result = await settled;
    this.#pending = null;
    if ('items' in result) return { items: result.items, slots };
    this.putBack(slots);
    throw result.error;
  }

  putBack(slots: readonly RingSlot[]): void {
    for (const slot of slots) this.#share.putBack(slot);
    if (slots.length > 0) this.#onSlotFree();
  }

  /** Lets the run in hand end. Slots that receivers have come back to the ring as they are released. */
  async close(): Promise<void> {
    if (this.#pending !== null) {
      await this.#pending.settled;
      this.putBack(this.#pending.slots);
      this.#pending = null;
    }
    this.#share.close();
  }

  #next(parts: readonly PlannedPart<unknown>[], maxObjects: number): PlannedRead | null {
    return nextRead(parts, this.#at, { gapObjects: this.#limits.restoreGapBlocks, maxObjects });
  }

  async #read(read: PlannedRead, slots: readonly RingSlot[]): Promise<readonly VolumeItem[]> {
    if (read.locate !== null) {
      this.#locates++;
      await this.#reader.seek(read.blockAddress, read.locate.sequence);
    }
    const items = await this.#reader.read(slots);
    const last = items.at(-1);
    assert(last !== undefined, 'a run brings something');
    this.#at = last.blockAddress + 1;
    this.#isAtEnd = last.kind === 'end-of-data';
    return items;
  }
}
