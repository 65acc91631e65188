/**
 * Bounds-checked cursors over bytes. SCSI and MAM are big-endian; Linux structs, our volume format and our wire format
 * are little-endian: each cursor is made for one order.
 *
 * A read past the end throws `ByteRangeError`; codecs turn it into their layer's StorageError.
 * 64-bit values are `number`: above 2^53 - 1 reading throws, since no address or size in this field is that large.
 */
export class ByteRangeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ByteRangeError';
  }
}

export type ByteOrder = 'big-endian' | 'little-endian';

class Cursor {
  readonly bytes: Uint8Array;
  protected readonly view: DataView;
  protected readonly little: boolean;
  #offset = 0;

  constructor(bytes: Uint8Array, order: ByteOrder) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.little = order === 'little-endian';
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.bytes.length - this.#offset;
  }

  /** Moves to an absolute offset. */
  seek(offset: number): this {
    if (offset < 0 || offset > this.bytes.length)
      throw new ByteRangeError(`offset ${String(offset)} is outside ${String(this.bytes.length)} bytes`);
    this.#offset = offset;
    return this;
  }

  skip(count: number): this {
    this.advance(count);
    return this;
  }

  protected advance(count: number): number {
    const at = this.#offset;
    if (count < 0 || at + count > this.bytes.length)
      throw new ByteRangeError(
        `${String(count)} bytes at offset ${String(at)} are outside ${String(this.bytes.length)} bytes`,
      );
    this.#offset = at + count;
    return at;
  }
}

export class ByteReader extends Cursor {
  u8(): number {
    return this.view.getUint8(this.advance(1));
  }
  i8(): number {
    return this.view.getInt8(this.advance(1));
  }
  u16(): number {
    return this.view.getUint16(this.advance(2), this.little);
  }
  u24(): number {
    const at = this.advance(3);
    const a = this.view.getUint8(at);
    const b = this.view.getUint8(at + 1);
    const c = this.view.getUint8(at + 2);
    return this.little ? (c << 16) | (b << 8) | a : (a << 16) | (b << 8) | c;
  }
  u32(): number {
    return this.view.getUint32(this.advance(4), this.little);
  }
  i32(): number {
    return this.view.getInt32(this.advance(4), this.little);
  }
  u64(): number {
    const value = this.view.getBigUint64(this.advance(8), this.little);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ByteRangeError(`${value.toString()} is above 2^53 - 1`);
    return Number(value);
  }
  i64(): number {
    const value = this.view.getBigInt64(this.advance(8), this.little);
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER))
      throw new ByteRangeError(`${value.toString()} is outside the safe integers`);
    return Number(value);
  }
  /** A view, not a copy. */
  take(count: number): Uint8Array {
    const at = this.advance(count);
    return this.bytes.subarray(at, at + count);
  }
  /** ASCII text with trailing spaces and NULs removed; other bytes read as U+FFFD. */
  ascii(count: number): string {
    let text = '';
    for (const byte of this.take(count)) text += byte < 0x80 ? String.fromCharCode(byte) : '\ufffd';
    return text.replace(/[\0 ]+$/, '');
  }
}

export class ByteWriter extends Cursor {
  u8(value: number): this {
    this.view.setUint8(this.advance(1), checked(value, 0xff));
    return this;
  }
  u16(value: number): this {
    this.view.setUint16(this.advance(2), checked(value, 0xffff), this.little);
    return this;
  }
  u24(value: number): this {
    checked(value, 0xff_ffff);
    const at = this.advance(3);
    const high = (value >>> 16) & 0xff;
    const low = value & 0xff;
    this.view.setUint8(at, this.little ? low : high);
    this.view.setUint8(at + 1, (value >>> 8) & 0xff);
    this.view.setUint8(at + 2, this.little ? high : low);
    return this;
  }
  u32(value: number): this {
    this.view.setUint32(this.advance(4), checked(value, 0xffff_ffff), this.little);
    return this;
  }
  i32(value: number): this {
    if (!Number.isInteger(value) || value < -0x8000_0000 || value > 0x7fff_ffff)
      throw new ByteRangeError(`${String(value)} does not fit in 32 signed bits`);
    this.view.setInt32(this.advance(4), value, this.little);
    return this;
  }
  u64(value: number): this {
    this.view.setBigUint64(this.advance(8), BigInt(checked(value, Number.MAX_SAFE_INTEGER)), this.little);
    return this;
  }
  i64(value: number): this {
    if (!Number.isSafeInteger(value)) throw new ByteRangeError(`${String(value)} is not a safe integer`);
    this.view.setBigInt64(this.advance(8), BigInt(value), this.little);
    return this;
  }
  put(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.advance(bytes.length));
    return this;
  }
  zeros(count: number): this {
    const at = this.advance(count);
    this.bytes.fill(0, at, at + count);
    return this;
  }
  /** ASCII, padded with spaces to `width`. */
  ascii(text: string, width: number): this {
    if (text.length > width) throw new ByteRangeError(`"${text}" is longer than ${String(width)} characters`);
    const at = this.advance(width);
    for (let i = 0; i < width; i++) {
      const unit = i < text.length ? text.charCodeAt(i) : 0x20;
      if (unit > 0x7f) throw new ByteRangeError(`"${text}" is not ASCII`);
      this.view.setUint8(at + i, unit);
    }
    return this;
  }
}

function checked(value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new ByteRangeError(`${String(value)} is not an integer from 0 to ${String(max)}`);
  return value;
}
