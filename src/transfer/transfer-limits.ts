/**
 * What becomes of a block between its write and its checkpoint. `always`: it keeps its slot, and a checkpoint comes before blocks that do
 * take more than their share of the ring, so that a volume that fails never costs a stream. `when-held`: its slot is kept as long as
 * nobody else needs it, and costs nobody anything.
 */
export const REPLAY_RULES = ['always', 'when-held'] as const;
export type ReplayRule = (typeof REPLAY_RULES)[number];

/** Every limit of this layer. `TRANSFER_LIMITS` has the values and their reasons. */
export interface TransferLimits {
  readonly streams: number;
  readonly newcomers: number;
  readonly sharedBlocks: number;
  readonly procedureBlocks: number;

  readonly collectBlocks: number;
  readonly burstLostShare: number;
  readonly burstHoldMs: number;

  readonly creditStartBlocks: number;
  readonly creditMaxBlocks: number;
  readonly creditIdleMs: number;
  readonly creditCollectBlocks: number;

  readonly runBlocks: number;
  readonly batchBlocks: number;
  readonly batchesInFlight: number;
  readonly metadataBlocks: number;

  readonly checkpointBytes: number;
  readonly checkpointMs: number;
  readonly checkpointIdleMs: number;
  readonly checkpointGroupingMs: number;
  readonly lingerMs: number;

  readonly replay: ReplayRule;
  readonly replayShare: number;
  readonly volumeFailures: number;
  readonly auditIdleMs: number;

  readonly prepareBytes: number;
  readonly prepareFraction: number;

  readonly restoreBlocks: number;
  readonly restoreBatchBlocks: number;
  readonly restoreGapBlocks: number;
  readonly receiverStallMs: number;
}

export const TRANSFER_LIMITS: TransferLimits = {
  /** Streams saved at once, daemon-wide: one block of the ring is kept for each, so that none ever waits for another. */
  streams: 256,
  /** Of these, blocks that are left for streams that come while others are written again: a backup run's clients. */
  newcomers: 32,
  /** Blocks of the ring that streams and restores share beyond what is theirs: 64 x 1 MiB keep a drive in one go streaming. */
  sharedBlocks: 64,
  /** Blocks kept for labels, indexes and the least a restore needs: 4 a session, 2 a restore, 1 a mount; enough for a node of 2 drives. */
  procedureBlocks: 32,

  /**
   * Blocks beyond the shared ones, for collecting what sources send that are slower than a tape can run: none unless the
   * configuration says so. Memory that is not used for it is not touched.
   */
  collectBlocks: 0,
  /** Of a drive's time, what stopping and starting may take: bursts are as long as that asks, if the buffer is large enough. */
  burstLostShare: 0.05,
  /** Milliseconds a block waits at most to be written in a burst: what a client waits for SAVED, and sends again after a crash. */
  burstHoldMs: 60_000,

  /** Blocks a stream may send at first: two for the wire, two for the drive. */
  creditStartBlocks: 4,
  /** Blocks one stream may ever have in the ring: half of the shared ones, so that the fastest leaves room for others. */
  creditMaxBlocks: 32,
  /** A stream silent for so long gets one block of credit again when its next blocks are written, milliseconds. */
  creditIdleMs: 10_000,
  /** Blocks a stream may be ahead while a burst is collected, when there is room for all: enough for the wire. */
  creditCollectBlocks: 8,

  /** Blocks of one stream in a row while others wait: 64 MiB read back in a third of a second, far above a stop and start. */
  runBlocks: 64,
  /** Blocks of one command to the drive's thread: 8 MiB are some 20 ms of an LTO-9 drive, many times a thread's wake-up. */
  batchBlocks: 8,
  /** Commands at the thread at once: one it works on and one behind it, so that it never waits for the main thread. */
  batchesInFlight: 2,
  /** Blocks a session keeps for STREAM-START, STREAM-END and index blocks. */
  metadataBlocks: 4,

  /** Payload bytes between checkpoints: a flush costs a drive about 3 s of stop and start, 16 GiB some 50 s of writing. */
  checkpointBytes: 16 * 1024 ** 3,
  /**
   * Milliseconds a byte waits for its checkpoint, from when it was collected on: what a client may have to send again, and still one
   * flush in 20.
   */
  checkpointMs: 60_000,
  /** Milliseconds without a block before what is written becomes durable: the drive has stopped anyway. */
  checkpointIdleMs: 5_000,
  /** Milliseconds a stream that ended waits for others to end, so that many short ones share a flush. */
  checkpointGroupingMs: 1_000,
  /**
   * Milliseconds a session keeps its drive without any stream: the next client of the same backup run comes at once. Short,
   * since a restore or an operator may wait for the drive, and the volume stays mounted in any case.
   */
  lingerMs: 500,

  /** Clients that can rewind lose nothing either way, and a flush every few seconds would cost all of them a good part of the drive. */
  replay: 'when-held',
  /** Part of the shared blocks that may wait for their checkpoint, where they keep their slots: the other part streams meanwhile. */
  replayShare: 1 / 2,
  /** Volumes that fail in a row, without a checkpoint between: three of them are no accident, something else is wrong. */
  volumeFailures: 3,
  /** Milliseconds without a block at the drive before its position is looked at again: somebody may have moved the medium. */
  auditIdleMs: 1_000,

  /**
   * Bytes that still fit on a volume when the next one is got ready on another drive: to unload a cartridge there, bring
   * another, load it and read its label takes 3 to 4 minutes, in which a fast drive writes 96 GiB.
   */
  prepareBytes: 96 * 1024 ** 3,
  /** But not before so small a part of the volume is left: on a small one the other drive would be taken all the time. */
  prepareFraction: 1 / 8,

  /** Blocks a restore pass reads ahead and has lent to receivers, at most: four receivers' windows. */
  restoreBlocks: 32,
  /** Blocks of one read command to the drive's thread. */
  restoreBatchBlocks: 8,
  /** Objects read and thrown away rather than passed by LOCATE: 256 MiB take 1 s, the shortest LOCATE 3 s. */
  restoreGapBlocks: 256,
  /** Milliseconds a receiver may hold all its window without releasing a block, before it is dropped for the others' sake. */
  receiverStallMs: 120_000,
};

/** Slots the daemon's ring needs: what is kept for streams and procedures, and what they share. */
export function countRingBlocks(limits: TransferLimits): number {
  return limits.streams + limits.sharedBlocks + limits.collectBlocks + limits.procedureBlocks;
}
