import { StorageError } from '../base/storage-error.js';
import type { SessionId, StreamId } from '../terms/ids.js';
import type { BlockHeader } from './block-header.js';
import type { BlockSlot } from './block-slot.js';
import { appendBlock, type Extent } from './extent.js';
import { isLastPart, type IndexPart } from './index-document.js';
import { damageOf, payloadOf, readPart } from './index-search.js';
import { LostObjects } from './lost-objects.js';
import { decodeStreamEnd, decodeStreamStart, type StreamEnd, type StreamStart } from './stream-documents.js';
import { VOLUME_LIMITS } from './volume-limits.js';
import type { DamagedObject, VolumeItem, VolumeReader } from './volume-reader.js';

/** What the blocks between two filemarks say, in their order. Blocks are those of the session that ended the tape file. */
export interface ScannedTapeFile {
  readonly from: number;
  /** Of the filemark, or of the last object that may have been it, or of the end of data. */
  readonly to: number;
  /**
   * Whether it is a checkpoint: a filemark follows it, and before that lies the last part of an index or something bad that may
   * have been that. A tape file that ends otherwise is what a crash left and was never acknowledged.
   */
  readonly committed: boolean;
  /** Behind the last block of another session, which a crash left in front: the first object that counts. */
  readonly countsFrom: number;
  readonly sessionId: SessionId | null;
  /** When the header of its last block was laid; 0 when no block is good. */
  readonly timeMs: number;
  readonly events: readonly ScanEvent[];
  readonly extents: ReadonlyMap<StreamId, readonly Extent[]>;
  readonly indexParts: readonly IndexPart[];
  readonly damage: readonly DamagedObject[];
}

export type ScanEvent =
  | { readonly kind: 'start'; readonly start: StreamStart }
  | { readonly kind: 'end'; readonly end: StreamEnd }
  | {
      readonly kind: 'bytes';
      readonly streamId: StreamId;
      readonly offset: number;
      readonly bytes: number;
      readonly crc32c: number;
    };

type BlockItem = Extract<VolumeItem, { kind: 'block' }>;

/** Reads the tape files from `from` (the first object of one) to `to`, exclusive, block by block. */
export async function* scanTapeFiles(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  from: number,
  to: number,
): AsyncGenerator<ScannedTapeFile> {
  let file = new TapeFileScan(from);
  const lost = new LostObjects();
  let unreadable = 0;
  await reader.seek(from);
  for (let at = from; at < to;) {
    for (const item of await reader.read(slots.slice(0, to - at))) {
      at = item.blockAddress + 1;
      unreadable = item.kind === 'damage' && item.damage === 'unreadable' ? unreadable + 1 : 0;
      if (unreadable > VOLUME_LIMITS.unreadableInARow) throw tooMuchDamage(reader, item.blockAddress);
      switch (item.kind) {
        case 'block': {
          const { blocks, filemarks } = lost.takeGoodBlock(item.header.sequence);
          if (blocks > 0) file.mayHaveIndex();
          if (filemarks > 0) {
            yield file.finish(item.blockAddress - 1, true);
            file = new TapeFileScan(item.blockAddress);
          }
          file.takeBlock(item);
          break;
        }
        case 'damage':
          if (item.damage === 'unreadable') lost.takeLost();
          else lost.takeBadBlock();
          file.takeDamage(item);
          break;
        default:
          if (lost.any && item.kind === 'filemark') file.mayHaveIndex();
          yield file.finish(item.blockAddress, item.kind === 'filemark' || lost.any);
          if (item.kind === 'end-of-data') return;
          file = new TapeFileScan(at);
      }
    }
  }
  // What is lost behind a whole index, where the data ends, is taken for its filemark.
  if (!file.isEmpty) yield file.finish(to, lost.any);
}

/** One tape file while it is read. */
class TapeFileScan {
  readonly #from: number;
  readonly #blocks: {
    readonly header: BlockHeader;
    readonly blockAddress: number;
    readonly event: ScanEvent | null;
  }[] = [];
  readonly #indexParts: IndexPart[] = [];
  readonly #damage: DamagedObject[] = [];
  /** Whether the last block was the last part of an index, or is bad and may have been that. */
  #endsWithIndex = false;

  constructor(from: number) {
    this.#from = from;
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0 && this.#damage.length === 0;
  }

  takeBlock(item: BlockItem): void {
    const damageBefore = this.#damage.length;
    this.#blocks.push({ header: item.header, blockAddress: item.blockAddress, event: this.#readEvent(item) });
    const part = item.header.type === 'index' ? this.#indexParts.at(-1) : undefined;
    this.#endsWithIndex = this.#damage.length > damageBefore || (part !== undefined && isLastPart(part));
  }

  takeDamage(damage: DamagedObject): void {
    this.#damage.push(damage);
    // What cannot be read may as well be a filemark: the next good block tells.
    if (damage.damage !== 'unreadable') this.#endsWithIndex = true;
  }

  /** A block is lost behind the last one. */
  mayHaveIndex(): void {
    this.#endsWithIndex = true;
  }

  finish(to: number, endsWithFilemark: boolean): ScannedTapeFile {
    const last = this.#blocks.at(-1)?.header;
    // A crash without a filemark leaves its tail in front of the next session's blocks.
    const sessionId = last?.sessionId ?? null;
    const blocks = this.#blocks.filter(({ header }) => header.sessionId === sessionId);
    const other = this.#blocks.findLast(({ header }) => header.sessionId !== sessionId);
    return {
      from: this.#from,
      to,
      committed: endsWithFilemark && this.#endsWithIndex,
      countsFrom: other === undefined ? this.#from : other.blockAddress + 1,
      sessionId,
      timeMs: last?.timeMs ?? 0,
      events: blocks.flatMap(({ event }) => event ?? []),
      extents: extentsOf(blocks),
      indexParts: this.#indexParts,
      damage: this.#damage,
    };
  }

  #readEvent(item: BlockItem): ScanEvent | null {
    const { header } = item;
    switch (header.type) {
      case 'data':
        if (header.streamId === null) return null;
        return {
          kind: 'bytes',
          streamId: header.streamId,
          offset: header.offset,
          bytes: header.payloadBytes,
          crc32c: header.payloadCrc,
        };
      case 'stream-start': {
        const decoded = decodeStreamStart(payloadOf(item));
        if (decoded.kind === 'good') return { kind: 'start', start: decoded.document };
        this.#damage.push(damageOf(item, decoded.reason));
        return null;
      }
      case 'stream-end': {
        const decoded = decodeStreamEnd(payloadOf(item));
        if (decoded.kind === 'good') return { kind: 'end', end: decoded.document };
        this.#damage.push(damageOf(item, decoded.reason));
        return null;
      }
      case 'index':
        readPart(item, this.#indexParts, this.#damage);
        return null;
      case 'label':
      case 'volume-end':
        return null;
    }
  }
}

function extentsOf(
  blocks: readonly { readonly header: BlockHeader; readonly blockAddress: number }[],
): ReadonlyMap<StreamId, readonly Extent[]> {
  const extents = new Map<StreamId, Extent[]>();
  for (const { header, blockAddress } of blocks) {
    const { type, streamId, sequence, offset, payloadBytes } = header;
    if (type !== 'data' || streamId === null) continue;
    const list = extents.get(streamId) ?? [];
    appendBlock(list, { blockAddress, sequence, offset, payloadBytes });
    extents.set(streamId, list);
  }
  return extents;
}

function tooMuchDamage(reader: VolumeReader, blockAddress: number): StorageError {
  return new StorageError(
    'MEDIUM_READ_ERROR',
    `More than ${String(VOLUME_LIMITS.unreadableInARow)} blocks in a row of volume ${reader.volumeId} cannot be read, up to block ` +
      `${String(blockAddress)}. What was found before is right. Clean the drive or try another one.`,
    { context: { volumeId: reader.volumeId, blockAddress } },
  );
}
