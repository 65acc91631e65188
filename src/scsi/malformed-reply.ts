import { ByteRangeError, ByteReader } from '../base/byte-cursor.js';
import { StorageError } from '../base/storage-error.js';

const CONTEXT_BYTES = 32;

/** SCSI_MALFORMED_REPLY: `what` names the structure, `detail` says what is wrong with it; the first bytes go into the context. */
export function malformedReply(what: string, detail: string, bytes: Uint8Array, cause?: unknown): StorageError {
  return new StorageError(
    'SCSI_MALFORMED_REPLY',
    `The ${what} does not decode: ${detail}. Nothing of it was used; check the firmware of the device and the host adapter before it works again.`,
    {
      context: {
        structure: what,
        detail,
        lengthBytes: bytes.length,
        firstBytes: hexOf(bytes.subarray(0, CONTEXT_BYTES)),
      },
      cause,
    },
  );
}

/**
 * Runs `read` over the big-endian `bytes`; running over the end of them, or a 64-bit number above 2^53 - 1, becomes
 * SCSI_MALFORMED_REPLY. Every decoder of this layer goes through here.
 */
export function decodeBytes<T>(what: string, bytes: Uint8Array, read: (reader: ByteReader) => T): T {
  try {
    return read(new ByteReader(bytes, 'big-endian'));
  } catch (error) {
    if (error instanceof ByteRangeError) throw malformedReply(what, error.message, bytes, error);
    throw error;
  }
}

/** Two hexadecimal digits a byte, separated by spaces. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** `8Ch` style: how SCSI people write numbers. */
export function hexNumber(value: number, digits = 2): string {
  return `${value.toString(16).toUpperCase().padStart(digits, '0')}h`;
}
