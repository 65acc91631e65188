import type { BlockSlot } from './block-slot.js';
import type { Extent } from './extent.js';
import type { VolumeReader } from './volume-reader.js';

/**
 * The blocks of an extent that carry the stream's bytes from `from` (inclusive) to `to` (exclusive), found by looking at some of
 * them. Null when no block begins at `from`, none ends at `to`, or one that must be looked at is not good. The volume's label was
 * read; nobody else moves the medium meanwhile.
 */
export async function cutExtent(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  extent: Extent,
  from: number,
  to: number,
): Promise<Extent | null> {
  const first = await findBlock(reader, slots, extent, from);
  const behind = await findBlock(reader, slots, extent, to);
  if (first === null || behind === null || behind <= first) return null;
  return {
    blockAddress: extent.blockAddress + first,
    sequence: extent.sequence + first,
    blocks: behind - first,
    offset: from,
    bytes: to - from,
  };
}

/** Which block of the extent begins at `offset`, counted from 0; the number of its blocks for the offset behind them. */
async function findBlock(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  extent: Extent,
  offset: number,
): Promise<number | null> {
  if (offset === extent.offset) return 0;
  if (offset === extent.offset + extent.bytes) return extent.blocks;
  let low = 0;
  let high = extent.blocks;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const begins = await offsetOf(reader, slots, extent, middle);
    if (begins === null) return null;
    if (begins === offset) return middle;
    if (begins < offset) low = middle + 1;
    else high = middle;
  }
  return null;
}

async function offsetOf(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  { blockAddress, sequence }: Extent,
  block: number,
): Promise<number | null> {
  await reader.seek(blockAddress + block, sequence + block);
  const [item] = await reader.read(slots.slice(0, 1));
  return item?.kind === 'block' && item.header.type === 'data' ? item.header.offset : null;
}
