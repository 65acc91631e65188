import type { Barcode } from '../terms/barcode.js';
import type { VolumeId } from '../terms/ids.js';
import type { Changer } from '../changer/changer.js';
import type { DriveThread } from '../drive/drive-thread.js';

/** The volume in a drive whose label was read and matched. */
export interface MountedVolume {
  readonly volumeId: VolumeId;
  readonly barcode: Barcode;
  /** `DriveStatus.mediumGeneration` when the label was read; another value means: read it again (invariant 2). */
  readonly mediumGeneration: number;
}

/** A drive, its thread and the changer that serves it. Who holds the lease may change `loaded` and `mounted`. */
export class DriveBay {
  readonly number: number;
  readonly name: string;
  readonly kind: 'tape' | 'disk';
  readonly device: string;
  readonly thread: DriveThread;
  readonly changer: Changer;
  /** The cartridge in the drive as last known; null: none, or one nobody identified. */
  loaded: Barcode | null = null;
  mounted: MountedVolume | null = null;
  /** Why the drive takes no work; '' when it is up. */
  downReason = '';
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
  }
}
