/** Longest block READ BLOCK LIMITS tells (LTO drives: 8 MiB), and the shortest. */
export const BLOCK_LIMITS = { granularity: 0, minBlockBytes: 1, maxBlockBytes: 8 << 20 } as const;
