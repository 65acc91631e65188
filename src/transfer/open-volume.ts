import type { DriveThread } from '../drive/drive-thread.js';
import type { Barcode } from '../terms/barcode.js';
import type { VolumeId } from '../terms/ids.js';
import type { EndOfData } from '../volume/extent.js';

/** Why a session asks for a volume: it begins, or the volume before is full, or could not be written. */
export type OpenVolumeReason = 'first' | 'full' | 'failed';

/** A volume to write on: mounted, its label read and matched, the drive at its end of data, nobody else using the thread. */
export interface OpenVolume {
  readonly thread: DriveThread;
  readonly volumeId: VolumeId;
  readonly barcode: Barcode;
  /** The label's. */
  readonly blockSizeBytes: number;
  readonly endOfData: EndOfData;
  /** Data blocks and payload bytes on the volume so far, for its VOLUME-END. */
  readonly written?: { readonly blocks: number; readonly bytes: number };
}
