/** Bytes as a device or the kernel sent them, in hexadecimal. */
export interface CapturedBytes {
  /** Who sent them, and for what. */
  readonly from: string;
  readonly hex: string;
}
