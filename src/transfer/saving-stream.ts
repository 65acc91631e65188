import { assert } from '../base/assert.js';
import { combineCrc32c } from '../base/crc32c.js';
import { StorageError } from '../base/storage-error.js';
import type { VolumeId } from '../terms/ids.js';
import type { StreamDescriptor } from '../terms/stream-descriptor.js';
import { BLOCK_HEADER_BYTES } from '../volume/block-header.js';
import { isDueForCredit, nextWindow, type CreditDemand, type CreditLimits } from './credit.js';
import type { RingShare } from './ring-share.js';
import type { RingSlot, SaveStream, SaveStreamEvents, SubmittedFrame } from './save-stream.js';
import type { WrittenBlocks } from './written-blocks.js';

export interface ReceivedBlock {
  readonly slot: RingSlot;
  readonly frame: SubmittedFrame;
  /** Numbers the blocks of the session in the order in which they became whole. */
  readonly order: number;
}

/** What a stream asks of its session; none of it calls back. */
export interface StreamSession {
  nextOrder(): number;
  /** Of the monotonic clock. */
  nowMs(): number;
  /** There may be something to do. */
  noteActivity(): void;
  /** A block came. */
  noteBlock(): void;
}

/** How far a stream is, from its start. */
export interface StreamProgress {
  readonly bytes: number;
  readonly blocks: number;
  readonly crc32c: number;
  /** In the order in which they were written. */
  readonly volumes: readonly VolumeId[];
}

const NOTHING: StreamProgress = { bytes: 0, blocks: 0, crc32c: 0, volumes: [] };

/** How a stream ended; null while it goes on. */
export type StreamEnding =
  | { readonly kind: 'ended'; readonly lengthBytes: number; readonly crc32c: number }
  | { readonly kind: 'aborted'; readonly reason: string }
  /** The session's doing. The client is told when the books are settled. */
  | { readonly kind: 'failed'; readonly error: StorageError };

/**
 * One stream of a save session: the blocks of it that wait, what of it is written and what durable, and its credit.
 * Every slot it took is with the door (taken), in its queue (submitted), laid and with the drive's thread (shifted), or kept until the
 * checkpoint (written), and comes back once.
 */
export class SavingStream implements SaveStream {
  readonly descriptor: StreamDescriptor;
  readonly events: SaveStreamEvents;
  readonly #session: StreamSession;
  readonly #share: RingShare;
  readonly #sinceCheckpoint: WrittenBlocks;

  #queue: ReceivedBlock[] = [];
  #laidBlocks = 0;
  #ending: StreamEnding | null = null;
  #isMuted = false;

  /** Frames the client may send, has begun to send, and has sent. */
  #granted = 0;
  #taken = 0;
  #submitted = 0;
  #receivedBytes = 0;
  #window = 0;
  #submittedAtGrowth = 0;
  #lastSubmitMs: number;

  #written: StreamProgress = NOTHING;
  #durable: StreamProgress = NOTHING;
  #startedOn: VolumeId | null = null;

  /** `share` and `written` are its own. */
  constructor(
    descriptor: StreamDescriptor,
    events: SaveStreamEvents,
    session: StreamSession,
    { share, written }: { readonly share: RingShare; readonly written: WrittenBlocks },
  ) {
    this.descriptor = descriptor;
    this.events = events;
    this.#session = session;
    this.#share = share;
    this.#sinceCheckpoint = written;
    this.#lastSubmitMs = session.nowMs();
  }

  // What the door calls.

  takeSlot(): RingSlot | null {
    this.#assertGoesOn();
    if (this.#taken === this.#granted) return null;
    this.#taken++;
    return this.#share.take();
  }

  submit(slot: RingSlot, frame: SubmittedFrame): void {
    this.#assertGoesOn();
    assert(frame.frameNumber === this.#submitted && frame.offset === this.#receivedBytes, 'frames have no gap');
    assert(this.#submitted < this.#taken, 'a frame was received into a slot that was taken');
    assert(frame.payloadBytes > 0 && frame.payloadBytes <= slot.bytes.length - BLOCK_HEADER_BYTES, 'a frame fits');
    this.#submitted++;
    this.#receivedBytes += frame.payloadBytes;
    this.#lastSubmitMs = this.#session.nowMs();
    if (this.isDropped) this.#share.give(slot);
    else this.#queue.push({ slot, frame, order: this.#session.nextOrder() });
    this.#session.noteBlock();
  }

  returnSlot(slot: RingSlot): void {
    this.#taken--;
    this.#share.putBack(slot);
  }

  end(total: { readonly lengthBytes: number; readonly crc32c: number }): void {
    this.#assertGoesOn();
    if (this.#ending === null) this.#ending = { kind: 'ended', ...total };
    this.#share.close();
    this.#session.noteActivity();
  }

  /** Too late after `end` or a failure, which connections do not know: then it only silences the events. */
  abort(reason: string): void {
    this.#isMuted = true;
    if (this.#ending === null) this.#drop({ kind: 'aborted', reason });
    this.#share.close();
    this.#session.noteActivity();
  }

  // What the session calls.

  /** The stream cannot go on: what waits is thrown away. Nothing when it already ended badly. */
  fail(error: StorageError): void {
    if (this.isDropped) return;
    this.#drop({ kind: 'failed', error });
  }

  get ending(): StreamEnding | null {
    return this.#ending;
  }
  /** Ended in one way or another, and nothing of it waits or is with the drive. */
  get isSettled(): boolean {
    return this.#ending !== null && this.#queue.length === 0 && this.#laidBlocks === 0;
  }
  /** Failed or aborted: nothing more of it is written. */
  get isDropped(): boolean {
    return this.#ending !== null && this.#ending.kind !== 'ended';
  }
  get hasBlocks(): boolean {
    return this.#queue.length > 0;
  }
  get waitingBlocks(): number {
    return this.#queue.length;
  }
  get oldestBlock(): number {
    const [first] = this.#queue;
    assert(first !== undefined, 'only a stream with blocks is asked for its oldest');
    return first.order;
  }
  /** The door does not listen any more. */
  get isMuted(): boolean {
    return this.#isMuted;
  }

  /** The oldest waiting block, to be laid. `last` when the client said so before. */
  shift(): { readonly block: ReceivedBlock; readonly last: boolean } {
    const block = this.#queue.shift();
    assert(block !== undefined, 'only a stream with blocks is written');
    this.#laidBlocks++;
    return { block, last: this.#ending?.kind === 'ended' && this.#queue.length === 0 };
  }

  /** The block was not written and waits again, before all others: blocks are taken back the youngest first. */
  takeBack(block: ReceivedBlock): void {
    this.#laidBlocks--;
    if (this.isDropped) this.#share.give(block.slot);
    else this.#queue.unshift(block);
  }

  /** The drive accepted the block. Until the next checkpoint it may have to be written again. */
  noteWritten(block: ReceivedBlock, volumeId: VolumeId): void {
    const { frame } = block;
    const { bytes, blocks, crc32c, volumes } = this.#written;
    assert(frame.offset === bytes && frame.frameNumber === blocks, 'written in order');
    this.#laidBlocks--;
    this.#written = {
      bytes: bytes + frame.payloadBytes,
      blocks: blocks + 1,
      crc32c: combineCrc32c(crc32c, frame.payloadCrc, frame.payloadBytes),
      volumes: volumes.at(-1) === volumeId ? volumes : [...volumes, volumeId],
    };
    if (this.isDropped) this.#share.give(block.slot);
    else this.#sinceCheckpoint.add(block);
  }

  /**
   * The volume it was written on failed: nothing is on it but what is durable, and nothing of it is with a drive. What was written since
   * the last checkpoint waits again, before all others. False when not all of that is here any more: it cannot go on.
   */
  writeAgain(): boolean {
    assert(this.#laidBlocks === 0, 'a volume is left when the drive has nothing of it');
    const blocks = this.#sinceCheckpoint.takeBack();
    const isNeeded = !this.isDropped && this.#written.bytes > this.#durable.bytes;
    this.#startedOn = null;
    this.#written = this.#durable;
    if (blocks === null) return !isNeeded;
    if (this.isDropped) for (const { slot } of blocks) this.#share.give(slot);
    else this.#queue = [...blocks, ...this.#queue];
    return true;
  }

  /** The volume that carries its STREAM-START, laid or written, and is being written. */
  get startedOn(): VolumeId | null {
    return this.#startedOn;
  }
  set startedOn(volumeId: VolumeId | null) {
    this.#startedOn = volumeId;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }
  /** All that drives accepted, from the stream's start, the CRC32C of it, and where it lies. */
  get written(): StreamProgress {
    return this.#written;
  }
  get durableBytes(): number {
    return this.#durable.bytes;
  }
  /** Slots that written blocks keep until the next checkpoint. */
  get keptSlots(): number {
    return this.#sinceCheckpoint.keptSlots;
  }

  /** All that is written is durable. Returns whether that is news. */
  noteDurable(): boolean {
    const grew = this.#written.bytes > this.#durable.bytes;
    this.#durable = this.#written;
    this.#sinceCheckpoint.letGo();
    return grew;
  }

  /** Compares what the client said at its END with what is written; all of it is. */
  checkEnd(): StorageError | null {
    const ending = this.#ending;
    assert(ending?.kind === 'ended' && this.isSettled, 'an end is checked when all is written');
    const { bytes, crc32c } = this.#written;
    if (ending.lengthBytes === bytes && ending.crc32c === crc32c) return null;
    const told = `${String(ending.lengthBytes)} bytes with CRC32C ${formatCrc(ending.crc32c)}`;
    const got = `${String(bytes)} bytes with ${formatCrc(crc32c)}`;
    return new StorageError(
      'PROTOCOL_CHECKSUM',
      `The client ended stream ${this.descriptor.streamId} after ${told}, but ${got} arrived. It is kept as incomplete; send it again.`,
      { context: { streamId: this.descriptor.streamId, toldBytes: ending.lengthBytes, gotBytes: bytes } },
    );
  }

  /** Blocks of the ring that are its own or promised to it, but for those that only wait for their checkpoint. */
  get claimedBlocks(): number {
    return this.#share.size - this.keptSlots;
  }

  /** Bytes that came and were not accepted by a drive. */
  get waitingBytes(): number {
    return this.isDropped ? 0 : this.#receivedBytes - this.#written.bytes;
  }

  /** While a burst is collected: what it may have so as to be `aheadBlocks` ahead. Null when it is, nearly, or gets none. */
  aheadCredit(aheadBlocks: number, creditIdleMs: number): CreditDemand | null {
    if (this.#ending !== null) return null;
    const unused = this.#granted - this.#submitted;
    const ahead = this.#session.nowMs() - this.#lastSubmitMs >= creditIdleMs ? 1 : aheadBlocks;
    if (2 * unused > ahead) return null;
    const outstanding = this.claimedBlocks;
    return { outstanding, window: outstanding - unused + ahead, hasOwn: this.#share.hasOwn };
  }

  /** How its credit stands; the window is brought up to date. Null when it is not given any now. */
  updateCredit(limits: CreditLimits & { readonly creditIdleMs: number }): CreditDemand | null {
    if (this.#ending !== null) return null;
    const standing = {
      outstanding: this.claimedBlocks,
      hasOwn: this.#share.hasOwn,
      unused: this.#granted - this.#submitted,
      usedSinceGrowth: this.#submitted - this.#submittedAtGrowth,
      window: this.#window,
      idle: this.#session.nowMs() - this.#lastSubmitMs >= limits.creditIdleMs,
    };
    const window = nextWindow(standing, limits);
    if (window !== this.#window) this.#submittedAtGrowth = this.#submitted;
    this.#window = window;
    return isDueForCredit({ ...standing, window }) ? { ...standing, window } : null;
  }

  /** The client could send, had it the credit. */
  get waitsForCredit(): boolean {
    return this.#ending === null && this.#submitted === this.#granted;
  }

  /** Reserves a slot for one more frame, which `tellCredit` offers. */
  reserveFrame(): void {
    assert(this.#share.grow(), 'credit is granted for slots that are there');
    this.#granted++;
  }

  tellCredit(): void {
    if (this.#ending === null) this.events.credit(this.#granted);
  }

  /** The last of it: the door was told or does not listen. */
  close(): void {
    assert(this.isSettled, 'a stream is closed when nothing of it is on the way');
    this.#sinceCheckpoint.close();
    this.#share.close();
  }

  #drop(ending: StreamEnding): void {
    this.#ending = ending;
    for (const { slot } of this.#queue) this.#share.give(slot);
    this.#queue = [];
    this.#sinceCheckpoint.letGo();
  }

  /** A door that was not told of a failure yet goes on as before. */
  #assertGoesOn(): void {
    assert(this.#ending?.kind !== 'ended' && !this.#isMuted, 'no call follows the end of a stream');
  }
}

function formatCrc(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
