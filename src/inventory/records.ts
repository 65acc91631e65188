import type { Barcode } from '../terms/barcode.js';
import type { JobId, SessionId, VolumeId } from '../terms/ids.js';
import type { JobKind, JobState, JobStepState } from '../terms/job-words.js';
import type { CartridgeLocation, OffsiteLocation, VolumeState } from '../terms/media-state.js';
import type { AllocationPolicy, WormRule } from '../terms/pool-policy.js';
import type { StreamDescriptor } from '../terms/stream-descriptor.js';

/** A run of data blocks of one stream at consecutive addresses of one volume (docs/VOLUME-FORMAT.md, INDEX). */
export interface ExtentRecord {
  readonly volumeId: VolumeId;
  readonly sessionId: SessionId;
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
  readonly sequence: number;
  /** Address of the first block of the newest index; null before the first checkpoint. */
  readonly lastIndex: number | null;
}

/** Objects behind a checkpoint that were never acknowledged, left by a crash; they stay on the medium, unused. */
export interface UncommittedTail {
  /** Block addresses: from (inclusive) to (exclusive). */
  readonly from: number;
  readonly to: number;
  readonly foundMs: number;
}

/** A cartridge or disk file; the volume on it, if it is labelled, is named by `volumeId`. */
export interface CartridgeRecord {
  readonly barcode: Barcode;
  readonly location: CartridgeLocation;
  readonly locationSinceMs: number;
  /** Where a person brings it who takes it out of where it was ejected to; null: nobody has ejected it. */
  readonly destination: OffsiteLocation | null;
  readonly volumeId: VolumeId | null;
  /** Times this cartridge was labelled. */
  readonly labelCount: number;
  /** Serial number of the medium from its memory (MAM 0401h); null when it was never read. */
  readonly mediumSerial: string | null;
  /** Times a cleaning cartridge was used here; 0 for others. */
  readonly cleaningUses: number;
  /** What is known against a cartridge that has no volume of ours; null: nothing. */
  readonly condition: {
    readonly state: 'suspect' | 'damaged' | 'retired' | 'foreign';
    readonly reason: string;
  } | null;
}

/** One move of a cartridge, by whomever; appended, never changed. */
export interface MoveRecord {
  readonly timeMs: number;
  readonly barcode: Barcode;
  /** Null: it was not known before. */
  readonly from: CartridgeLocation | null;
  readonly to: CartridgeLocation;
  /** Client name, user id, or 'tapeloomd' for what the daemon did or noticed by itself. */
  readonly who: string;
  /** Why, in words: 'loaded to save', 'found by the changer', 'checked out with scanner'. */
  readonly reason: string;
}

/** What outlives the daemon of a drive. The key is its name in the configuration. */
export interface DriveRecord {
  readonly name: string;
  /** Unit serial number; '' before it was ever read. */
  readonly serial: string;
  /** Why it takes no work; '' when it is up. */
  readonly downReason: string;
  readonly downSinceMs: number | null;
  /** Who took it down: a user id, or 'tapeloomd'. */
  readonly downBy: string;
  readonly lastUsedMs: number | null;
  readonly mounts: number;
  /** The drive asked to be cleaned and was not yet. */
  readonly wantsCleaning: boolean;
  readonly cleanings: number;
  readonly lastCleanedMs: number | null;
}

/**
 * Something a drive and a cartridge went through together, or one alone: the history behind the error matrix. Appended,
 * the oldest dropped beyond a limit.
 */
export interface HealthRecord {
  readonly timeMs: number;
  readonly drive: string | null;
  readonly driveSerial: string;
  readonly barcode: Barcode | null;
  readonly kind:
    | 'mount'
    | 'unmount'
    | 'load-error'
    | 'read-error'
    | 'write-error'
    | 'move-error'
    | 'tape-alert'
    | 'cleaning'
    /** The drive was taken down. */
    | 'down'
    /** A person vouches for the drive or the cartridge: what went wrong before counts against it no more. */
    | 'cleared';
  /** The error's code; '' for what is no error. */
  readonly code: string;
  /** For people: the message, the alert's name. */
  readonly message: string;
  /** Counters of log pages at unmount and the like. */
  readonly figures: Readonly<Record<string, number | string>>;
}

/** A set of volumes of one policy. */
export interface PoolRecord {
  readonly name: string;
  readonly kind: 'tape' | 'disk';
  /** What a stream gets that names no retention of its own. */
  readonly retentionDays: number;
  /** Media types of barcodes it takes (`L9`, `L8`, `M8`, `LZ`); empty: any its drives can write. */
  readonly mediaTypes: readonly string[];
  readonly allocation: AllocationPolicy;
  /** At most so many volumes belong to it; null: no limit. */
  readonly maxVolumes: number | null;
  /** At most so many drives are written on for it at once. */
  readonly maxDrives: number;
  /** So many streams share a drive before another one is taken, up to `maxDrives`; beyond those they share them evenly. */
  readonly streamsPerDrive: number;
  /** It may take volumes of the pool `scratch` when it has none with room. */
  readonly drawsFromScratch: boolean;
  /** It may label blank cartridges in a changer when it has no volume with room. */
  readonly labelsBlank: boolean;
  /** Volumes of it whose streams have all expired may be used again by it. */
  readonly recycles: boolean;
  readonly worm: WormRule;
  /** Volumes of it are to be encrypted by the drive; kept for when that is there. */
  readonly encryption: boolean;
  /** It stands in the configuration, which alone can change it. */
  readonly declared: boolean;
}

/** An operator's order: who asked for what when, how far it is and what came of it. */
export interface JobRecord {
  readonly jobId: JobId;
  readonly kind: JobKind;
  readonly who: string;
  /** One line: 'label 24 cartridges for pool daily'. */
  readonly title: string;
  readonly state: JobState;
  readonly createdMs: number;
  readonly endedMs: number | null;
  /** One a cartridge, slot or drive, in the order of work. */
  readonly steps: readonly JobStep[];
  /** What it waits for; '' when for nothing. */
  readonly waitingFor: string;
  /** Why it failed as a whole. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** What it found or made, for people and scripts: a pick list, missing barcodes. */
  readonly result: Readonly<Record<string, JobValue>>;
}

export type JobValue = string | number | boolean | null | readonly string[];

export interface JobStep {
  /** Barcode, element or drive. */
  readonly subject: string;
  readonly state: JobStepState;
  readonly message: string;
  /** The error's code when it failed; '' otherwise. */
  readonly code: string;
}

export interface VolumeRecord {
  readonly volumeId: VolumeId;
  readonly barcode: Barcode;
  readonly pool: string;
  readonly state: VolumeState;
  /** Why it is in this state, for people; '' when nothing special. */
  readonly stateReason: string;
  readonly labelledMs: number;
  readonly blockSizeBytes: number;
  readonly endOfData: EndOfData;
  /** Its end was written (VOLUME-END) or met: whatever its state, nothing is appended to it any more. */
  readonly closed: boolean;
  /**
   * What its pool's allocation began it for: the session (`always`) or the period, such as `2026-W48` (`calendar`), which alone
   * go on on it; '' when anyone of the pool may, and before it is written.
   */
  readonly begunFor: string;
  /** Data blocks and their payload bytes. */
  readonly blocks: number;
  readonly bytes: number;
  readonly mounts: number;
  readonly errors: number;
  readonly firstWrittenMs: number | null;
  readonly lastWrittenMs: number | null;
  /** The latest retention end of any stream on it; milliseconds since the epoch. */
  readonly retentionEndMs: number | null;
  readonly tails: readonly UncommittedTail[];
}

/** `open`: being written. `complete`: acknowledged as saved. `incomplete`: given up, kept as far as it is durable. */
export type StreamState = 'open' | 'complete' | 'incomplete';

export interface StreamRecord {
  readonly descriptor: StreamDescriptor;
  readonly state: StreamState;
  /** Durable bytes: all of it when complete. */
  readonly lengthBytes: number;
  /** CRC32C over those bytes. */
  readonly crc32c: number;
  readonly blocks: number;
  readonly extents: number;
  /** Volumes it lies on, in the order of the stream. */
  readonly volumes: readonly VolumeId[];
  readonly startedMs: number;
  readonly endedMs: number | null;
  /** Why it is incomplete; '' otherwise. */
  readonly reason: string;
  /** Kept whatever its retention says, until somebody releases it; null: it is not held. */
  readonly hold: StreamHold | null;
}

/** Somebody's word that a stream is needed: for an audit, a court, a restore that is being thought about. */
export interface StreamHold {
  readonly reason: string;
  readonly who: string;
  readonly sinceMs: number;
}

/** The time the daemon vouches for: what a wall clock that jumped is measured by, also across a restart. */
export interface ClockMarkRecord {
  readonly vouchedMs: number;
}

/** What was done to media by whom; appended, never changed. */
export interface AuditRecord {
  readonly timeMs: number;
  /** Client name or user id. */
  readonly who: string;
  /** 'media.label', 'media.eject', ... */
  readonly what: string;
  readonly barcode: Barcode | null;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}
