import { Readable } from 'node:stream';
import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import { combineCrc32c, type Crc32c } from '../base/crc32c.js';
import { StorageError, describeError } from '../base/storage-error.js';
import { FRAME_HEADER_BYTES, type FrameHeader } from '../protocol/frame.js';
import { ignoreAbort } from '../protocol/liveness.js';
import { decodeMessage, type SaveBody } from '../protocol/messages.js';
import type { StreamId } from '../terms/ids.js';
import { unexpected, type DoorConnection } from './door-connection.js';

export interface SaveProgress {
  readonly streamId: StreamId;
  /** Bytes handed to the connection. */
  readonly sentBytes: number;
  /** Bytes that survive anything but the loss of the medium. */
  readonly durableBytes: number;
  /** Why the stream does not move, for people; null while it does. */
  readonly waiting: string | null;
}

export interface SavedResult {
  readonly streamId: StreamId;
  readonly lengthBytes: number;
  readonly crc32c: number;
  /** Ids of the volumes that carry it, in the order of the stream. */
  readonly volumes: readonly string[];
}

export interface SaveSenderOptions {
  readonly connection: DoorConnection;
  readonly request: SaveBody;
  readonly source: AsyncIterable<Uint8Array>;
  readonly crc32c: Crc32c;
  readonly clock: Clock;
  /** A part of a frame that has waited so long for more input is sent as it is, milliseconds. */
  readonly partialFrameMs: number;
  readonly onProgress: (progress: SaveProgress) => void;
}

/** Frames in the process's memory at once: one filled while others leave. */
const FRAME_BUFFERS = 3;

/** SAVE to SAVED over an open connection: fills frames, within the credit, from the source. */
export class SaveSender {
  readonly #options: SaveSenderOptions;
  readonly #frameBytes: number;
  readonly #free: Uint8Array[] = [];
  #made = 0;
  /** The frame being filled, and how far, header included. */
  #frame: Uint8Array | null = null;
  #filled = FRAME_HEADER_BYTES;
  #fillingSinceMs = 0;
  #streamId: StreamId | null = null;
  #credit = 0;
  #frames = 0;
  #sentBytes = 0;
  #crc = 0;
  #durableBytes = 0;
  #waiting: string | null = null;
  #endSent = false;
  #saved: SavedResult | null = null;
  #failure: StorageError | null = null;
  /** Whoever waits for the server: there is only one at a time. */
  #wake: (() => void) | null = null;

  constructor(options: SaveSenderOptions) {
    this.#options = options;
    this.#frameBytes = options.connection.welcome.blockSize;
    options.connection.listen({
      frame: (header, payload) => {
        this.#take(header, payload);
      },
      failed: (error) => {
        this.#fail(error);
      },
    });
  }

  /** Rejects with StorageError, its context telling `streamId` and `durableOffset`; or with what the source threw. */
  async run(): Promise<SavedResult> {
    const { connection, request, source } = this.#options;
    connection.message('SAVE', request);
    await this.#until(() => this.#streamId !== null);
    const filling = new AbortController();
    void this.#sendPartialFrames(filling.signal);
    try {
      await this.#sendAll(source);
    } finally {
      filling.abort();
    }
    connection.message('END', { length: this.#sentBytes, crc32c: this.#crc });
    this.#endSent = true;
    await this.#until(() => this.#saved !== null);
    connection.close();
    return this.#checkedResult();
  }

  /** Gives the stream up; `run` rejects. What is durable stays on the server as an incomplete stream. */
  cancel(reason: string, cause: unknown): void {
    if (this.#saved !== null || this.#failure !== null) return;
    this.#options.connection.message('ABORT', { reason: reason.slice(0, 1024) });
    this.#options.connection.close();
    this.#fail(new StorageError('JOB_CANCELLED', reason, { cause }));
  }

  #checkedResult(): SavedResult {
    const saved = this.#saved;
    assert(saved !== null, 'SAVED came');
    if (saved.lengthBytes !== this.#sentBytes || saved.crc32c !== this.#crc)
      throw new StorageError(
        'PROTOCOL_CHECKSUM',
        'The server saved something else than was sent. Do not rely on it; save again.',
        {
          context: { streamId: saved.streamId, durableOffset: 0 },
        },
      );
    return saved;
  }

  async #sendAll(source: AsyncIterable<Uint8Array>): Promise<void> {
    const iterator = source[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#orFailure(iterator.next());
        if (next.done === true) break;
        await this.#append(next.value);
      }
    } catch (error) {
      this.cancel(`The input failed: ${describeError(error)}`, error);
      letGo(source, iterator);
      throw error;
    }
    if (this.#filled > FRAME_HEADER_BYTES) await this.#sendFrame(true);
  }

  async #append(chunk: Uint8Array): Promise<void> {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('the source of a stream gives Uint8Arrays');
    for (let at = 0; at < chunk.length;) {
      const frame = (this.#frame ??= await this.#takeFrame());
      const count = Math.min(frame.length - this.#filled, chunk.length - at);
      if (this.#filled === FRAME_HEADER_BYTES) this.#fillingSinceMs = this.#options.clock.monotonicMs();
      frame.set(chunk.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled === frame.length) await this.#sendFrame(false);
    }
  }

  async #takeFrame(): Promise<Uint8Array> {
    if (this.#free.length === 0 && this.#made < FRAME_BUFFERS) {
      this.#made++;
      return new Uint8Array(this.#frameBytes);
    }
    await this.#until(() => this.#free.length > 0);
    const free = this.#free.pop();
    assert(free !== undefined, 'a frame is free');
    return free;
  }

  async #sendFrame(last: boolean): Promise<void> {
    await this.#until(() => this.#frames < this.#credit);
    // What waited for credit may have been sent as a partial frame meanwhile.
    if (this.#filled > FRAME_HEADER_BYTES) this.#sendNow(last);
  }

  #sendNow(last: boolean): void {
    const frame = this.#frame;
    if (frame === null) return;
    const { connection, crc32c } = this.#options;
    const image = frame.subarray(0, this.#filled);
    const payload = image.subarray(FRAME_HEADER_BYTES);
    const payloadCrc = crc32c(payload);
    const header: FrameHeader = {
      type: 'DATA',
      last,
      offset: this.#sentBytes,
      payloadBytes: payload.length,
      frameNumber: this.#frames++,
      payloadCrc,
    };
    this.#crc = combineCrc32c(this.#crc, payloadCrc, payload.length);
    this.#sentBytes += payload.length;
    this.#frame = null;
    this.#filled = FRAME_HEADER_BYTES;
    this.#waiting = null;
    connection.data(image, header, () => {
      this.#free.push(frame);
      this.#wake?.();
    });
    this.#report();
  }

  /** Input that trickles must not lie in the client for hours, when it could be on the medium. */
  async #sendPartialFrames(signal: AbortSignal): Promise<void> {
    const { clock, partialFrameMs } = this.#options;
    for (;;) {
      await clock.sleep(partialFrameMs, signal).catch(ignoreAbort(signal));
      const waitedMs = clock.monotonicMs() - this.#fillingSinceMs;
      if (signal.aborted || this.#failure !== null) return;
      const due = this.#filled > FRAME_HEADER_BYTES && waitedMs >= partialFrameMs;
      if (due && this.#frames < this.#credit) this.#sendNow(false);
    }
  }

  #take(header: FrameHeader, payload: Uint8Array): void {
    switch (header.type) {
      case 'SAVING':
        if (this.#streamId !== null) throw unexpected(header);
        this.#streamId = decodeMessage('SAVING', header, payload).streamId;
        break;
      case 'CREDIT':
        this.#credit = Math.max(this.#credit, header.offset);
        break;
      case 'DURABLE':
        this.#durableBytes = header.offset;
        break;
      case 'WAITING':
        this.#waiting = decodeMessage('WAITING', header, payload).message;
        break;
      case 'SAVED': {
        if (!this.#endSent) throw unexpected(header);
        const { streamId, length, crc32c, volumes } = decodeMessage('SAVED', header, payload);
        this.#durableBytes = length;
        this.#saved = { streamId, lengthBytes: length, crc32c, volumes };
        break;
      }
      default:
        throw unexpected(header);
    }
    this.#report();
    this.#wake?.();
  }

  #report(): void {
    if (this.#streamId === null) return;
    this.#options.onProgress({
      streamId: this.#streamId,
      sentBytes: this.#sentBytes,
      durableBytes: this.#durableBytes,
      waiting: this.#waiting,
    });
  }

  /** Keeps what the error knew and adds how far the stream is safe. */
  #fail(error: StorageError): void {
    if (this.#failure !== null || this.#saved !== null) return;
    const told = error.context['durableOffset'];
    const durableOffset = Math.max(this.#durableBytes, typeof told === 'number' ? told : 0);
    this.#failure = new StorageError(error.code, error.message, {
      context: { ...error.context, streamId: this.#streamId, durableOffset },
      disposition: error.disposition,
      cause: error.cause,
    });
    this.#wake?.();
  }

  /** Waits until `condition` holds; rejects when the conversation fails. */
  async #until(condition: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      if (condition()) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }

  /** `work`, unless the conversation fails before it is done. */
  async #orFailure<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#wake = (): void => {
        if (this.#failure !== null) reject(this.#failure);
      };
      this.#wake();
      work.then(resolve, reject);
    });
  }
}

/** An input nobody reads any more should stop what feeds it. Not awaited: an input that hangs, hangs here too. */
function letGo(source: AsyncIterable<Uint8Array>, iterator: AsyncIterator<Uint8Array>): void {
  if (source instanceof Readable) source.destroy();
  else void iterator.return?.().then(undefined, () => undefined);
}
