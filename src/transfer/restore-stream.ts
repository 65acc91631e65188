import type { StorageError } from '../base/storage-error.js';
import type { RingSlot } from './save-stream.js';

/**
 * Receives one stream, in order, from a restore pass. Implemented by the data door.
 * At most `RESTORE_WINDOW_BLOCKS` blocks are delivered and not yet released; the pass waits for the slowest receiver.
 */
export interface RestoreReceiver {
  /**
   * The next bytes of the stream: `payload` lies in `slot` (behind its header) and is right (CRC checked).
   * The receiver calls `release` once when it no longer needs the slot, also after `failed`.
   */
  deliver(
    part: {
      readonly slot: RingSlot;
      readonly payloadStart: number;
      readonly payloadBytes: number;
      readonly offset: number;
    },
    release: () => void,
  ): void;
  /** All bytes asked for were delivered. The last call. */
  finished(): void;
  /** What was delivered is right, the rest does not come. The last call. */
  failed(error: StorageError): void;
  waiting(reason: string, message: string): void;
}

export const RESTORE_WINDOW_BLOCKS = 8;
