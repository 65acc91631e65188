/** Where the tape stands. */
export interface FoundPosition {
  readonly blockAddress: number;
  readonly fileNumber: number | null;
  readonly beginningOfMedium: boolean;
  readonly earlyWarning: boolean;
  /** Asks once more where the drive tells only one of the two. */
  blocksInBuffer(): number | null;
}

/**
 * How the tape is sent somewhere and where it stands is found out: by LOCATE and READ POSITION (`LocatedPositioning`), or by
 * counting on a drive that has no LOCATE (`CountedPositioning`). Nothing is being written meanwhile; see StDrive.
 *
 * Failures are thrown: what the sense says. While the tape moves, and after a failure, `trust.expected` is null or right.
 */
export interface Positioning {
  /** Whether the drive tells where it stands; else `ask` tells no more than what was counted. */
  readonly isTold: boolean;
  /** DRIVE_POSITION_LOST when nobody knows. */
  ask(): FoundPosition;
  /** Before object `blockAddress`. MEDIUM_READ_ERROR, at the end of the data, when there are fewer. */
  locate(blockAddress: number): void;
  locateEndOfData(): void;
  /** Returns how many were not passed, since the end of the data or the beginning was met. */
  spaceFilemarks(count: number): number;
}
