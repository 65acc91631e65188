/** Every limit of this layer, with its unit and its reason. */
export const INVENTORY_LIMITS = {
  /** Extents in one record: about 8 KiB, a few blocks of LevelDB; what is read to find one extent. */
  extentsPerRecord: 128,
  /** Transaction records kept; older ones are deleted as new ones come. Enough to name a lost one, small enough to read at once. */
  transactionsKept: 1024,
  /** Records one batch of clearing a forgotten volume touches: some hundred kilobytes, a few milliseconds. */
  clearedPerBatch: 1000,
  /** Records read at the same time before a batch: LevelDB reads on four threads. */
  readsAtOnce: 64,
  /**
   * Health records kept, some 50 MB: half a year of a library that mounts a hundred cartridges a day. The oldest go, so many at
   * a time as one batch clears.
   */
  healthKept: 50_000,
  /** Rows a query returns. */
  rows: 10_000,
  /** Problems a scrub lists: the first ones tell what to do. */
  scrubProblems: 1000,
} as const;
