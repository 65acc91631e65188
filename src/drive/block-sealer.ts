import { assert } from '../base/assert.js';
import { ByteReader, ByteWriter } from '../base/byte-cursor.js';
import type { Crc32c } from '../base/crc32c.js';
import type { BlockSeal, SealCheck } from './drive-thread.js';

/**
 * The two checksums of a block, as far as the drive's thread is concerned: it checks the payload's before every write, so
 * that what reaches the medium is what the stream's sender had, and makes the header's own.
 */
export class BlockSealer {
  readonly #seal: BlockSeal;
  readonly #crc32c: Crc32c;

  /** `crc32c`: the fast one; it goes over every payload byte. */
  constructor(seal: BlockSeal, crc32c: Crc32c) {
    this.#seal = seal;
    this.#crc32c = crc32c;
  }

  /**
   * Seals `block`, which is a header and all of its payload, in place. False: the payload does not match its CRC; the
   * block was not changed.
   */
  seal(block: Uint8Array): boolean {
    const { headerCrcOffset } = this.#seal;
    // Laid by our own code a moment ago: anything else is a mistake, and must not reach a medium.
    assert(this.#hasMagic(block), 'a block to be written begins with its magic');
    assert(this.#statedLength(block) === block.length, 'a block to be written is as long as its header says');
    if (!this.#payloadMatches(block)) return false;
    new ByteWriter(block, 'little-endian').seek(headerCrcOffset).u32(this.#crc32c(block.subarray(0, headerCrcOffset)));
    return true;
  }

  /** What the seal of a block that was read says; never throws, whatever the bytes are. */
  check(block: Uint8Array): SealCheck {
    const { headerBytes, headerCrcOffset } = this.#seal;
    if (block.length < headerBytes || !this.#hasMagic(block)) return 'not-a-block';
    const stated = new ByteReader(block, 'little-endian').seek(headerCrcOffset).u32();
    if (stated !== this.#crc32c(block.subarray(0, headerCrcOffset))) return 'header-damaged';
    if (this.#statedLength(block) !== block.length) return 'header-damaged';
    return this.#payloadMatches(block) ? 'good' : 'payload-damaged';
  }

  #hasMagic(block: Uint8Array): boolean {
    return block.length >= this.#seal.headerBytes && this.#seal.magic.every((byte, i) => block[i] === byte);
  }

  #statedLength(block: Uint8Array): number {
    const { headerBytes, payloadLengthOffset } = this.#seal;
    return headerBytes + new ByteReader(block, 'little-endian').seek(payloadLengthOffset).u32();
  }

  #payloadMatches(block: Uint8Array): boolean {
    const { headerBytes, payloadCrcOffset } = this.#seal;
    const stated = new ByteReader(block, 'little-endian').seek(payloadCrcOffset).u32();
    return stated === this.#crc32c(block.subarray(headerBytes));
  }
}
