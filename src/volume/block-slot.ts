/** One slot of the block ring, as far as this layer needs it: its number for the drive's thread, its bytes for the codecs. */
export interface BlockSlot {
  readonly index: number;
  readonly bytes: Uint8Array;
}
