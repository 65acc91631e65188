import { combineCrc32c, type Crc32c } from '../base/crc32c.js';
import { StorageError } from '../base/storage-error.js';
import type { FrameHeader } from '../protocol/frame.js';
import { decodeMessage, type RestoreBody, type RestoringBody } from '../protocol/messages.js';
import type { StreamId } from '../terms/ids.js';
import type { StreamDescriptor } from '../terms/stream-descriptor.js';
import { unexpected, type DoorConnection } from './door-connection.js';

export interface RestoreProgress {
  readonly streamId: StreamId;
  /** Bytes handed to the reader. */
  readonly restoredBytes: number;
  readonly lengthBytes: number;
  /** Why the stream does not move, for people; null while it does. */
  readonly waiting: string | null;
}

export interface RestoredResult {
  readonly streamId: StreamId;
  readonly lengthBytes: number;
  readonly crc32c: number;
  /** False: the stream was never completed; this is what of it is durable. */
  readonly complete: boolean;
}

export interface RestoredStreamOptions {
  readonly connection: DoorConnection;
  readonly request: RestoreBody;
  readonly crc32c: Crc32c;
  readonly onProgress: (progress: RestoreProgress) => void;
}

/** docs/PROTOCOL.md, DRAINED: so many frames may wait for the reader. */
const WINDOW_FRAMES = 8;

/**
 * A stream that comes back. Iterate it once: it gives pieces in order, each checked against its CRC before it is given out; the
 * iteration ends without an error only when all of them came and the whole has the length and CRC the server says. Leaving the iteration
 * early gives the restore up.
 */
export class RestoredStream implements AsyncIterable<Uint8Array> {
  readonly #options: RestoredStreamOptions;
  #restoring: RestoringBody | null = null;
  readonly #waitingParts: Uint8Array[] = [];
  #frames = 0;
  #givenFrames = 0;
  #receivedBytes = 0;
  #restoredBytes = 0;
  #crc = 0;
  #waiting: string | null = null;
  #result: RestoredResult | null = null;
  #failure: StorageError | null = null;
  #wake: (() => void) | null = null;
  #iterated = false;

  private constructor(options: RestoredStreamOptions) {
    this.#options = options;
    options.connection.listen({
      frame: (header, payload) => {
        this.#take(header, payload);
        this.#wake?.();
      },
      failed: (error) => {
        this.#fail(error);
      },
    });
  }

  /** Asks for the stream. Rejects with the server's JOB_STREAM_UNKNOWN, JOB_STREAM_INCOMPLETE, AUTH_FORBIDDEN ... */
  static async open(options: RestoredStreamOptions): Promise<RestoredStream> {
    const stream = new RestoredStream(options);
    options.connection.message('RESTORE', options.request);
    await stream.#until(() => stream.#restoring !== null);
    return stream;
  }

  get descriptor(): StreamDescriptor {
    return this.#opened.descriptor;
  }
  /** Bytes that will come: of the range that was asked for. */
  get lengthBytes(): number {
    return this.#opened.length;
  }
  /** Ids of the volumes it is read from. */
  get volumes(): readonly string[] {
    return this.#opened.volumes;
  }
  /** Null before the iteration came to its end. */
  get result(): RestoredResult | null {
    return this.#result;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    if (this.#iterated) throw new TypeError('a restored stream is read once');
    this.#iterated = true;
    try {
      for (;;) {
        // What came before a failure is right and is given out first.
        await this.#until(() => this.#waitingParts.length > 0 || this.#result !== null, { partsFirst: true });
        const part = this.#waitingParts.shift();
        if (part === undefined) return;
        yield part;
        this.#given(part.length);
      }
    } finally {
      if (this.#result === null) this.cancel('the reader stopped', undefined);
      this.#options.connection.close();
    }
  }

  /** Gives the restore up; the iteration rejects with JOB_CANCELLED. */
  cancel(reason: string, cause: unknown): void {
    if (this.#result !== null || this.#failure !== null) return;
    this.#options.connection.message('ABORT', { reason: reason.slice(0, 1024) });
    this.#options.connection.close();
    this.#waitingParts.length = 0;
    this.#fail(new StorageError('JOB_CANCELLED', reason, { cause }));
  }

  get #opened(): RestoringBody {
    if (this.#restoring === null) throw new Error('a restored stream is handed out when it is open');
    return this.#restoring;
  }

  #given(bytes: number): void {
    this.#restoredBytes += bytes;
    this.#givenFrames++;
    this.#options.connection.number('DRAINED', this.#givenFrames);
    this.#report();
  }

  #take(header: FrameHeader, payload: Uint8Array): void {
    if (header.type === 'RESTORING' && this.#restoring === null)
      this.#restoring = decodeMessage('RESTORING', header, payload);
    else if (header.type === 'WAITING') this.#waiting = decodeMessage('WAITING', header, payload).message;
    else if (this.#restoring === null || this.#result !== null) throw unexpected(header);
    else if (header.type === 'DATA') this.#takeData(header, payload);
    else if (header.type === 'RESTORED') this.#takeEnd(this.#restoring, header, payload);
    else throw unexpected(header);
    this.#report();
  }

  #takeData(header: FrameHeader, payload: Uint8Array): void {
    const expectedOffset = this.#options.request.offset + this.#receivedBytes;
    if (header.frameNumber !== this.#frames || header.offset !== expectedOffset)
      throw new StorageError(
        'PROTOCOL_OUT_OF_ORDER',
        `Bytes from offset ${String(header.offset)} came where ${String(expectedOffset)} was due.`,
      );
    if (this.#frames - this.#givenFrames >= WINDOW_FRAMES)
      throw new StorageError('PROTOCOL_CREDIT_EXCEEDED', 'The server sent more than the reader had room for.');
    if (this.#options.crc32c(payload) !== header.payloadCrc)
      throw new StorageError(
        'PROTOCOL_CHECKSUM',
        `The bytes from offset ${String(header.offset)} on were changed on their way. They were not given out; restore again.`,
      );
    this.#crc = combineCrc32c(this.#crc, header.payloadCrc, payload.length);
    this.#frames++;
    this.#receivedBytes += payload.length;
    this.#waiting = null;
    this.#waitingParts.push(payload);
  }

  #takeEnd(restoring: RestoringBody, header: FrameHeader, payload: Uint8Array): void {
    const { length, crc32c } = decodeMessage('RESTORED', header, payload);
    if (length !== this.#receivedBytes || length !== restoring.length || crc32c !== this.#crc)
      throw new StorageError(
        'PROTOCOL_CHECKSUM',
        `${String(this.#receivedBytes)} bytes came, which are not the ${String(restoring.length)} that were announced. Do not rely on them; restore again.`,
      );
    this.#result = { streamId: restoring.streamId, lengthBytes: length, crc32c, complete: this.#opened.complete };
    this.#options.connection.close();
  }

  #report(): void {
    if (this.#restoring === null) return;
    this.#options.onProgress({
      streamId: this.#restoring.streamId,
      restoredBytes: this.#restoredBytes,
      lengthBytes: this.#restoring.length,
      waiting: this.#waiting,
    });
  }

  #fail(error: StorageError): void {
    if (this.#failure !== null || this.#result !== null) return;
    this.#failure = new StorageError(error.code, error.message, {
      context: {
        ...error.context,
        streamId: this.#restoring?.streamId ?? null,
        goodBytes: this.#receivedBytes,
      },
      disposition: error.disposition,
      cause: error.cause,
    });
    this.#wake?.();
  }

  async #until(condition: () => boolean, { partsFirst = false } = {}): Promise<void> {
    for (;;) {
      if (partsFirst && this.#waitingParts.length > 0) return;
      if (this.#failure !== null) throw this.#failure;
      if (condition()) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }
}
