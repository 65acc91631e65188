const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * How long a SCSI command may take before the kernel aborts it, milliseconds. Aborting a command that would still have
 * succeeded resets the drive and loses the position, so each is the largest value a current drive family recommends
 * (LTO-7 to LTO-9, REPORT SUPPORTED OPERATION CODES), rounded up. Reads and writes go through `st` and have its timeout
 * (900 s).
 */
export const SCSI_TIMEOUTS_MS = {
  /** Answered from the drive's memory, but possibly behind a command of its own (a cleaning, a calibration). */
  inquiry: MINUTE_MS,
  testUnitReady: MINUTE_MS,
  readPosition: 6 * MINUTE_MS,
  modeSense: 6 * MINUTE_MS,
  logSense: 6 * MINUTE_MS,
  readBlockLimits: 6 * MINUTE_MS,
  /** An LTO-9 reading its cartridge memory was seen to need more than 60 s. */
  readAttribute: 6 * MINUTE_MS,
  writeAttribute: 6 * MINUTE_MS,
  /** The probe that asks why `st` could not read: as long as a read with all its retries. */
  read: 40 * MINUTE_MS,
  /** 960 s recommended, plus the wait for a cartridge that is being threaded. */
  load: 20 * MINUTE_MS,
  /** Flushes the buffer, rewinds 1,000 m, ejects. */
  unload: 20 * MINUTE_MS,
  /** 600 s recommended. */
  rewind: 15 * MINUTE_MS,
  /** 2880 s recommended: from end to end with recovery. */
  locate: 50 * MINUTE_MS,
  space: 50 * MINUTE_MS,
  eraseShort: 50 * MINUTE_MS,
  /** 74,341 s on LTO-9. */
  eraseLong: 24 * HOUR_MS,
} as const;

/** Every other limit of this layer, with its unit and its reason. */
export const DRIVE_LIMITS = {
  /** Longest wait for a loading drive to become ready, ms: an LTO-9 initialises a new cartridge for up to two hours. */
  becomingReadyMs: 2.25 * HOUR_MS,
  /** Between two looks at a drive that is becoming ready, ms: loading takes 12 to 20 s. */
  becomingReadyPollMs: SECOND_MS,
  /** Unit attentions taken off a drive before it is called broken: each cause queues at most one. */
  unitAttentions: 16,
  /** Times the tape is rewound after a reset until `st` passes commands on: one was seen not to be enough. */
  rewindsAfterReset: 3,
  /** Times a system call that a signal interrupted before it began is made again. */
  interruptedCalls: 16,

  /** Largest block of a disk volume, bytes: four times the largest of our own, so that a foreign one can be told. */
  fileBlockBytes: 16 * 1024 * 1024,
  /** Smallest disk volume, bytes: a label, a few blocks and their index. */
  fileMinCapacityBytes: 1024 * 1024,
  /** Objects of a disk volume: 8 bytes of memory each; 16 TiB of 1 MiB blocks. Behind that the volume is full. */
  fileObjects: 16 * 1024 * 1024,
  /**
   * Between early warning and the end of a disk volume, bytes: 16 blocks of the largest size, room for the index and
   * the volume's end; on a tiny volume a quarter of it.
   */
  fileReserveBytes: 16 * 4 * 1024 * 1024,
  fileReserveFraction: 1 / 4,
  /** Read at a time while looking for the next record behind a damaged one, bytes. */
  fileResynchroniseBytes: 1024 * 1024,
  /** Written at a time by a long erase, bytes. */
  fileEraseBytes: 1024 * 1024,

  /** How long `terminate` waits for an idle thread to end, ms: one that is blocked in a system call is left behind. */
  terminateGraceMs: 500,
} as const;
