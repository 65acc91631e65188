/** A stream with whole blocks to write, as the decision sees it. */
export interface ReadyStream {
  /** The number of its oldest block; blocks are numbered over all streams in the order in which they became whole. */
  readonly oldestBlock: number;
}

/** What was written last. */
export interface CurrentRun<S> {
  readonly stream: S;
  /** Blocks of that stream in a row so far. */
  readonly blocks: number;
}

/**
 * Whose block is written next: the stream that is being written as long as it has blocks and its run is below the limit,
 * since long runs make near-contiguous extents; then, of the others, the one whose oldest block has waited longest. So a block
 * waits for what is left of the current run and for the runs of streams whose oldest block is older: never for a stream
 * that came later. Null when no stream has a block.
 */
export function chooseNext<S extends ReadyStream>(
  ready: Iterable<S>,
  current: CurrentRun<S> | null,
  runBlocks: number,
): S | null {
  let running: S | null = null;
  let oldest: S | null = null;
  for (const stream of ready) {
    if (stream === current?.stream) running = stream;
    else if (oldest === null || stream.oldestBlock < oldest.oldestBlock) oldest = stream;
  }
  if (running === null || current === null) return oldest;
  return current.blocks < runBlocks ? running : (oldest ?? running);
}

/** The run after one more block of `stream`. */
export function continueRun<S>(current: CurrentRun<S> | null, stream: S): CurrentRun<S> {
  return { stream, blocks: current?.stream === stream ? current.blocks + 1 : 1 };
}
