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
  #crc = 0;
  #isOpen = true;
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
    return this.#isOpen;
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
    if (this.#isOpen) this.#receiver.waiting(reason, message);
  }

  /**
   * A good block of this stream came: its bytes go to the receiver as far as they are wanted. `release` is called once, when
   * the slot is free again. A block that leaves a gap before it fails the stream.
   */
  deliver(slot: RingSlot, header: BlockHeader, release: () => void): void {
    assert(this.#isOpen && this.hasRoom, 'blocks are delivered to a receiver that takes them');
    const end = header.offset + header.payloadBytes;
    if (header.offset > this.#nextOffset) this.fail(this.#missing(header.offset, 'the blocks between are not there'));
    if (!this.#isOpen || end <= this.#nextOffset) {
      release();
      return;
    }
    const start = this.#nextOffset;
    const payloadBytes = Math.min(end, this.to) - start;
    this.#crc = combineCrc32c(this.#crc, header.payloadCrc, header.payloadBytes);
    this.#nextOffset += payloadBytes;
    this.#held++;
    const payloadStart = BLOCK_HEADER_BYTES + start - header.offset;
    this.#receiver.deliver({ slot, payloadStart, payloadBytes, offset: start }, () => {
      this.#held--;
      release();
    });
    if (this.#nextOffset === this.to) this.#finish();
  }

  /** The block at which the stream goes on cannot be read: what was delivered is right, the rest does not come. */
  damaged(untilOffset: number, why: string): void {
    this.fail(this.#missing(untilOffset, why));
  }

  /** The receiver is gone: no further call to it. */
  cancel(_reason: string): void {
    this.#isOpen = false;
  }

  /** The rest does not come. Nothing when the stream is not open. */
  fail(error: StorageError): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#receiver.failed(error);
  }

  /** No more passes come: finishes an empty range; fails with JOB_STREAM_DAMAGED when bytes are missing. */
  settle(): void {
    if (!this.#isOpen) return;
    if (this.#nextOffset === this.to) this.#finish();
    else this.fail(this.#missing(this.to, 'the inventory knows no blocks of them'));
  }

  #finish(): void {
    if (this.#whole !== null && this.#whole.crc32c !== this.#crc) {
      this.fail(
        new StorageError(
          'JOB_STREAM_DAMAGED',
          `Stream ${this.streamId} was read whole, each block good, but together they are not what was saved: CRC32C ${this.#crc.toString(16)} instead of ${this.#whole.crc32c.toString(16)}. Do not use what came.`,
          { context: { streamId: this.streamId } },
        ),
      );
      return;
    }
    this.#isOpen = false;
    this.#receiver.finished();
  }

  #missing(untilOffset: number, why: string): StorageError {
    const from = this.#nextOffset;
    return new StorageError(
      'JOB_STREAM_DAMAGED',
      `Bytes ${String(from)} to ${String(untilOffset - 1)} of stream ${this.streamId} cannot be read: ${why}. What was delivered before them is right.`,
      { context: { streamId: this.streamId, missingFrom: from, missingTo: untilOffset } },
    );
  }
}
