import { assert } from '../base/assert.js';
import { StorageError } from '../base/storage-error.js';
import {
  checkFrameStart,
  decodeFrameHeader,
  FRAME_BODY_LIMIT_BYTES,
  FRAME_HEADER_BYTES,
  type FrameHeader,
} from '../protocol/frame.js';
import type { RingSlot } from '../transfer/save-stream.js';
import { DOOR_LIMITS } from './door-limits.js';

/** Where DATA goes while a stream is being saved. */
export interface DataLane {
  /** A DATA header came. Throws when this frame is not the next one; nothing was taken for it yet. */
  accept(header: FrameHeader): void;
  /** The slot for the next DATA frame; null beyond the credit. */
  takeSlot(): RingSlot | null;
  /** The frame in `slot` is whole. The slot is the lane's again. */
  submit(slot: RingSlot, header: FrameHeader): void;
  /** A slot that was taken and got no frame. Comes also after the lane was closed. */
  returnSlot(slot: RingSlot): void;
}

export interface FrameReceiverOptions {
  readonly blockSizeBytes: number;
  /** A whole frame other than DATA. `payload` is valid during the call only; its CRC is not checked. */
  readonly onControl: (header: FrameHeader, payload: Uint8Array) => void;
}

/**
 * Cuts what a client sends into frames, without copying the stream's bytes: the socket reads straight into the slot the block will be
 * written from. The socket asks `nextBuffer` where to read to and tells `received`; in between that memory is _lent_: the
 * kernel may write to it at any time. So a lent slot is given back only when the socket has been given other memory or has let go (`unlend`).
 *
 * A frame that begins a slot and fills it needs no copy. What follows a shorter one in the same read moves to the next slot. Where
 * there is no slot (no stream yet, no credit, END came) bytes land in the stash, where only control frames fit: DATA there takes a slot if
 * credit has come since, else it is PROTOCOL_CREDIT_EXCEEDED.
 */
export class FrameReceiver {
  readonly #blockSizeBytes: number;
  readonly #onControl: FrameReceiverOptions['onControl'];
  #stash: Uint8Array = new Uint8Array(DOOR_LIMITS.stashBytes);
  #lane: DataLane | null = null;
  /** Where frames are being put together: a slot, or null for the stash. Bytes [start, filled) of it are what came. */
  #home: RingSlot | null = null;
  /** Rises while whole frames are taken off the front, then what is left moves down: 0 whenever the socket reads. */
  #start = 0;
  #filled = 0;
  /** The header at `start`, once it was decoded. */
  #header: FrameHeader | null = null;
  #lent: Uint8Array | null = null;
  #lentSlot: RingSlot | null = null;
  /** Slots to give back as soon as they are not lent. */
  readonly #retired: { readonly slot: RingSlot; readonly lane: DataLane }[] = [];
  #waiting = false;
  #discarding = false;

  constructor({ blockSizeBytes, onControl }: FrameReceiverOptions) {
    assert(blockSizeBytes >= FRAME_HEADER_BYTES + FRAME_BODY_LIMIT_BYTES, 'a block holds any frame');
    this.#blockSizeBytes = blockSizeBytes;
    this.#onControl = onControl;
  }

  /** Whether frames wait: the socket should not be read. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** No further frame is looked at until `goOn`. */
  wait(): void {
    this.#waiting = true;
  }

  /** Looks at the frames that came in the meantime. Throws as `received`. */
  goOn(): void {
    this.#waiting = false;
    this.#cut();
  }

  /** From now on DATA goes to `lane`. */
  openLane(lane: DataLane): void {
    assert(this.#lane === null && !this.#discarding, 'a connection carries one stream');
    this.#lane = lane;
  }

  /** No DATA is taken any more. */
  closeLane(): void {
    if (this.#home !== null) this.#leaveSlot(this.#home);
    this.#lane = null;
  }

  /** What comes from now on is dropped. */
  discard(): void {
    if (this.#discarding) return;
    this.#start = this.#filled = 0;
    this.#header = null;
    this.closeLane();
    this.#discarding = true;
    this.#waiting = false;
  }

  /** Where the next bytes should be put; never empty. It is lent until the next call of `nextBuffer`, `received` or `unlend`. */
  nextBuffer(): Uint8Array {
    const bytes = this.#homeBytes(this.#filled + 1);
    this.#lent = bytes.subarray(this.#filled);
    this.#lentSlot = this.#home;
    this.#giveBackRetired();
    return this.#lent;
  }

  /**
   * `count` bytes were put at the start of the last `nextBuffer`. Throws StorageError PROTOCOL_* for what is not the next frame of a
   * client that keeps to the protocol; the caller then calls `discard`.
   */
  received(count: number): void {
    const lent = this.#lent;
    assert(lent !== null && count <= lent.length, 'bytes land where nextBuffer said');
    this.#lentSlot = null;
    if (this.#discarding) return;
    const expected = this.#homeBytes(this.#filled + 1);
    if (lent.buffer === expected.buffer && lent.byteOffset === expected.byteOffset + this.#filled) {
      this.#filled += count;
      this.#cut();
    } else {
      // Frames moved while the socket stood still with this buffer in hand.
      this.feed(lent.slice(0, count));
    }
  }

  /** The same for bytes that were read elsewhere. */
  feed(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#discarding;) {
      const into = this.#homeBytes(this.#filled + 1).subarray(this.#filled);
      const count = Math.min(into.length, chunk.length - at);
      into.set(chunk.subarray(at, at + count));
      this.#filled += count;
      at += count;
      this.#cut();
    }
  }

  /** The socket holds no memory of ours: it is closed, or its bytes come by `feed`. */
  unlend(): void {
    this.#lent = null;
    this.#lentSlot = null;
    this.#giveBackRetired();
  }

  /** The memory frames are put together in, at least `needed` bytes of it. A slot holds any frame. */
  #homeBytes(needed: number): Uint8Array {
    if (this.#home !== null) return this.#home.bytes.subarray(0, this.#blockSizeBytes);
    if (this.#stash.length < needed) {
      const larger = new Uint8Array(Math.max(needed, this.#stash.length * 2));
      larger.set(this.#stash.subarray(0, this.#filled));
      this.#stash = larger;
    } else if (this.#filled === 0 && needed <= DOOR_LIMITS.stashBytes && this.#stash.length > DOOR_LIMITS.stashBytes) {
      this.#stash = new Uint8Array(DOOR_LIMITS.stashBytes);
    }
    return this.#stash;
  }

  /** Takes frames off the front as long as there are whole ones. */
  #cut(): void {
    while (!this.#waiting && !this.#discarding && this.#filled > this.#start) {
      const header = this.#header ?? this.#readHeader();
      if (header === null) break;
      this.#header = header;
      if (!(header.type === 'DATA' ? this.#cutData(header) : this.#cutControl(header))) break;
    }
    this.#moveDown();
    this.#moveToSlot();
  }

  #readHeader(): FrameHeader | null {
    const end = Math.min(this.#filled, this.#start + FRAME_HEADER_BYTES);
    const bytes = this.#homeBytes(this.#filled).subarray(this.#start, end);
    if (bytes.length < FRAME_HEADER_BYTES) {
      checkFrameStart(bytes);
      return null;
    }
    const header = decodeFrameHeader(bytes, this.#blockSizeBytes - FRAME_HEADER_BYTES);
    if (header.type !== 'DATA') return header;
    if (this.#lane === null)
      throw new StorageError('PROTOCOL_OUT_OF_ORDER', 'DATA came where none is due. The connection is closed.');
    this.#lane.accept(header);
    return header;
  }

  /** Whether a whole DATA frame was there and was submitted. */
  #cutData(header: FrameHeader): boolean {
    const lane = this.#lane;
    assert(lane !== null, 'DATA was accepted by a lane');
    this.#moveDown();
    this.#moveToSlot();
    const slot = this.#home;
    if (slot === null)
      throw new StorageError(
        'PROTOCOL_CREDIT_EXCEEDED',
        `DATA frame ${String(header.frameNumber)} came beyond the credit. The connection is closed.`,
      );
    const frameBytes = FRAME_HEADER_BYTES + header.payloadBytes;
    if (this.#filled < frameBytes) return false;
    const rest = slot.bytes.subarray(frameBytes, this.#filled);
    this.#header = null;
    this.#settle(rest.length > 0 ? lane.takeSlot() : null, rest);
    lane.submit(slot, header);
    return true;
  }

  /** Whether a whole control frame was there and was handed over. */
  #cutControl(header: FrameHeader): boolean {
    const frameBytes = FRAME_HEADER_BYTES + header.payloadBytes;
    if (this.#filled - this.#start < frameBytes) {
      this.#moveDown();
      this.#homeBytes(frameBytes);
      return false;
    }
    const end = this.#start + frameBytes;
    const payload = this.#homeBytes(end).slice(this.#start + FRAME_HEADER_BYTES, end);
    this.#start = end;
    this.#header = null;
    this.#onControl(header, payload);
    return true;
  }

  /** Frames go on in `home`, with `rest` as what came of them. */
  #settle(home: RingSlot | null, rest: Uint8Array): void {
    this.#home = home;
    this.#start = this.#filled = 0;
    this.#homeBytes(rest.length).set(rest);
    this.#filled = rest.length;
  }

  /** What is left of the bytes that came goes to the start of `home`. */
  #moveDown(): void {
    if (this.#start === 0) return;
    this.#homeBytes(this.#filled).copyWithin(0, this.#start, this.#filled);
    this.#filled -= this.#start;
    this.#start = 0;
  }

  /** From the stash to a slot, when there is one to be had and nothing but DATA, or nothing at all, is in the stash. */
  #moveToSlot(): void {
    if (this.#home !== null || this.#lane === null || this.#waiting) return;
    if (this.#filled > 0 && this.#header?.type !== 'DATA') return;
    const slot = this.#lane.takeSlot();
    if (slot !== null) this.#settle(slot, this.#stash.subarray(0, this.#filled));
  }

  /** Bytes that came behind the last DATA go to the stash. */
  #leaveSlot(slot: RingSlot): void {
    const lane = this.#lane;
    assert(lane !== null, 'a slot comes from a lane');
    this.#settle(null, slot.bytes.subarray(this.#start, this.#filled));
    this.#retired.push({ slot, lane });
    this.#giveBackRetired();
  }

  #giveBackRetired(): void {
    for (let i = this.#retired.length - 1; i >= 0; i--) {
      const one = this.#retired[i];
      if (one === undefined || one.slot === this.#lentSlot) continue;
      this.#retired.splice(i, 1);
      one.lane.returnSlot(one.slot);
    }
  }
}
