import type { Extent } from '../volume/extent.js';

/** What is wanted of one stream from one volume. */
export interface WantedExtents<S> {
  readonly stream: S;
  /** The stream's extents on this volume, in the order of the stream. */
  readonly extents: readonly Extent[];
  /** Bytes of the stream: from (inclusive) to (exclusive). */
  readonly from: number;
  readonly to: number;
}

/** Part of one extent: a row of blocks of one stream. */
export interface PlannedPart<S> {
  readonly stream: S;
  readonly blockAddress: number;
  readonly blocks: number;
}

/** Objects read in one go, from `blockAddress`: the parts in their order and, between them, what is read and thrown away. */
export interface PlannedRead<S> {
  readonly blockAddress: number;
  readonly objects: number;
  /** Sequence number of the first block. */
  readonly sequence: number;
  readonly parts: readonly PlannedPart<S>[];
}

/**
 * How a volume is read for several streams in one pass: in the order of the tape, so that it moves forward only; gaps up to
 * `gapBlocks` are read over, longer ones passed by LOCATE. A block carries at most `maxPayloadBytes`, so within an extent that begins
 * before the wanted bytes reading can begin that much later.
 */
export function planReads<S>(
  wanted: readonly WantedExtents<S>[],
  limits: { readonly gapBlocks: number; readonly maxPayloadBytes: number },
): readonly PlannedRead<S>[] {
  const parts = wanted
    .flatMap((one) => one.extents.flatMap((extent) => planPart(one, extent, limits.maxPayloadBytes)))
    .sort((a, b) => a.blockAddress - b.blockAddress);
  const reads: PlannedRead<S>[] = [];
  for (const part of parts) {
    const last = reads.at(-1);
    const end = part.blockAddress + part.blocks;
    if (last !== undefined && part.blockAddress - (last.blockAddress + last.objects) <= limits.gapBlocks)
      reads[reads.length - 1] = {
        ...last,
        objects: Math.max(last.objects, end - last.blockAddress),
        parts: [...last.parts, part],
      };
    else reads.push({ blockAddress: part.blockAddress, objects: part.blocks, sequence: part.sequence, parts: [part] });
  }
  return reads;
}

function planPart<S>(
  { stream, from, to }: WantedExtents<S>,
  extent: Extent,
  maxPayloadBytes: number,
): readonly (PlannedPart<S> & { readonly sequence: number })[] {
  if (extent.offset >= to || extent.offset + extent.bytes <= from) return [];
  const skipped = Math.max(0, Math.floor((from - extent.offset) / maxPayloadBytes));
  return [
    {
      stream,
      blockAddress: extent.blockAddress + skipped,
      blocks: extent.blocks - skipped,
      sequence: extent.sequence + skipped,
    },
  ];
}
