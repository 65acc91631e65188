/** A run of data blocks of one stream at consecutive block addresses (docs/VOLUME-FORMAT.md, INDEX). */
export interface Extent {
  readonly blockAddress: number;
  /** Sequence number of the first block. */
  readonly sequence: number;
  readonly blocks: number;
  /** Bytes of the stream: from `offset`, `bytes` of them. */
  readonly offset: number;
  readonly bytes: number;
}

/** Where the next block of a volume goes. */
export interface EndOfData {
  readonly blockAddress: number;
  /** Sequence number of that block. */
  readonly sequence: number;
  /** Address of the first block of the newest index; null before the first checkpoint. */
  readonly lastIndex: number | null;
}

/** Puts one more data block behind the extents of its stream: into the last one where it continues that, else as a new one. */
export function appendBlock(
  extents: Extent[],
  block: {
    readonly blockAddress: number;
    readonly sequence: number;
    readonly offset: number;
    readonly payloadBytes: number;
  },
): void {
  const { blockAddress, sequence, offset, payloadBytes } = block;
  const tail = extents.at(-1);
  if (
    tail !== undefined &&
    tail.blockAddress + tail.blocks === blockAddress &&
    tail.sequence + tail.blocks === sequence &&
    tail.offset + tail.bytes === offset
  )
    extents[extents.length - 1] = { ...tail, blocks: tail.blocks + 1, bytes: tail.bytes + payloadBytes };
  else extents.push({ blockAddress, sequence, blocks: 1, offset, bytes: payloadBytes });
}
