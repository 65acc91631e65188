import { assert } from '../base/assert.js';
import { StorageError } from '../base/storage-error.js';
import { BLOCK_HEADER_BYTES } from './block-header.js';
import type { BlockSlot } from './block-slot.js';
import type { EndOfData } from './extent.js';
import { decodeIndexPart, isLastPart, joinIndex, type IndexPart, type VolumeIndex } from './index-document.js';
import { decodeVolumeEnd, type VolumeEnd } from './volume-end-document.js';
import { VOLUME_LIMITS } from './volume-limits.js';
import type { DamagedObject, VolumeItem, VolumeReader } from './volume-reader.js';

/** Address of the filemark behind the label: before it there is no checkpoint. */
const LABEL_FILEMARK = 2;

/** The index at one place of a volume. */
export interface IndexReading {
  /** Of its first block. */
  readonly blockAddress: number;
  /** The whole index, or null: some part of it is missing or damaged. */
  readonly index: VolumeIndex | null;
  /** The parts that are good. */
  readonly parts: readonly IndexPart[];
  readonly damage: readonly DamagedObject[];
}

/** What a search from an address backwards found. */
export interface CheckpointBefore {
  /** The newest checkpoint there whose index begins with a good block; null: none, only the label. */
  readonly reading: IndexReading | null;
  /** Behind the filemark of that checkpoint, or of the label. What lies from here on was passed over. */
  readonly end: number;
  /** Objects met on the way in the place of an index that cannot be read: checkpoints whose index is damaged, or a tail's end. */
  readonly damage: readonly DamagedObject[];
  /** A VOLUME-END met on the way. */
  readonly closed: { readonly blockAddress: number; readonly document: VolumeEnd } | null;
  /** Behind the first block with a good header that was met: the number the block at `address` has. */
  readonly sequence: number;
}

/** How a volume ends. */
export interface VolumeTail {
  /** Where the next block goes: behind everything. */
  readonly endOfData: EndOfData;
  /** Behind the filemark that ended the last checkpoint (the label, the VOLUME-END). Where it is not the end of data, a crash left a tail. */
  readonly committedEnd: number;
  readonly lastIndex: IndexReading | null;
  readonly closed: VolumeEnd | null;
  readonly damage: readonly DamagedObject[];
}

/** Finds the last index from the end of data backwards (docs/VOLUME-FORMAT.md, INDEX), past what a crash left. */
export async function findLastIndex(reader: VolumeReader, slots: readonly BlockSlot[]): Promise<VolumeTail> {
  const blockAddress = await reader.seekEndOfData();
  return describeTail(await findCheckpointBefore(reader, slots, blockAddress), blockAddress);
}

/** How a volume ends whose end of data is at `blockAddress`. */
export function describeTail(found: CheckpointBefore, blockAddress: number): VolumeTail {
  const { reading, closed, damage, sequence } = found;
  return {
    endOfData: { blockAddress, sequence, lastIndex: reading?.blockAddress ?? null },
    // The filemark behind a VOLUME-END may be missing: then that block is the end.
    committedEnd: closed === null ? found.end : Math.min(closed.blockAddress + 2, blockAddress),
    lastIndex: reading,
    closed: closed?.document ?? null,
    damage,
  };
}

/**
 * Looks from `address` backwards, tape file by tape file, for one that ends with an index. Tape files that do not are what
 * crashes left, or their index is damaged: `damage` tells which objects that may be.
 */
export async function findCheckpointBefore(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  address: number,
): Promise<CheckpointBefore> {
  const damage: DamagedObject[] = [];
  let closed: CheckpointBefore['closed'] = null;
  let sequence: number | null = null;
  let lost = 0;
  let at = address;
  for (let filemarks = 1; filemarks <= VOLUME_LIMITS.tailTapeFiles; filemarks++) {
    await reader.seek(at);
    const met = await reader.seekFilemarkBefore();
    const filemark = met?.blockAddress ?? -1;
    if (filemark < LABEL_FILEMARK) throw noLabelFilemark(reader);
    if (met?.damage) {
      damage.push(met.damage);
      lost++;
    }
    if (filemark === LABEL_FILEMARK) {
      // The LABEL, block 1, has number 0; of the objects behind it only filemarks have none.
      sequence ??= address - LABEL_FILEMARK - (filemarks - lost - 1);
      return { reading: null, end: filemark + 1, damage, closed, sequence };
    }
    const item = await readOne(reader, slots, filemark - 1);
    if (item.kind === 'damage') damage.push(item);
    if (item.kind === 'block') {
      // Of what is lost it is not known whether it had a number; then nothing is written to the volume.
      sequence ??= item.header.sequence + (address - item.blockAddress) - (filemarks - lost);
      if (item.header.type === 'volume-end') closed ??= readVolumeEnd(item, damage);
      const reading = await readIndexEndingAt(reader, slots, item);
      if (reading !== null) return { reading, end: filemark + 1, damage, closed, sequence };
    }
    at = filemark;
  }
  throw new StorageError(
    'VOLUME_DAMAGED_INDEX',
    `Volume ${reader.volumeId} has no index in its last ${String(VOLUME_LIMITS.tailTapeFiles)} tape files. What the inventory ` +
      'knows of it can be restored; do not write to it.',
    { context: { volumeId: reader.volumeId, from: at, to: address } },
  );
}

/** Reads the index that begins at `blockAddress`, up to the filemark behind it. */
export async function readIndexAt(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  blockAddress: number,
): Promise<IndexReading> {
  const parts: IndexPart[] = [];
  const damage: DamagedObject[] = [];
  await reader.seek(blockAddress);
  for (let count = 0; count <= VOLUME_LIMITS.indexParts;) {
    for (const item of await reader.read(slots)) {
      count++;
      if (item.kind === 'damage') damage.push(item);
      else if (item.kind === 'block' && item.header.type === 'index') readPart(item, parts, damage);
      else return makeReading(blockAddress, parts, damage);
      // The filemark behind it may be unreadable; that is not the index's damage.
      const last = parts.at(-1);
      if (item.kind === 'block' && last !== undefined && isLastPart(last))
        return makeReading(blockAddress, parts, damage);
    }
  }
  return makeReading(blockAddress, [], damage);
}

/** `first` and the indexes before it through `previous`, newest first; ends with the first checkpoint or a damaged index. */
export async function* readIndexChain(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  first: IndexReading,
): AsyncGenerator<IndexReading> {
  let reading = first;
  yield reading;
  // Each lies before the last: see readPart.
  while (reading.index !== null && reading.index.previous !== null) {
    reading = await readIndexAt(reader, slots, reading.index.previous);
    yield reading;
  }
}

export function damageOf(item: Extract<VolumeItem, { kind: 'block' }>, reason: string): DamagedObject {
  return { blockAddress: item.blockAddress, damage: 'payload-damaged', reason };
}

/** The document of an index block, entered in `parts`, or in `damage` when it is none. */
export function readPart(
  item: Extract<VolumeItem, { kind: 'block' }>,
  parts: IndexPart[],
  damage: DamagedObject[],
): void {
  const decoded = decodeIndexPart(payloadOf(item));
  if (decoded.kind !== 'good') {
    damage.push(
      decoded.kind === 'unsupported'
        ? { blockAddress: item.blockAddress, damage: 'unsupported-version', reason: decoded.reason }
        : damageOf(item, decoded.reason),
    );
    return;
  }
  const { document } = decoded;
  const first = item.blockAddress - document.part;
  if (document.volumeId !== item.header.volumeId || document.sessionId !== item.header.sessionId)
    damage.push(damageOf(item, 'the index names another volume or session than its block'));
  else if (document.previous !== null && document.previous >= first)
    damage.push(damageOf(item, 'the index before this one is said to lie behind it'));
  else parts.push(document);
}

export function payloadOf(item: Extract<VolumeItem, { kind: 'block' }>): Uint8Array {
  return item.slot.bytes.subarray(BLOCK_HEADER_BYTES, item.lengthBytes);
}

async function readOne(reader: VolumeReader, slots: readonly BlockSlot[], address: number): Promise<VolumeItem> {
  await reader.seek(address);
  const [item] = await reader.read(slots.slice(0, 1));
  assert(item !== undefined, 'a read brings at least one item');
  return item;
}

/** When `last` is the last part of an index: that index. A filemark, or what may be one, follows. */
async function readIndexEndingAt(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  last: Extract<VolumeItem, { kind: 'block' }>,
): Promise<IndexReading | null> {
  if (last.header.type !== 'index') return null;
  const decoded = decodeIndexPart(payloadOf(last));
  // Parts that others should follow are what a crash left.
  if (decoded.kind !== 'good' || !isLastPart(decoded.document)) return null;
  return readIndexAt(reader, slots, last.blockAddress - decoded.document.part);
}

/** Joins the parts read at `blockAddress`; where they are no index of what lies before it, says so in `damage`. */
function makeReading(blockAddress: number, parts: readonly IndexPart[], damage: DamagedObject[]): IndexReading {
  const joined = joinIndex(parts);
  const isWhole = joined?.entries.every(({ extents }) =>
    extents.every((extent) => extent.blockAddress + extent.blocks <= blockAddress),
  );
  if (isWhole !== true && damage.length === 0)
    damage.push({ blockAddress, damage: 'out-of-sequence', reason: 'no whole index begins here' });
  return { blockAddress, index: damage.length === 0 ? joined : null, parts, damage };
}

function readVolumeEnd(
  item: Extract<VolumeItem, { kind: 'block' }>,
  damage: DamagedObject[],
): CheckpointBefore['closed'] {
  const decoded = decodeVolumeEnd(payloadOf(item));
  if (decoded.kind === 'good') return { blockAddress: item.blockAddress, document: decoded.document };
  damage.push(damageOf(item, decoded.reason));
  return null;
}

function noLabelFilemark(reader: VolumeReader): StorageError {
  return new StorageError(
    'VOLUME_LABEL_DAMAGED',
    `Volume ${reader.volumeId} has no filemark behind its label: nothing can be found on it. Nothing was changed; ` +
      'read its label again, in another drive, before anything is done with it.',
    { context: { volumeId: reader.volumeId } },
  );
}
