import type { Clock } from '../base/clock.js';
import { combineCrc32c, type Crc32c } from '../base/crc32c.js';
import { StorageError } from '../base/storage-error.js';
import type { SavedStream, SaveStream, SaveStreamEvents } from '../transfer/save-stream.js';
import { BLOCK_HEADER_BYTES, layPayloadCrc } from '../volume/block-header.js';

export interface SnapshotStreamOptions {
  readonly clock: Clock;
  readonly crc32c: Crc32c;
  /** Of the node's ring. */
  readonly blockSizeBytes: number;
  readonly maxBytes: number;
  readonly maxMs: number;
}

/**
 * Saves lines of text as a stream of the node's own, as a client would: what it may send, credit says, so that it takes no more
 * of a session than any other stream.
 */
export class SnapshotStream implements SaveStreamEvents {
  readonly #options: SnapshotStreamOptions;
  readonly #block: Uint8Array;
  #filled = 0;
  #sent = 0;
  #frames = 0;
  #crc = 0;
  #outcome: SavedStream | StorageError | null = null;
  #wake: (() => void) | null = null;

  constructor(options: SnapshotStreamOptions) {
    this.#options = options;
    this.#block = new Uint8Array(options.blockSizeBytes - BLOCK_HEADER_BYTES);
  }

  /**
   * Resolves when all of it is durable. Throws what the session failed with, and JOB_LIMIT when it is longer or takes longer than
   * allowed: then it is kept as incomplete.
   */
  async run(stream: SaveStream, lines: AsyncIterable<string>): Promise<SavedStream> {
    const { clock, maxBytes, maxMs } = this.#options;
    const untilMs = clock.monotonicMs() + maxMs;
    try {
      for await (const line of lines) {
        await this.#write(stream, Buffer.from(line));
        if (this.#sent <= maxBytes && clock.monotonicMs() <= untilMs) continue;
        throw new StorageError(
          'JOB_LIMIT',
          `A catalogue is not written on beyond ${String(maxBytes)} bytes or ${String(maxMs / 1000)} seconds. Nothing else is affected.`,
        );
      }
      await this.#flush(stream);
    } catch (error) {
      if (this.#outcome === null) stream.abort('the catalogue was not written to its end');
      throw error;
    }
    if (this.#outcome === null) stream.end({ lengthBytes: this.#sent, crc32c: this.#crc });
    return this.#end();
  }

  credit(): void {
    this.#wake?.();
  }

  durable(): void {
    // The end counts.
  }

  saved(result: SavedStream): void {
    this.#outcome = result;
    this.#wake?.();
  }

  failed(error: StorageError): void {
    this.#outcome = error;
    this.#wake?.();
  }

  waiting(): void {
    // Nobody waits for it.
  }

  async #end(): Promise<SavedStream> {
    while (this.#outcome === null) await this.#news();
    if (this.#outcome instanceof StorageError) throw this.#outcome;
    return this.#outcome;
  }

  async #write(stream: SaveStream, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const taken = Math.min(bytes.length - at, this.#block.length - this.#filled);
      this.#block.set(bytes.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === this.#block.length) await this.#flush(stream);
    }
  }

  /** Hands what there is over as a block. */
  async #flush(stream: SaveStream): Promise<void> {
    if (this.#filled === 0) return;
    let slot = this.#outcome === null ? stream.takeSlot() : null;
    while (slot === null) {
      if (this.#outcome instanceof StorageError) throw this.#outcome;
      await this.#news();
      slot = this.#outcome === null ? stream.takeSlot() : null;
    }
    const payload = this.#block.subarray(0, this.#filled);
    const payloadCrc = this.#options.crc32c(payload);
    slot.bytes.set(payload, BLOCK_HEADER_BYTES);
    layPayloadCrc(slot.bytes, payloadCrc);
    const payloadBytes = payload.length;
    stream.submit(slot, { frameNumber: this.#frames, offset: this.#sent, payloadBytes, payloadCrc });
    this.#crc = combineCrc32c(this.#crc, payloadCrc, payloadBytes);
    this.#frames++;
    this.#sent += payloadBytes;
    this.#filled = 0;
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
  }
}
