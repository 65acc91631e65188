import type { StorageError } from '../base/storage-error.js';
import type { StreamDescriptor } from '../terms/stream-descriptor.js';
import type { VolumeId } from '../terms/ids.js';

/** A block of the ring, lent out. `bytes` is the whole block, header included, in shared memory. */
export interface RingSlot {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/**
 * One stream being saved, as the data door sees it. All calls are on the main thread and return at once.
 *
 * Credit: `events.credit(total)` raises the number of frames the client may have sent since the start. For each frame
 * within it a slot is reserved, so `takeSlot` never fails while `framesTaken < credit`; at the credit it returns null.
 * After `end`, `abort` or `events.failed` no other call is allowed but `returnSlot`.
 */
export interface SaveStream {
  readonly descriptor: StreamDescriptor;
  /** The slot the next DATA frame is received into: its image, from the header on. Null: beyond the credit. */
  takeSlot(): RingSlot | null;
  /** The frame in `slot` is whole, its header checked: number and offset continue, the payload's CRC is in place. */
  submit(slot: RingSlot, frame: SubmittedFrame): void;
  /** A slot that was taken and will not be submitted. */
  returnSlot(slot: RingSlot): void;
  /** The client said END. `saved` or `failed` follows. */
  end(total: { readonly lengthBytes: number; readonly crc32c: number }): void;
  /** The client gave up or is gone; what is durable stays as an incomplete stream. No event follows. */
  abort(reason: string): void;
}

export interface SubmittedFrame {
  readonly frameNumber: number;
  readonly offset: number;
  readonly payloadBytes: number;
  /** As the client computed it; the drive's thread compares it with the bytes before they are written. */
  readonly payloadCrc: number;
}

/** What the session tells the door about a stream. Called on the main thread, never from within a call of SaveStream. */
export interface SaveStreamEvents {
  /** The client may have sent `total` frames since the start. Only rises. */
  credit(total: number): void;
  /** Every byte before `offset` is on the medium and in the inventory. Only rises. */
  durable(offset: number): void;
  /** Durable and complete. The last event. */
  saved(result: SavedStream): void;
  /** The stream cannot go on. `durable` told how much is safe. The last event. */
  failed(error: StorageError): void;
  /** The stream does not move: for people. */
  waiting(reason: WaitReason, message: string): void;
}

export type WaitReason = 'drive' | 'mount' | 'position' | 'operator' | 'flush';

export interface SavedStream {
  readonly lengthBytes: number;
  readonly crc32c: number;
  readonly volumes: readonly VolumeId[];
}
