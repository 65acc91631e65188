/** Every limit of this layer, with its unit and its reason. */
export const VOLUME_LIMITS = {
  /** Smallest and largest `blockSize` of a label, bytes: below, headers and gaps cost; above, drivers and adapters refuse. */
  minBlockSizeBytes: 256 * 1024,
  maxBlockSizeBytes: 4 * 1024 * 1024,
  /** Characters of the writing program's name in a label: with the other names, all escaped, it must fit 3,968 bytes. */
  softwareNameCharacters: 64,
  /** Characters of the writing host's name: that of DNS. */
  nodeNameCharacters: 255,
  /** Blocks of one checkpoint's index. 4,096 x 256 KiB hold tens of millions of extents, more than a volume has blocks. */
  indexParts: 4096,
  /** Tape files looked at, from the end of data backwards, for the last index: each crash leaves at most one without. */
  tailTapeFiles: 1024,
  /** Objects in a row the drive may fail to read before a scan gives up: each can take the drive minutes of retries. */
  unreadableInARow: 64,
} as const;
