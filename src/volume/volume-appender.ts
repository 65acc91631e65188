import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import type { TapePosition } from '../drive/tape-drive.js';
import type { Barcode } from '../terms/barcode.js';
import type { SessionId, StreamId, VolumeId } from '../terms/ids.js';
import type { StreamDescriptor } from '../terms/stream-descriptor.js';
import { BLOCK_HEADER_BYTES, encodeBlockHeader, sealBlock, type BlockHeader, type BlockType } from './block-header.js';
import { matchAddress, matchPosition } from './counted-position.js';
import { appendBlock, type EndOfData, type Extent } from './extent.js';
import { encodeIndex, type IndexEntry, type IndexStreamState } from './index-document.js';
import { putPayload } from './json-document.js';
import { encodeStreamEnd, encodeStreamStart, type StreamEnd, type StreamStart } from './stream-documents.js';
import { StreamEdges } from './stream-edges.js';
import { encodeVolumeEnd } from './volume-end-document.js';

export interface VolumeAppenderOptions {
  readonly volumeId: VolumeId;
  readonly barcode: Barcode;
  readonly sessionId: SessionId;
  /** Largest block, header included (the label's). */
  readonly blockSizeBytes: number;
  /** Where the next block goes: behind the last checkpoint or, after a crash, behind its tail. */
  readonly endOfData: EndOfData;
  /** Data blocks and payload bytes on the volume so far, for its VOLUME-END. */
  readonly written?: { readonly blocks: number; readonly bytes: number };
  readonly clock: Clock;
}

export interface DataBlock {
  readonly streamId: StreamId;
  readonly offset: number;
  readonly frameNumber: number;
  readonly payloadBytes: number;
  readonly last: boolean;
}

/** How a stream stands at a checkpoint; the caller counts over all volumes. */
export interface StreamStanding {
  readonly streamId: StreamId;
  readonly state: IndexStreamState;
  readonly lengthBytes: number;
  readonly crc32c: number;
}

/** What a checkpoint that reached the medium brought. */
export interface CheckpointOnVolume {
  readonly endOfData: EndOfData;
  /** Data blocks and payload bytes since the checkpoint before. */
  readonly blocks: number;
  readonly bytes: number;
  /** New extents; streams without any are not named. */
  readonly extents: ReadonlyMap<StreamId, readonly Extent[]>;
  readonly closed: 'full' | 'closed' | null;
}

/** A block that was laid into a slot and is not known to be on the medium; `then` enters it in the books when it is. */
interface LaidBlock {
  readonly then: (at: { readonly blockAddress: number; readonly sequence: number }) => void;
}

interface PendingIndex {
  readonly payloads: readonly Uint8Array[];
  /** Block address of the first part. */
  readonly blockAddress: number;
  readonly streams: readonly StreamStanding[];
  laid: number;
  written: number;
}

/**
 * The books of a volume that is being written: which sequence number the next block gets, where it will lie, and which
 * extents came about. Pure: it lays blocks into slots of the caller and is told what became of them; it writes nothing.
 *
 * Blocks are laid in the order in which they are submitted to the drive's thread; `noteWritten` and `noteFilemark` repeat
 * what the thread answered, in order. Since a run may stop at a prefix, the blocks laid behind it can be taken back
 * (`rollback`) and laid again, with the numbers that are then next: numbers on the medium never have a gap.
 *
 * A checkpoint: everything laid is written; `buildIndex`; lay and write each part; one filemark; perhaps `layVolumeEnd`
 * and another filemark; READ POSITION; `checkpointDone`. Data blocks may be laid, but not noted as written, before that.
 */
export class VolumeAppender {
  readonly volumeId: VolumeId;
  readonly barcode: Barcode;
  readonly sessionId: SessionId;
  readonly blockSizeBytes: number;
  readonly #clock: Clock;

  /** The next object of the medium, and the number of the next block of it. What is laid comes behind. */
  #blockAddress: number;
  #sequence: number;
  #lastIndex: number | null;
  #filemarkIsLast = true;
  #closed: 'full' | 'closed' | null = null;

  readonly #laid: LaidBlock[] = [];
  readonly #edges = new StreamEdges();
  /** The STREAM-STARTs on this volume, until a checkpoint told the stream's end. */
  readonly #starts = new Map<StreamId, StreamStart>();

  /** Since the last checkpoint. */
  #extents = new Map<StreamId, Extent[]>();
  #fromSequence: number;
  #blocks = 0;
  #bytes = 0;
  #index: PendingIndex | null = null;

  /** Of the volume, up to the last checkpoint. */
  #volumeBlocks: number;
  #volumeBytes: number;

  constructor(options: VolumeAppenderOptions) {
    this.volumeId = options.volumeId;
    this.barcode = options.barcode;
    this.sessionId = options.sessionId;
    this.blockSizeBytes = options.blockSizeBytes;
    this.#clock = options.clock;
    this.#blockAddress = options.endOfData.blockAddress;
    this.#sequence = options.endOfData.sequence;
    this.#lastIndex = options.endOfData.lastIndex;
    this.#fromSequence = options.endOfData.sequence;
    this.#volumeBlocks = options.written?.blocks ?? 0;
    this.#volumeBytes = options.written?.bytes ?? 0;
  }

  /** The address of the next object, as READ POSITION must report it once everything submitted is written. */
  get blockAddress(): number {
    return this.#blockAddress;
  }

  /** Blocks laid and not yet noted as written. */
  get laidBlocks(): number {
    return this.#laid.length;
  }

  /** Data blocks and payload bytes written since the last checkpoint. */
  get sinceCheckpoint(): { readonly blocks: number; readonly bytes: number } {
    return { blocks: this.#blocks, bytes: this.#bytes };
  }

  /**
   * Lays the header of a data block over that of the frame in `slot`, whose payload and payload CRC stay as they are.
   * The stream was started on this volume and the block continues it. Returns the length of the block.
   */
  layDataHeader(slot: Uint8Array, block: DataBlock): number {
    const { streamId, offset, frameNumber, payloadBytes, last } = block;
    const moveEdge = this.#edges.continue(block);
    const lengthBytes = this.#layHeader(slot, 'data', payloadBytes, { streamId, offset, frameNumber, last });
    this.#laid.push({
      then: ({ blockAddress, sequence }) => {
        moveEdge();
        const extents = this.#extents.get(streamId) ?? [];
        appendBlock(extents, { blockAddress, sequence, offset, payloadBytes });
        this.#extents.set(streamId, extents);
        this.#blocks++;
        this.#bytes += payloadBytes;
      },
    });
    return lengthBytes;
  }

  /** Lays a STREAM-START: on each volume, before the stream's first data block there. Returns the length of the block. */
  layStreamStart(slot: Uint8Array, descriptor: StreamDescriptor, continuesAt: number): number {
    const { streamId } = descriptor;
    const moveEdge = this.#edges.start(streamId, continuesAt);
    const payload = encodeStreamStart({ descriptor, continuesAt });
    const lengthBytes = this.#layMetadata(slot, 'stream-start', payload, { streamId });
    this.#laid.push({
      then: () => {
        moveEdge();
        this.#starts.set(streamId, { descriptor, continuesAt });
      },
    });
    return lengthBytes;
  }

  /** Lays a STREAM-END behind the last data block of a whole stream. Returns the length of the block. */
  layStreamEnd(slot: Uint8Array, end: StreamEnd): number {
    const { streamId, lengthBytes: offset } = end;
    const moveEdge = this.#edges.end(streamId, offset);
    const lengthBytes = this.#layMetadata(slot, 'stream-end', encodeStreamEnd(end), { streamId, offset });
    this.#laid.push({ then: moveEdge });
    return lengthBytes;
  }

  /**
   * Makes the index of everything written since the last checkpoint; nothing may be laid and open. `streams` says how each
   * stream stands; those that were not started on this volume are left out. An index built before and not finished is
   * forgotten. Returns the number of its blocks, at least 1.
   */
  buildIndex(streams: readonly StreamStanding[]): number {
    assert(this.#laid.length === 0, 'an index describes what is written');
    assert(!this.#isIndexWritten(), 'a checkpoint has one index');
    const entries = streams.flatMap((standing): IndexEntry[] => {
      const { streamId, state, lengthBytes, crc32c } = standing;
      const start = this.#starts.get(streamId);
      if (start === undefined) return [];
      return [{ stream: { ...start, state, lengthBytes, crc32c }, extents: this.#extents.get(streamId) ?? [] }];
    });
    const listed = new Set(entries.map(({ stream }) => stream.descriptor.streamId));
    assert(listed.size === entries.length, 'a stream stands once in an index');
    assert(
      [...this.#extents.keys()].every((streamId) => listed.has(streamId)),
      'every stream with new blocks stands in the index',
    );
    const index = {
      volumeId: this.volumeId,
      sessionId: this.sessionId,
      timeMs: this.#nowMs(),
      fromSequence: this.#fromSequence,
      toSequence: this.#sequence,
      previous: this.#lastIndex,
      entries,
    };
    const payloads = encodeIndex(index, this.blockSizeBytes - BLOCK_HEADER_BYTES);
    this.#index = { payloads, blockAddress: this.#blockAddress, streams, laid: 0, written: 0 };
    return payloads.length;
  }

  /** Lays part `part` of the index built last; parts are laid in order. Returns the length of the block. */
  layIndexPart(slot: Uint8Array, part: number): number {
    const index = this.#index;
    const payload = index?.payloads[part];
    assert(index !== null && payload !== undefined && part === index.laid, 'the parts of an index are laid in order');
    const lengthBytes = this.#layMetadata(slot, 'index', payload, {});
    index.laid++;
    this.#laid.push({
      then: ({ blockAddress }) => {
        assert(blockAddress === index.blockAddress + part, 'nothing lies between the parts of an index');
        index.written++;
      },
    });
    return lengthBytes;
  }

  /**
   * Lays the VOLUME-END, which stands alone between two filemarks; nothing is laid on the volume after it.
   * Returns the length of the block.
   */
  layVolumeEnd(
    slot: Uint8Array,
    end: { readonly reason: 'full' | 'closed'; readonly nextVolume: VolumeId | null },
  ): number {
    const { reason, nextVolume } = end;
    assert(this.#laid.length === 0 && this.#filemarkIsLast, 'a VOLUME-END stands alone in its tape file');
    assert(this.#blocks === 0 || this.#isIndexWritten(), 'a VOLUME-END follows the index of everything written');
    const payload = encodeVolumeEnd({
      volumeId: this.volumeId,
      timeMs: this.#nowMs(),
      lastIndex: this.#index?.blockAddress ?? this.#lastIndex,
      blocks: this.#volumeBlocks + this.#blocks,
      bytes: this.#volumeBytes + this.#bytes,
      reason,
      nextVolume,
    });
    const lengthBytes = this.#layMetadata(slot, 'volume-end', payload, {});
    this.#laid.push({
      then: () => {
        this.#closed = reason;
      },
    });
    return lengthBytes;
  }

  /** The first `count` of the laid blocks were accepted by the drive. */
  noteWritten(count: number): void {
    assert(count >= 0 && count <= this.#laid.length, 'only blocks that were laid can have been written');
    for (const block of this.#laid.splice(0, count)) {
      assert(!this.#isIndexWritten() || this.#filemarkIsLast, 'a filemark follows an index');
      this.#filemarkIsLast = false;
      block.then({ blockAddress: this.#blockAddress, sequence: this.#sequence });
      this.#blockAddress++;
      this.#sequence++;
    }
  }

  /** One filemark was written. */
  noteFilemark(): void {
    this.#blockAddress++;
    this.#filemarkIsLast = true;
  }

  /**
   * Takes back every block that was laid and not written; their slots' payloads are as they were. Returns how many.
   * Laid again, they get the numbers that are then next.
   */
  rollback(): number {
    const { length } = this.#laid;
    this.#laid.length = 0;
    this.#edges.rollback();
    if (this.#index !== null) this.#index.laid = this.#index.written;
    return length;
  }

  /**
   * The filemark of the checkpoint is written and flushed, and READ POSITION said `position`. Begins the next checkpoint.
   * Throws DRIVE_POSITION_LOST when the drive is not where the books are: the checkpoint did not come about, what was
   * written since the last one must not be acknowledged, and nothing must be written to the volume any more.
   */
  checkpointDone(position: TapePosition): CheckpointOnVolume {
    const index = this.#index;
    assert(this.#filemarkIsLast, 'a checkpoint ends with a filemark');
    assert(this.#isIndexWritten() || (this.#closed !== null && this.#blocks === 0), 'a checkpoint has a whole index');
    matchPosition(this.barcode, this.#blockAddress, position);

    if (index !== null) this.#lastIndex = index.blockAddress;
    const checkpoint = {
      endOfData: { blockAddress: this.#blockAddress, sequence: this.#sequence, lastIndex: this.#lastIndex },
      blocks: this.#blocks,
      bytes: this.#bytes,
      extents: this.#extents,
      closed: this.#closed,
    };
    for (const { streamId, state } of index?.streams ?? []) {
      if (state === 'open') continue;
      this.#starts.delete(streamId);
      this.#edges.forget(streamId);
    }
    this.#volumeBlocks += this.#blocks;
    this.#volumeBytes += this.#bytes;
    this.#extents = new Map();
    this.#fromSequence = this.#sequence;
    this.#blocks = 0;
    this.#bytes = 0;
    this.#index = null;
    return checkpoint;
  }

  /** Throws DRIVE_POSITION_LOST when the drive is not where the books are: nothing must be written. Everything laid is written. */
  auditPosition(position: TapePosition): void {
    assert(this.#laid.length === 0, 'a position is compared when nothing is on the way');
    matchAddress(this.barcode, this.#blockAddress, position);
  }

  #isIndexWritten(): boolean {
    return this.#index !== null && this.#index.written === this.#index.payloads.length;
  }

  #layMetadata(
    slot: Uint8Array,
    type: BlockType,
    payload: Uint8Array,
    stream: { readonly streamId?: StreamId; readonly offset?: number },
  ): number {
    putPayload(slot, BLOCK_HEADER_BYTES, payload);
    const lengthBytes = this.#layHeader(slot, type, payload.length, {
      streamId: stream.streamId ?? null,
      offset: stream.offset ?? 0,
      frameNumber: 0,
      last: false,
    });
    sealBlock(slot.subarray(0, lengthBytes));
    return lengthBytes;
  }

  #layHeader(
    slot: Uint8Array,
    type: BlockType,
    payloadBytes: number,
    part: Pick<BlockHeader, 'streamId' | 'offset' | 'frameNumber' | 'last'>,
  ): number {
    const lengthBytes = BLOCK_HEADER_BYTES + payloadBytes;
    assert(lengthBytes <= this.blockSizeBytes, 'a block keeps the size the label states');
    assert(this.#closed === null, 'nothing is laid on a closed volume');
    const { volumeId, sessionId } = this;
    const sequence = this.#sequence + this.#laid.length;
    encodeBlockHeader(slot, { ...part, type, volumeId, sessionId, sequence, payloadBytes, timeMs: this.#nowMs() });
    return lengthBytes;
  }

  #nowMs(): number {
    return Math.max(0, Math.floor(this.#clock.wallMs()));
  }
}
