import { FRAME_HEADER_BYTES, checkFrameStart, decodeFrameHeader, type FrameHeader } from './frame.js';

/**
 * Cuts a row of bytes into frames, for the client's side. It says where the next bytes should be read to, so that a payload is read
 * into memory of its own and never copied: `nextBuffer`, fill some of it from its start, `received`. Each payload is a new array that the
 * listener may keep. Whole frames only are reported; nothing is reported after an error was thrown.
 */
export class FrameAssembler {
  readonly #onFrame: (header: FrameHeader, payload: Uint8Array) => void;
  readonly #headerBytes = new Uint8Array(FRAME_HEADER_BYTES);
  #header: FrameHeader | null = null;
  #payload: Uint8Array = new Uint8Array(0);
  #filled = 0;
  #dataLimitBytes = 0;

  constructor(onFrame: (header: FrameHeader, payload: Uint8Array) => void) {
    this.#onFrame = onFrame;
  }

  /** Before the block size is known no DATA is accepted. */
  set blockSizeBytes(bytes: number) {
    this.#dataLimitBytes = bytes - FRAME_HEADER_BYTES;
  }

  /** Never empty. */
  nextBuffer(): Uint8Array {
    return (this.#header === null ? this.#headerBytes : this.#payload).subarray(this.#filled);
  }

  /** `count` bytes were put at the start of the last `nextBuffer`. Throws what `decodeFrameHeader` throws. */
  received(count: number): void {
    this.#filled += count;
    if (this.#header === null) {
      if (this.#filled < FRAME_HEADER_BYTES) {
        if (this.#filled > 0) checkFrameStart(this.#headerBytes.subarray(0, this.#filled));
        return;
      }
      this.#header = decodeFrameHeader(this.#headerBytes, this.#dataLimitBytes);
      this.#payload = new Uint8Array(this.#header.payloadBytes);
      this.#filled = 0;
    }
    if (this.#filled < this.#payload.length) return;
    const header = this.#header;
    const payload = this.#payload;
    this.#header = null;
    this.#payload = new Uint8Array(0);
    this.#filled = 0;
    this.#onFrame(header, payload);
  }

  /** The same for bytes that were read elsewhere. */
  feed(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const into = this.nextBuffer();
      const count = Math.min(into.length, chunk.length - at);
      into.set(chunk.subarray(at, at + count));
      at += count;
      this.received(count);
    }
  }
}
