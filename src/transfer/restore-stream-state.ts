import { assert } from '../base/assert.js';
import { combineCrc32c } from '../base/crc32c.js';
import { StorageError } from '../base/storage-error.js';
import type { StreamId } from '../terms/ids.js';
import { BLOCK_HEADER_BYTES, type BlockHeader } from '../volume/block-header.js';
import { RESTORE_WINDOW_BLOCKS, type RestoreReceiver } from './restore-stream.js';
import type { RingSlot } from './save-stream.js';

export interface RestoreStreamOptions {
  readonly streamId: StreamId;
  readonly receiver: RestoreReceiver;
  /** Bytes of the stream to deliver: from (inclusive) to (exclusive). */
  readonly from: number;
  readonly to: number;
  /** Of the whole stream, as saved; compared when all of it was asked for. */
  readonly whole: { readonly lengthBytes: number; readonly crc32c: number };
}

/** One stream on its way to its receiver, across all the passes it needs. */
export class RestoreStreamState {
  readonly streamId: StreamId;
  readonly to: number;
  readonly #receiver: RestoreReceiver;
  readonly #whole: RestoreStreamOptions['whole'] | null;
  #nextOffset: number;
  /** Of the block that continues the stream; null before the first, which may begin before the wanted bytes. */
  #nextFrame: number | null = null;
  #crc = 0;
  /** Why it is over; null while it is not. */
  #ended: string | null = null;
  /** Why the block at which the stream goes on could not be had. What is missing, the next good block tells. */
  #damage: string | null = null;
  /** Blocks the receiver has and did not release. */
  #held = 0;

  constructor({ streamId, receiver, from, to, whole }: RestoreStreamOptions) {
    this.streamId = streamId;
    this.to = to;
    this.#receiver = receiver;
    this.#nextOffset = from;
    this.#whole = from === 0 && to === whole.lengthBytes ? whole : null;
  }

  /** Neither finished nor failed nor cancelled. */
  get isOpen(): boolean {
    return this.#ended === null;
  }
  /** Why the stream is over, for the log; null while it is open. */
  get ended(): string | null {
    return this.#ended;
  }
  /** Up to where the stream was delivered; the next pass goes on here. */
  get nextOffset(): number {
    return this.#nextOffset;
  }
  /** The receiver has blocks that it did not release. */
  get holdsBlocks(): boolean {
    return this.#held > 0;
  }
  /** The receiver may be given another block. */
  get hasRoom(): boolean {
    return this.#held < RESTORE_WINDOW_BLOCKS;
  }

  /** The receiver is told why it waits; nothing when the stream is not open. */
  waiting(reason: string, message: string): void {
    if (this.isOpen) this.#receiver.waiting(reason, message);
  }

  /**
   * A good block of this stream came. When it continues the stream, its bytes go to the receiver as far as they are wanted
   * and `release` is called once, when the receiver is done with the slot; returns true. Blocks before the wanted bytes are
   * passed over. One that does not continue it shows what is missing: the stream fails. Then false is returned.
   */
  deliver(slot: RingSlot, header: BlockHeader, release: () => void): boolean {
    assert(this.isOpen && this.hasRoom, 'blocks are delivered to a receiver that takes them');
    const { offset, payloadBytes, frameNumber, payloadCrc } = header;
    const start = this.#nextOffset;
    const end = offset + payloadBytes;
    if (end <= start) return false;
    const isNext = this.#nextFrame === null ? offset <= start : offset === start && frameNumber === this.#nextFrame;
    if (!isNext) {
      this.fail(this.#missing(offset, this.#damage ?? 'the block that goes on there is not on the volume'));
      return false;
    }
    this.#damage = null;
    this.#crc = combineCrc32c(this.#crc, payloadCrc, payloadBytes);
    this.#nextFrame = frameNumber + 1;
    this.#nextOffset = Math.min(end, this.to);
    this.#held++;
    let isReleased = false;
    const part = {
      slot,
      payloadStart: BLOCK_HEADER_BYTES + start - offset,
      payloadBytes: this.#nextOffset - start,
      offset: start,
    };
    this.#receiver.deliver(part, () => {
      assert(!isReleased, 'a receiver releases a block once');
      isReleased = true;
      this.#held--;
      release();
    });
    this.#finishWhenDone();
    return true;
  }

  /** A block of the stream cannot be had. The stream fails with the next good one, which tells how much is missing. */
  noteDamage(why: string): void {
    this.#damage ??= why;
  }

  /** No good block comes any more from this volume, which held bytes of the stream up to `untilOffset`. */
  settleDamage(untilOffset: number): void {
    if (this.#damage !== null) this.fail(this.#missing(untilOffset, this.#damage));
  }

  /** The receiver is gone: no further call to it. */
  cancel(reason: string): void {
    this.#ended ??= reason;
  }

  /** The rest does not come. Nothing when the stream is not open. */
  fail(error: StorageError): void {
    if (!this.isOpen) return;
    this.#ended = error.message;
    this.#receiver.failed(error);
  }

  /** No more passes come: finishes an empty range; fails with JOB_STREAM_DAMAGED when bytes are missing. */
  settle(): void {
    this.#finishWhenDone();
    this.fail(this.#missing(this.to, 'the inventory knows no blocks that hold them'));
  }

  /** The receiver may have failed or cancelled the stream when it got the last bytes. */
  #finishWhenDone(): void {
    if (!this.isOpen || this.#nextOffset < this.to) return;
    if (this.#whole !== null && this.#whole.crc32c !== this.#crc) {
      this.fail(this.#notWhatWasSaved(this.#whole.crc32c));
      return;
    }
    this.#ended = 'delivered';
    this.#receiver.finished();
  }

  #missing(untilOffset: number, why: string): StorageError {
    const from = this.#nextOffset;
    const to = Math.max(from, Math.min(untilOffset, this.to));
    return new StorageError(
      'JOB_STREAM_DAMAGED',
      `Bytes ${String(from)} to ${String(to - 1)} of stream ${this.streamId} cannot be read: ${why}. What was delivered before them is right. ` +
        'Restore what lies behind them as a range of its own, or another copy of the stream.',
      { context: { streamId: this.streamId, missingFrom: from, missingTo: to } },
    );
  }

  #notWhatWasSaved(saved: number): StorageError {
    const [is, was] = [this.#crc, saved].map((crc) => crc.toString(16).padStart(8, '0'));
    return new StorageError(
      'JOB_STREAM_DAMAGED',
      `Stream ${this.streamId} was read whole and each block is good, but together they are not what was saved: CRC32C ${String(is)} instead of ${String(was)}. ` +
        'Do not use what came; scan the volume and compare it with the inventory.',
      { context: { streamId: this.streamId, missingFrom: 0, missingTo: this.to } },
    );
  }
}
