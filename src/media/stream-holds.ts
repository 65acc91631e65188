import type { StreamId } from '../terms/ids.js';
import type { StreamHold, StreamRecord } from '../inventory/records.js';
import type { MediaEnvironment } from './media-environment.js';
import { unknownStream, type RetentionGuard } from './retention-guard.js';

/** Streams that people keep beyond their retention. */
export class StreamHolds {
  readonly #environment: MediaEnvironment;
  readonly #guard: RetentionGuard;

  constructor(environment: MediaEnvironment, guard: RetentionGuard) {
    this.#environment = environment;
    this.#guard = guard;
  }

  /**
   * From now on the stream and all it is based on are kept until `release`. Holding one that is held gives it the new reason.
   * JOB_STREAM_UNKNOWN, also when it is just being overwritten.
   */
  async hold(who: string, streamId: StreamId, reason: string): Promise<StreamRecord> {
    const sinceMs = this.#environment.clock.wallMs();
    return this.#guard.whileDepending(streamId, async () =>
      this.#put(who, streamId, { reason, who, sinceMs }, 'stream.hold', reason),
    );
  }

  /** JOB_STREAM_UNKNOWN. One that is not held stays as it is. */
  async release(who: string, streamId: StreamId): Promise<StreamRecord> {
    return this.#put(who, streamId, null, 'stream.release', '');
  }

  async #put(
    who: string,
    streamId: StreamId,
    hold: StreamHold | null,
    what: string,
    reason: string,
  ): Promise<StreamRecord> {
    const { inventory, bookkeeping, clock, logger } = this.#environment;
    return bookkeeping.run(async () => {
      const stream = await inventory.stream(streamId);
      if (stream === null) throw unknownStream(streamId);
      if (stream.hold === null && hold === null) return stream;
      const changed = { ...stream, hold };
      const { client, name } = stream.descriptor;
      const before = stream.hold?.reason ?? null;
      const details = { stream: streamId, client, name, reason, before };
      await inventory.commit({
        streams: [changed],
        audit: [{ timeMs: clock.wallMs(), who, what, barcode: null, details }],
      });
      logger.log('info', what, `${who} ${hold === null ? 'released' : 'holds'} stream ${streamId}.`, {
        who,
        ...details,
      });
      return changed;
    });
  }
}
