import type { ByteReader } from '../base/byte-cursor.js';

/** LevelDB's variable-length integer: seven bits a byte, least first; the high bit says that more follow. */
export function readVarint(reader: ByteReader): number {
  let value = 0;
  let factor = 1;
  for (;;) {
    const byte = reader.u8();
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    factor *= 128;
  }
}

/** LevelDB stores CRCs masked, since a CRC of bytes that hold CRCs is worth less: rotated by 15 bits, plus a constant. */
export function maskCrc(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0;
}
