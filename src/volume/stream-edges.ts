import { assert } from '../base/assert.js';
import type { StreamId } from '../terms/ids.js';

/** Where the next data block of a stream must continue. */
interface StreamEdge {
  readonly offset: number;
  /** Null before the stream's first block on this volume, whose number the caller knows. */
  readonly frameNumber: number | null;
}

/**
 * The open ends of the streams on a volume that is being written, twice: as far as written, and as far as laid. A call
 * moves the laid end and returns what moves the written one, for when the block is on the medium.
 */
export class StreamEdges {
  readonly #written = new Map<StreamId, StreamEdge>();
  readonly #laid = new Map<StreamId, StreamEdge>();

  start(streamId: StreamId, continuesAt: number): () => void {
    assert(!this.#laid.has(streamId), 'a stream is started once on a volume');
    return this.#move(streamId, { offset: continuesAt, frameNumber: null });
  }

  continue(block: {
    readonly streamId: StreamId;
    readonly offset: number;
    readonly frameNumber: number;
    readonly payloadBytes: number;
  }): () => void {
    const { streamId, offset, frameNumber, payloadBytes } = block;
    const edge = this.#laid.get(streamId);
    assert(edge !== undefined, 'a data block follows the STREAM-START of its stream on this volume');
    assert(offset === edge.offset, 'a data block continues its stream');
    assert(edge.frameNumber === null || frameNumber === edge.frameNumber, 'the frames of a stream have no gap');
    assert(payloadBytes > 0, 'a data block carries bytes');
    return this.#move(streamId, { offset: offset + payloadBytes, frameNumber: frameNumber + 1 });
  }

  end(streamId: StreamId, lengthBytes: number): () => void {
    const edge = this.#laid.get(streamId);
    assert(edge !== undefined, 'a STREAM-END follows the STREAM-START of its stream on this volume');
    assert(edge.offset === lengthBytes, 'a STREAM-END lies at the end of its stream');
    this.#laid.delete(streamId);
    return () => this.#written.delete(streamId);
  }

  /** What is laid and not written never was. */
  rollback(): void {
    this.#laid.clear();
    for (const [streamId, edge] of this.#written) this.#laid.set(streamId, edge);
  }

  /** The stream does not go on. */
  forget(streamId: StreamId): void {
    this.#laid.delete(streamId);
    this.#written.delete(streamId);
  }

  #move(streamId: StreamId, edge: StreamEdge): () => void {
    this.#laid.set(streamId, edge);
    return () => this.#written.set(streamId, edge);
  }
}
