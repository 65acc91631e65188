import { assert } from '../base/assert.js';
import type { Logger } from '../base/logger.js';
import { isStorageError } from '../base/storage-error.js';
import type { SessionId, StreamId } from '../terms/ids.js';
import type { StreamAtCheckpoint } from './checkpoint-procedure.js';
import type { SavingStream } from './saving-stream.js';
import { withDurable } from './session-failures.js';
import type { SessionStreams } from './session-streams.js';

/** What the clients of a session are told of durability and of the end, after the inventory knows it. */
export class StreamEndings {
  readonly #sessionId: SessionId;
  readonly #streams: SessionStreams;
  readonly #giveUp: (streamId: StreamId, reason: string) => Promise<void>;
  readonly #logger: Logger;

  constructor(options: {
    readonly sessionId: SessionId;
    readonly streams: SessionStreams;
    readonly giveUp: (streamId: StreamId, reason: string) => Promise<void>;
    readonly logger: Logger;
  }) {
    this.#sessionId = options.sessionId;
    this.#streams = options.streams;
    this.#giveUp = options.giveUp;
    this.#logger = options.logger;
  }

  /** A checkpoint is durable: so is everything its streams wrote, and some have ended with it. */
  tellCheckpoint(standings: readonly StreamAtCheckpoint[]): void {
    // The books first: who hears of it may look at once.
    const events = standings.map((standing) => this.#enterDurable(standing));
    for (const tell of events) tell();
  }

  /** The stream ended badly and no checkpoint will tell of it. */
  async giveUp(stream: SavingStream): Promise<void> {
    const { ending, descriptor } = stream;
    assert(ending !== null && ending.kind !== 'ended', 'only a stream that ended badly is given up');
    const reason = ending.kind === 'aborted' ? ending.reason : ending.error.message;
    try {
      await this.#giveUp(descriptor.streamId, reason);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      // The daemon's next start settles the stream.
      const fields = { session: this.#sessionId, stream: descriptor.streamId, code: error.code };
      this.#logger.log('error', 'stream.not-settled', error.message, fields);
    }
    this.#streams.remove(stream);
    this.#tellFailure(stream);
  }

  #enterDurable({ stream, state }: StreamAtCheckpoint): () => void {
    const isNews = stream.noteDurable();
    const { durableBytes: lengthBytes } = stream;
    if (state !== 'open') this.#streams.remove(stream);
    return () => {
      if (isNews && !stream.isMuted) stream.events.durable(lengthBytes);
      if (state === 'complete' && !stream.isMuted)
        stream.events.saved({ lengthBytes, crc32c: stream.written.crc32c, volumes: stream.written.volumes });
      if (state === 'aborted') this.#tellFailure(stream);
    };
  }

  #tellFailure(stream: SavingStream): void {
    const { ending, descriptor, isMuted } = stream;
    if (ending?.kind !== 'failed') return;
    const error = withDurable(ending.error, stream);
    this.#logger.log('warn', 'stream.failed', error.message, {
      session: this.#sessionId,
      stream: descriptor.streamId,
      client: descriptor.client,
      code: error.code,
    });
    if (!isMuted) stream.events.failed(error);
  }
}
