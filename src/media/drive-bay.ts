import type { Barcode } from '../terms/barcode.js';
import type { VolumeId } from '../terms/ids.js';
import type { Changer } from '../changer/changer.js';
import type { DriveThread } from '../drive/drive-thread.js';
import type { DriveRecord } from '../inventory/records.js';

/** The volume in a drive whose label was read and matched. */
export interface MountedVolume {
  readonly volumeId: VolumeId;
  readonly barcode: Barcode;
  /** `DriveStatus.mediumGeneration` when the label was read; another value means: read it again (invariant 2). */
  readonly mediumGeneration: number;
}

/** Why a drive takes no work. */
export interface DriveDown {
  readonly reason: string;
  readonly sinceMs: number;
  /** A user id, or 'tapeloomd'. */
  readonly by: string;
}

/** A drive, its thread and the changer that serves it. Who holds the lease may change `loaded` and `mounted`. */
export class DriveBay {
  readonly number: number;
  readonly name: string;
  readonly kind: 'tape' | 'disk';
  readonly device: string;
  readonly thread: DriveThread;
  readonly changer: Changer;
  /** What outlives the daemon, as the inventory has it: the drive book (drive-book.ts) changes both. */
  record: DriveRecord;
  /** The thread has the device. While it has not, no command but `open` may be sent to the thread. */
  isOpen = false;
  /** Why the device could not be opened when that was tried last. */
  openFailure: DriveDown | null = null;
  /** The cartridge in the drive as last known; null: none, or one nobody identified. */
  loaded: Barcode | null = null;
  mounted: MountedVolume | null = null;
  /** For people: what is going on; '' when idle. */
  activity = '';

  constructor(options: {
    readonly number: number;
    readonly name: string;
    readonly kind: 'tape' | 'disk';
    readonly device: string;
    readonly thread: DriveThread;
    readonly changer: Changer;
  }) {
    this.number = options.number;
    this.name = options.name;
    this.kind = options.kind;
    this.device = options.device;
    this.thread = options.thread;
    this.changer = options.changer;
    this.record = newDriveRecord(options.name);
  }

  /** Null: it is up and may be leased. */
  get down(): DriveDown | null {
    const { downReason: reason, downSinceMs, downBy: by } = this.record;
    return reason === '' ? this.openFailure : { reason, sinceMs: downSinceMs ?? 0, by };
  }
}

/** A drive of which nothing is known. */
export function newDriveRecord(name: string): DriveRecord {
  return {
    name,
    serial: '',
    downReason: '',
    downSinceMs: null,
    downBy: '',
    lastUsedMs: null,
    mounts: 0,
    wantsCleaning: false,
    cleanings: 0,
    lastCleanedMs: null,
  };
}
