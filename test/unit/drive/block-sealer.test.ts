import { expect } from 'chai';
import fc from 'fast-check';
import { AssertionError } from '../../../src/base/assert.js';
import { crc32c } from '../../../src/base/crc32c.js';
import { loadNativeLibrary } from '../../../src/device/native-library.js';
import { BlockSealer } from '../../../src/drive/block-sealer.js';
import { BLOCK_SEAL, checkBlock, encodeBlockHeader } from '../../../src/volume/block-header.js';
import type { SessionId } from '../../../src/terms/ids.js';
import { patternedBytes } from '../../support/patterned-bytes.js';
import { streamIdOf, volumeIdOf } from '../../support/records.js';

const HEADER = 128;

/** A data block of the real format, as a session lays it: with the sender's CRC and without the header's. */
function laidBlock(payloadBytes: number): Uint8Array {
  const block = new Uint8Array(HEADER + payloadBytes);
  const payload = patternedBytes(payloadBytes + 1, payloadBytes);
  block.set(payload, HEADER);
  encodeBlockHeader(block, {
    type: 'data',
    last: false,
    volumeId: volumeIdOf(1),
    sessionId: '00000000-0000-7000-8000-000000000009' as SessionId,
    sequence: 7,
    streamId: streamIdOf(1),
    offset: 0,
    payloadBytes,
    frameNumber: 0,
    timeMs: 1,
  });
  new DataView(block.buffer).setUint32(BLOCK_SEAL.payloadCrcOffset, crc32c(payload), true);
  return block;
}

function flipped(block: Uint8Array, bit: number): Uint8Array {
  const copy = block.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

for (const [name, crc] of [
  ['the portable CRC', crc32c],
  ['the native CRC', loadNativeLibrary().crc32c],
] as const)
  describe(`block-sealer with ${name}`, () => {
    const sealer = new BlockSealer(BLOCK_SEAL, crc);

    it('makes blocks that the volume format accepts', () => {
      for (const payloadBytes of [0, 1, 7, 4096, 1_000_003]) {
        const block = laidBlock(payloadBytes);
        expect(sealer.seal(block)).to.equal(true);
        expect(checkBlock(block).kind).to.equal('good');
        expect(sealer.check(block)).to.equal('good');
      }
    });

    it('refuses a payload that is not what its sender had, and leaves the block alone', () => {
      fc.assert(
        fc.property(fc.integer({ min: HEADER * 8, max: (HEADER + 300) * 8 - 1 }), (bit) => {
          const block = flipped(laidBlock(300), bit);
          const before = block.slice();
          expect(sealer.seal(block)).to.equal(false);
          expect(block).to.deep.equal(before);
        }),
      );
    });

    it('notices every flipped bit of a sealed block and says where', () => {
      const block = laidBlock(40);
      sealer.seal(block);
      for (let bit = 0; bit < block.length * 8; bit++) {
        const part = bit < 64 ? 'not-a-block' : bit < HEADER * 8 ? 'header-damaged' : 'payload-damaged';
        expect(sealer.check(flipped(block, bit)), `bit ${String(bit)}`).to.equal(part);
      }
    });

    it('takes nothing that is shorter or longer than its header says for good', () => {
      const block = laidBlock(40);
      sealer.seal(block);
      const longer = new Uint8Array(block.length + 1);
      longer.set(block);
      expect(sealer.check(longer)).to.equal('header-damaged');
      expect(sealer.check(block.subarray(0, -1))).to.equal('header-damaged');
      expect(sealer.check(block.subarray(0, HEADER))).to.equal('header-damaged');
      expect(sealer.check(block.subarray(0, HEADER - 1))).to.equal('not-a-block');
      expect(sealer.check(new Uint8Array())).to.equal('not-a-block');
    });

    it('judges any bytes without throwing', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, withMagic) => {
          if (withMagic) bytes.set(BLOCK_SEAL.magic.subarray(0, bytes.length));
          expect(sealer.check(bytes)).to.be.oneOf(['not-a-block', 'header-damaged']);
        }),
      );
    });

    it('treats a block that our own code laid wrongly as a mistake', () => {
      const other = laidBlock(40);
      other[0] = 0;
      expect(() => sealer.seal(other)).to.throw(AssertionError);
      expect(() => sealer.seal(laidBlock(40).subarray(0, -1))).to.throw(AssertionError);
      expect(() => sealer.seal(new Uint8Array(5))).to.throw(AssertionError);
    });
  });
