import { expect } from 'chai';
import fc from 'fast-check';
import { isStorageError } from '../../../src/base/storage-error.js';
import { SCSI_DECODERS, type ScsiDecoder } from '../../support/scsi-decoders.js';

function expectValueOrMalformed(decode: ScsiDecoder, bytes: Uint8Array): void {
  const before = Buffer.from(bytes).toString('hex');
  try {
    decode(bytes);
  } catch (error) {
    if (!isStorageError(error, 'SCSI_MALFORMED_REPLY')) throw error;
    expect(error.context).to.include.keys('structure', 'lengthBytes', 'firstBytes');
  }
  expect(Buffer.from(bytes).toString('hex'), 'the input was changed').to.equal(before);
}

describe('whatever bytes a device sends', () => {
  // Small values are frequent: lengths and codes that lead somewhere.
  const byte = fc.oneof(fc.nat({ max: 12 }), fc.constantFrom(0x80, 0xff), fc.nat({ max: 255 }));
  const bytes = fc.array(byte, { maxLength: 160 });

  for (const [name, decode, prefix] of SCSI_DECODERS) {
    it(`${name} decodes or is refused as malformed`, () => {
      fc.assert(
        fc.property(bytes, fc.boolean(), (tail, withPrefix) => {
          expectValueOrMalformed(decode, Uint8Array.from(withPrefix ? [...prefix, ...tail] : tail));
        }),
        { numRuns: 300 },
      );
      for (let length = 0; length < 64; length++)
        for (const fill of [0x00, 0xff]) {
          const filled = new Uint8Array(prefix.length + length).fill(fill);
          filled.set(prefix);
          expectValueOrMalformed(decode, filled);
        }
    });
  }

  it('a view into a larger buffer is not left', () => {
    const buffer = new Uint8Array(400).fill(0x41);
    for (const [, decode, prefix] of SCSI_DECODERS) {
      buffer.set(prefix, 100);
      for (let length = 0; length < 64; length++) {
        const view = buffer.subarray(100, 100 + length);
        const alone = view.slice();
        expect(resultOf(decode, view)).to.deep.equal(resultOf(decode, alone));
      }
    }
  });
});

function resultOf(decode: ScsiDecoder, bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return error.toRecord();
  }
}
