import type { Extent } from '../volume/extent.js';

/** What is wanted of one stream from one volume. */
export interface WantedExtents<S> {
  readonly stream: S;
  /** The stream's extents on this volume. */
  readonly extents: readonly Extent[];
  /** Bytes of the stream: from (inclusive) to (exclusive). */
  readonly from: number;
  readonly to: number;
}

/** Blocks of one extent that are to be read for a stream. Two that restore the same stream have one each. */
export interface PlannedPart<S> {
  readonly stream: S;
  readonly blockAddress: number;
  readonly blocks: number;
  /** Sequence number of the first of them. */
  readonly sequence: number;
}

/** Objects to read in one go. */
export interface PlannedRead {
  readonly blockAddress: number;
  readonly objects: number;
  /** The drive is to be brought there first; `sequence` is what the first block has then. Null: it is there already. */
  readonly locate: { readonly sequence: number } | null;
}

/**
 * What to read of a volume, in the order of the medium, so that one pass moves forward only. A block carries at most
 * `maxPayloadBytes`: so many blocks at the ends of an extent hold nothing that is wanted, and are left out.
 */
export function planParts<S>(wanted: readonly WantedExtents<S>[], maxPayloadBytes: number): readonly PlannedPart<S>[] {
  return wanted
    .flatMap((one) => one.extents.flatMap((extent) => planPart(one, extent, maxPayloadBytes)))
    .sort((a, b) => a.blockAddress - b.blockAddress);
}

function planPart<S>(
  { stream, from, to }: WantedExtents<S>,
  { offset, bytes, blockAddress, blocks, sequence }: Extent,
  maxPayloadBytes: number,
): readonly PlannedPart<S>[] {
  const end = offset + bytes;
  if (offset >= to || end <= from) return [];
  const before = Math.floor(Math.max(0, from - offset) / maxPayloadBytes);
  const behind = Math.floor(Math.max(0, end - to) / maxPayloadBytes);
  return [
    { stream, blockAddress: blockAddress + before, blocks: blocks - before - behind, sequence: sequence + before },
  ];
}

/**
 * What to read next, for a drive that stands before the object at `at` (null: anywhere): the first parts, in the order of the
 * medium, that do not lie behind it. Gaps of up to `gapObjects` are read through, longer ones passed by LOCATE. At most
 * `maxObjects`. Null when nothing is left.
 */
export function nextRead<S>(
  parts: readonly PlannedPart<S>[],
  at: number | null,
  limits: { readonly gapObjects: number; readonly maxObjects: number },
): PlannedRead | null {
  const ahead = parts.filter((part) => endOf(part) > (at ?? 0));
  const [first] = ahead;
  if (first === undefined) return null;
  const start = Math.max(first.blockAddress, at ?? 0);
  const isNear = at !== null && start - at <= limits.gapObjects;
  const blockAddress = isNear ? at : start;

  let end = endOf(first);
  for (const part of ahead) {
    if (part.blockAddress - end > limits.gapObjects) break;
    end = Math.max(end, endOf(part));
  }
  return {
    blockAddress,
    objects: Math.min(end - blockAddress, limits.maxObjects),
    locate: isNear ? null : { sequence: first.sequence + start - first.blockAddress },
  };
}

function endOf<S>({ blockAddress, blocks }: PlannedPart<S>): number {
  return blockAddress + blocks;
}
