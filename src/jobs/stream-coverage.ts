import type { ExtentRecord, StreamRecord } from '../inventory/records.js';

/** Bytes of a stream: from (inclusive) to (exclusive). */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

interface Run {
  readonly offset: number;
  readonly bytes: number;
}

/** The durable bytes of a stream that its extents, in its order, do not hold. */
export async function missingRanges(
  stream: StreamRecord,
  extents: AsyncIterable<ExtentRecord>,
): Promise<readonly ByteRange[]> {
  const missing: ByteRange[] = [];
  let at = 0;
  for await (const { offset, bytes } of extents) {
    if (offset > at) missing.push({ from: at, to: offset });
    at = Math.max(at, offset + bytes);
  }
  if (at < stream.lengthBytes) missing.push({ from: at, to: stream.lengthBytes });
  return missing;
}

/** What of these bytes those others do not hold. */
export function rangesWithout(wanted: readonly Run[], held: readonly Run[]): readonly ByteRange[] {
  const sorted = [...held].sort((a, b) => a.offset - b.offset);
  return wanted.flatMap(({ offset, bytes }) => {
    const missing: ByteRange[] = [];
    const end = offset + bytes;
    let at = offset;
    for (const one of sorted) {
      if (one.offset >= end || at >= end) break;
      if (one.offset > at) missing.push({ from: at, to: one.offset });
      at = Math.max(at, one.offset + one.bytes);
    }
    if (at < end) missing.push({ from: at, to: end });
    return missing;
  });
}
