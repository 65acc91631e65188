import { assert } from '../base/assert.js';
import type { BlockSlot } from './block-slot.js';
import type { EndOfData } from './extent.js';
import { joinIndex, type VolumeIndex } from './index-document.js';
import {
  describeTail,
  findCheckpointBefore,
  readIndexChain,
  type CheckpointBefore,
  type IndexReading,
} from './index-search.js';
import { scanTapeFiles, type ScannedTapeFile } from './tape-file-scan.js';
import { VolumeBooks, type CatalogStream } from './volume-books.js';
import type { VolumeEnd } from './volume-end-document.js';
import type { DamagedObject, VolumeReader } from './volume-reader.js';

/** What a volume says of itself: enough to rebuild the inventory's knowledge of its content (invariant 5). */
export interface VolumeCatalog {
  readonly streams: readonly CatalogStream[];
  readonly endOfData: EndOfData;
  /** Where it is before `endOfData.blockAddress`, what lies from here on was never acknowledged. */
  readonly committedEnd: number;
  readonly closed: VolumeEnd | null;
  /** Objects in front of a checkpoint, from (inclusive) to (exclusive), that a crash left and nobody was told of. */
  readonly tails: readonly { readonly from: number; readonly to: number }[];
  /** When the first and the last checkpoint with data on it were made; null: there is none. */
  readonly firstWrittenMs: number | null;
  readonly lastWrittenMs: number | null;
  /** Everything met that is not as it should be. Data blocks are only looked at where an index is damaged. */
  readonly damage: readonly DamagedObject[];
}

/** One step of the volume's story: an index that tells of its checkpoint, or blocks that must tell for themselves. */
type Chapter =
  | { readonly kind: 'index'; readonly index: VolumeIndex; readonly place: CheckpointPlace }
  /** Tape files from `from` to `to`, exclusive. */
  | { readonly kind: 'blocks'; readonly from: number; readonly to: number };

/** Where the blocks of a checkpoint lie: from the first (inclusive) to behind its filemark (exclusive). */
interface CheckpointPlace {
  readonly from: number;
  readonly to: number;
}

/** The first object behind the filemark of the label. */
const FIRST_TAPE_FILE = 3;

/**
 * Reads the catalogue of a volume: from its indexes where they are whole and from the blocks themselves where one is damaged,
 * or, with `source` `blocks`, from the blocks alone, whatever the indexes say. A stream that was aborted is `open` there:
 * no block tells of it. The volume's label was read; nobody else moves the medium meanwhile.
 */
export async function catalogVolume(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  source: 'index' | 'blocks' = 'index',
): Promise<VolumeCatalog> {
  const end = await reader.seekEndOfData();
  const last = await findCheckpointBefore(reader, slots, end);
  const damage: DamagedObject[] = [];
  const chapters: readonly Chapter[] =
    source === 'index'
      ? await readChapters(reader, slots, last, end, damage)
      : [{ kind: 'blocks', from: FIRST_TAPE_FILE, to: end }];

  const books = new VolumeBooks();
  const story = new CheckpointStory();
  let { committedEnd } = describeTail(last, end);
  for (const chapter of chapters) {
    if (chapter.kind === 'index') {
      const { index, place } = chapter;
      story.enter(
        place,
        index.timeMs,
        index.entries.some(({ extents }) => extents.length > 0),
      );
      enterIndex(books, index);
      continue;
    }
    for await (const file of scanTapeFiles(reader, slots, chapter.from, chapter.to)) {
      damage.push(...file.damage);
      if (!file.committed) continue;
      committedEnd = Math.min(end, Math.max(committedEnd, file.to + 1));
      story.enter({ from: file.countsFrom, to: file.to + 1 }, file.timeMs, file.extents.size > 0);
      enterTapeFile(books, file, source);
    }
  }
  const { endOfData, closed } = describeTail(last, end);
  const { tails, firstWrittenMs, lastWrittenMs } = story;
  return {
    streams: books.streams,
    endOfData,
    committedEnd,
    closed,
    tails,
    firstWrittenMs,
    lastWrittenMs,
    damage: sortDamage(damage),
  };
}

/** The checkpoints of a volume, from the oldest on: where they lie, and what lies between them. */
class CheckpointStory {
  readonly tails: { readonly from: number; readonly to: number }[] = [];
  firstWrittenMs: number | null = null;
  lastWrittenMs: number | null = null;
  #end = FIRST_TAPE_FILE;

  enter({ from, to }: CheckpointPlace, timeMs: number, hasData: boolean): void {
    if (from > this.#end) this.tails.push({ from: this.#end, to: from });
    this.#end = to;
    if (!hasData || timeMs === 0) return;
    this.firstWrittenMs ??= timeMs;
    this.lastWrittenMs = timeMs;
  }
}

/**
 * The story of the volume up to `end`, oldest chapter first: back from the last checkpoint through `previous` as far as the
 * indexes are whole; where one is not, by its tape file's filemarks.
 */
async function readChapters(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  last: CheckpointBefore,
  end: number,
  damage: DamagedObject[],
): Promise<readonly Chapter[]> {
  const chapters: Chapter[] = [];
  let found = last;
  let cursor = end;
  for (;;) {
    damage.push(...found.damage);
    // Passed over without damage is what a crash left; with damage it may be a checkpoint that lost its index.
    if (found.damage.length > 0) chapters.unshift({ kind: 'blocks', from: found.end, to: cursor });
    if (found.reading === null) return chapters;

    let oldest: IndexReading = found.reading;
    let isWhole = true;
    for await (const reading of readIndexChain(reader, slots, found.reading)) {
      damage.push(...reading.damage);
      isWhole = reading.index !== null;
      if (reading.index === null) break;
      chapters.unshift({ kind: 'index', index: reading.index, place: placeOf(reading, reading.index) });
      oldest = reading;
    }
    if (isWhole) return chapters;
    // Where the chain breaks in the middle, the search that follows finds the damaged index again, with the end of its tape file.
    const from = await tapeFileStart(reader, oldest.blockAddress);
    if (oldest.index === null) chapters.unshift({ kind: 'blocks', from, to: found.end });
    assert(from < cursor, 'the search goes backwards');
    cursor = from;
    found = await findCheckpointBefore(reader, slots, cursor);
  }
}

/** The first object of the tape file in which `blockAddress` lies. */
async function tapeFileStart(reader: VolumeReader, blockAddress: number): Promise<number> {
  await reader.seek(blockAddress);
  let filemark = await reader.seekFilemarkBefore();
  // What cannot be read may be a block in the middle of the tape file.
  while (filemark !== null && filemark.damage !== null) filemark = await reader.seekFilemarkBefore();
  return filemark === null ? FIRST_TAPE_FILE : Math.max(FIRST_TAPE_FILE, filemark.blockAddress + 1);
}

/** An index lies right behind the blocks it describes, its filemark right behind it. */
function placeOf({ blockAddress, parts }: IndexReading, index: VolumeIndex): CheckpointPlace {
  return {
    from: blockAddress - (index.toSequence - index.fromSequence),
    to: blockAddress + parts.length + 1,
  };
}

function enterIndex(books: VolumeBooks, index: VolumeIndex): void {
  books.beginCheckpoint(index.timeMs);
  for (const { stream, extents } of index.entries) {
    books.enterStanding(stream);
    books.enterExtents(stream.descriptor.streamId, extents, index.sessionId);
  }
}

/** A checkpoint as its blocks tell of it; what is left of its index adds how the streams stood. */
function enterTapeFile(books: VolumeBooks, file: ScannedTapeFile, source: 'index' | 'blocks'): void {
  const index = source === 'index' ? joinIndex(file.indexParts) : null;
  if (index !== null) {
    enterIndex(books, index);
    return;
  }
  books.beginCheckpoint(file.timeMs);
  for (const event of file.events) {
    switch (event.kind) {
      case 'start':
        books.enterStart(event.start);
        break;
      case 'bytes':
        books.enterBytes(event);
        break;
      case 'end':
        books.enterEnd(event.end);
        break;
    }
  }
  for (const [streamId, extents] of file.extents)
    if (file.sessionId !== null) books.enterExtents(streamId, extents, file.sessionId);
  if (source === 'blocks') return;
  for (const { entries } of file.indexParts) for (const { stream } of entries) books.enterStanding(stream);
}

/** By address, each object once. */
function sortDamage(damage: readonly DamagedObject[]): readonly DamagedObject[] {
  const byAddress = new Map(damage.map((one) => [one.blockAddress, one]));
  return [...byAddress.values()].sort((a, b) => a.blockAddress - b.blockAddress);
}
