import type { StorageErrorRecord } from '../base/storage-error.js';
import type {
  ApplicationAttributes,
  DriveHealth,
  DriveStatus,
  MediumAttributes,
  MediumCapacity,
  TapePosition,
} from './tape-drive.js';

/**
 * A drive's thread, seen from the main thread: the asynchronous door to one TapeDrive and one block ring.
 * `worker-drive-thread` runs it on a worker thread; `inline-drive-thread` in the caller's, for the deterministic world.
 *
 * Commands run one at a time, strictly in the order they were submitted; each promise settles once. A failure of the
 * drive rejects with the StorageError the TapeDrive threw. When the thread itself dies every pending and later command
 * rejects with DEVICE_THREAD_DIED.
 *
 * Blocks travel by ring slot: the bytes never cross threads. A slot named in a command belongs to the thread until the
 * command settled.
 */
export interface DriveThread {
  open(): Promise<void>;
  close(): Promise<void>;
  readStatus(): Promise<DriveStatus>;
  load(): Promise<void>;
  unload(): Promise<void>;
  rewind(): Promise<void>;
  locate(blockAddress: number): Promise<void>;
  locateEndOfData(): Promise<void>;
  spaceFilemarks(count: number): Promise<{ readonly remaining: number }>;
  readPosition(): Promise<TapePosition>;
  writeFilemarks(count: number): Promise<WriteRunStop | null>;
  synchronize(): Promise<void>;
  erase(mode: 'short' | 'long'): Promise<void>;
  readHealth(): Promise<DriveHealth>;
  readCapacity(): Promise<MediumCapacity | null>;
  readMediumAttributes(): Promise<MediumAttributes>;
  writeMediumAttributes(attributes: ApplicationAttributes): Promise<boolean>;

  /**
   * Writes the blocks of `run` in order. Before each write the thread checks the payload's CRC32C against the one in the
   * block and seals the block (see BlockSeal). It stops behind the first block that does not simply succeed; blocks behind
   * it were not written, and neither are those of any run submitted later, until `resume` was called: those runs settle
   * with `written: 0, stop: {kind: 'held'}`. So what is on the medium is always a prefix of what was submitted.
   */
  writeRun(run: readonly RunBlock[]): Promise<WriteRunResult>;
  /** Ends the hold after a stopped run. */
  resume(): Promise<void>;

  /**
   * Reads up to slots.length objects into the slots, checking each block's seal. Stops behind the first filemark, end of
   * data or read failure, which `stop` tells.
   */
  readRun(slots: readonly number[]): Promise<ReadRunResult>;

  /** Stops the thread after the command in hand. Pending commands reject. Never waits for a blocked system call. */
  terminate(): Promise<void>;
  /** Seconds the thread spent inside write, flush (filemarks, synchronize), read and position calls since it was made. */
  readonly seconds: DriveSeconds;
}

export interface DriveSeconds {
  readonly write: number;
  readonly flush: number;
  readonly read: number;
  readonly position: number;
}

export interface RunBlock {
  readonly slot: number;
  /** Header and payload. */
  readonly lengthBytes: number;
  /**
   * `false`: the first `lengthBytes` bytes of the slot are written as they are, neither checked nor sealed. Only the VOL1
   * block is written so: it has no block header (docs/VOLUME-FORMAT.md).
   */
  readonly sealed?: false;
}

export type WriteRunStop =
  /** The last block counted in `written` was written behind early warning. */
  | { readonly kind: 'early-warning' }
  /** The block after the last one written does not fit any more. */
  | { readonly kind: 'end-of-medium' }
  /** The block after the last one written does not match the CRC its sender gave. */
  | { readonly kind: 'payload-mismatch' }
  /** Writing the block after the last one written failed. */
  | { readonly kind: 'failure'; readonly error: StorageErrorRecord }
  /** Nothing was tried: an earlier run stopped. */
  | { readonly kind: 'held' };

export interface WriteRunResult {
  /** How many blocks of the run, from its start, were accepted by the drive. */
  readonly written: number;
  readonly stop: WriteRunStop | null;
}

export type SealCheck = 'good' | 'not-a-block' | 'header-damaged' | 'payload-damaged';

export interface ReadRunResult {
  /**
   * One entry a block read, in order: the slots[i] it is in. A block whose payload length is not what follows its header
   * is `header-damaged`; a VOL1 block is `not-a-block`, which is for the reader of labels to know.
   */
  readonly blocks: readonly { readonly lengthBytes: number; readonly seal: SealCheck }[];
  readonly stop:
    | { readonly kind: 'filemark' }
    | { readonly kind: 'end-of-data' }
    | { readonly kind: 'failure'; readonly error: StorageErrorRecord }
    | null;
}

/**
 * Where the checksums of a block lie (docs/VOLUME-FORMAT.md): what the drive's thread must know of the format to seal.
 * A header of `headerBytes`, then the payload, whose length is the u32 at `payloadLengthOffset`, to the end of the block; the
 * payload's CRC32C at `payloadCrcOffset`; the CRC32C of header bytes [0, headerCrcOffset) at `headerCrcOffset`. Little-endian.
 */
export interface BlockSeal {
  readonly magic: Uint8Array;
  readonly headerBytes: number;
  readonly payloadLengthOffset: number;
  readonly payloadCrcOffset: number;
  readonly headerCrcOffset: number;
}

/** The memory the blocks lie in: `slotCount` slots of `slotBytes`, the first at `firstSlotOffset`, page-aligned. */
export interface RingMemory {
  readonly memory: SharedArrayBuffer;
  readonly firstSlotOffset: number;
  readonly slotBytes: number;
  readonly slotCount: number;
}
