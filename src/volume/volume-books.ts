import { combineCrc32c } from '../base/crc32c.js';
import type { SessionId, StreamId } from '../terms/ids.js';
import type { StreamDescriptor } from '../terms/stream-descriptor.js';
import type { Extent } from './extent.js';
import type { IndexStream, IndexStreamState } from './index-document.js';
import type { StreamEnd, StreamStart } from './stream-documents.js';

/** An extent and the session that wrote it. */
export interface CatalogExtent extends Extent {
  readonly sessionId: SessionId;
}

/** What a volume says of one stream. */
export interface CatalogStream {
  readonly streamId: StreamId;
  /** Null when neither an index nor the stream's STREAM-START can be read. */
  readonly descriptor: StreamDescriptor | null;
  /** The stream offset at which this volume takes over; null like `descriptor`. */
  readonly continuesAt: number | null;
  /** At the last checkpoint of this volume that tells of it. */
  readonly state: IndexStreamState;
  /** The stream's bytes up to there, over all volumes. */
  readonly lengthBytes: number;
  /** Of those bytes; null when damage leaves it unknown. */
  readonly crc32c: number | null;
  /** When the last checkpoint that tells of it was made; null when no block of that is good. */
  readonly toldMs: number | null;
  /** On this volume, in its order. */
  readonly extents: readonly CatalogExtent[];
}

interface MutableStream {
  descriptor: StreamDescriptor | null;
  continuesAt: number | null;
  state: IndexStreamState;
  lengthBytes: number;
  crc32c: number | null;
  toldMs: number | null;
  extents: CatalogExtent[];
}

/** What is known of the streams of a volume, checkpoint by checkpoint, from the oldest on. */
export class VolumeBooks {
  readonly #streams = new Map<StreamId, MutableStream>();
  #timeMs: number | null = null;

  /** In the order in which the volume tells of them first. */
  get streams(): readonly CatalogStream[] {
    return [...this.#streams].map(([streamId, stream]) => ({ streamId, ...stream }));
  }

  /** A checkpoint of this time is entered next. */
  beginCheckpoint(timeMs: number): void {
    this.#timeMs = timeMs === 0 ? null : timeMs;
  }

  /** A stream as a STREAM-START tells of it. */
  enterStart({ descriptor, continuesAt }: StreamStart): void {
    Object.assign(this.#stream(descriptor.streamId, continuesAt), { descriptor, continuesAt });
  }

  /** A stream as an index tells of it: how it stood there. */
  enterStanding({ descriptor, continuesAt, state, lengthBytes, crc32c }: IndexStream): void {
    const stream = this.#stream(descriptor.streamId, continuesAt);
    Object.assign(stream, { descriptor, continuesAt, state, lengthBytes, crc32c });
  }

  enterExtents(streamId: StreamId, extents: readonly Extent[], sessionId: SessionId): void {
    const stream = this.#stream(streamId, extents[0]?.offset ?? 0);
    stream.extents.push(...extents.map((extent) => ({ ...extent, sessionId })));
  }

  /** The bytes of one data block of a scan, in order: carries length and CRC of its stream on. */
  enterBytes(part: {
    readonly streamId: StreamId;
    readonly offset: number;
    readonly bytes: number;
    readonly crc32c: number;
  }): void {
    const stream = this.#stream(part.streamId, part.offset);
    const continues = stream.lengthBytes === part.offset;
    stream.crc32c = continues && stream.crc32c !== null ? combineCrc32c(stream.crc32c, part.crc32c, part.bytes) : null;
    stream.lengthBytes = Math.max(stream.lengthBytes, part.offset + part.bytes);
  }

  /** A stream as its STREAM-END tells of it. */
  enterEnd({ streamId, lengthBytes, crc32c }: StreamEnd): void {
    Object.assign(this.#stream(streamId, lengthBytes), { state: 'complete', lengthBytes, crc32c });
  }

  /** The stream's entry; a new one begins at `lengthBytes`, where this volume takes over. */
  #stream(streamId: StreamId, lengthBytes: number): MutableStream {
    const known = this.#streams.get(streamId);
    if (known !== undefined) {
      known.toldMs = this.#timeMs ?? known.toldMs;
      return known;
    }
    const stream: MutableStream = {
      descriptor: null,
      continuesAt: null,
      state: 'open',
      lengthBytes,
      crc32c: lengthBytes === 0 ? 0 : null,
      toldMs: this.#timeMs,
      extents: [],
    };
    this.#streams.set(streamId, stream);
    return stream;
  }
}
