import { expect } from 'chai';
import fc from 'fast-check';
import { crc32c } from '../../../src/base/crc32c.js';
import {
  decodeFileHeader,
  decodeRecordHeader,
  encodeFileHeader,
  encodeRecordHeader,
  findRecordMagic,
  recordBytes,
  type RecordHeader,
} from '../../../src/drive/disk-volume-codec.js';
import { diskBarcode } from '../../support/file-drive-fixture.js';

const CAPACITY = 0x1_2345_6789;

/** By docs/VOLUME-FORMAT.md, without our codec. */
function fileHeaderByHand(): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.write('TAPELOOM-DISK\0\0\0', 0, 'latin1');
  bytes.writeUInt32LE(1, 16);
  bytes.writeBigUInt64LE(BigInt(CAPACITY), 24);
  bytes.write('DSK001DK', 32, 'latin1');
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 4092)), 4092);
  return bytes;
}

function withHeaderCrc(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 4092)), 4092);
  return bytes;
}

function encoded(record: RecordHeader): Uint8Array {
  const bytes = new Uint8Array(24);
  encodeRecordHeader(bytes, record);
  return bytes;
}

describe('the header of a disk volume', () => {
  it('is the bytes of the published format', () => {
    const bytes = encodeFileHeader({ barcode: diskBarcode(1), capacityBytes: CAPACITY });
    expect(Buffer.compare(bytes, fileHeaderByHand())).to.equal(0);
  });

  it('decodes to what was encoded', () => {
    expect(decodeFileHeader(fileHeaderByHand())).to.deep.equal({
      kind: 'good',
      header: { barcode: 'DSK001DK', capacityBytes: CAPACITY },
    });
  });

  it('is damaged with any bit flipped or any byte missing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4096 * 8 - 1 }), fc.integer({ min: 0, max: 4095 }), (bit, length) => {
        const bytes = fileHeaderByHand();
        expect(decodeFileHeader(bytes.subarray(0, length)).kind).to.equal('damaged');
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(decodeFileHeader(bytes).kind).to.equal('damaged');
      }),
    );
  });

  it('of a later version is told apart from damage', () => {
    const bytes = fileHeaderByHand();
    bytes.writeUInt32LE(2, 16);
    expect(decodeFileHeader(withHeaderCrc(bytes))).to.deep.equal({
      kind: 'unsupported-version',
      reason: 'it has format version 2',
    });
  });

  it('that says more than version 1 does is of a later version, not one to be written to', () => {
    const changes: readonly ((bytes: Buffer) => void)[] = [
      (bytes) => bytes.writeUInt32LE(1, 20),
      (bytes) => bytes.writeUInt32LE(1, 4000),
      (bytes) => bytes.writeUInt32LE(0xffff_ffff, 28),
    ];
    for (const change of changes) {
      const bytes = fileHeaderByHand();
      change(bytes);
      expect(decodeFileHeader(withHeaderCrc(bytes)).kind).to.equal('unsupported-version');
    }
  });

  it('with the right CRC over a foreign magic or barcode is damaged', () => {
    const foreign = fileHeaderByHand();
    foreign.write('X', 0, 'latin1');
    const nameless = fileHeaderByHand();
    nameless.fill(0, 32, 40);
    expect([foreign, nameless].map((bytes) => decodeFileHeader(withHeaderCrc(bytes)).kind)).to.deep.equal([
      'damaged',
      'damaged',
    ]);
  });
});

describe('the header of a record', () => {
  it('is the bytes of the published format', () => {
    const block = Buffer.alloc(24);
    block.write('TLRB', 0, 'latin1');
    block.writeUInt32LE(1000, 4);
    block.writeBigUInt64LE(0x1_0000_0002n, 8);
    block.writeUInt32LE(crc32c(block.subarray(0, 20)), 20);
    expect(Buffer.compare(encoded({ kind: 'block', lengthBytes: 1000, objectNumber: 0x1_0000_0002 }), block)).to.equal(
      0,
    );
    const filemark = Buffer.alloc(24);
    filemark.write('TLRM', 0, 'latin1');
    filemark.writeUInt32LE(7, 8);
    filemark.writeUInt32LE(crc32c(filemark.subarray(0, 20)), 20);
    expect(Buffer.compare(encoded({ kind: 'filemark', lengthBytes: 0, objectNumber: 7 }), filemark)).to.equal(0);
  });

  it('decodes to what was encoded, and to nothing with any bit flipped', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('block' as const, 'filemark' as const),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.maxSafeNat(),
        fc.integer({ min: 0, max: 24 * 8 - 1 }),
        (kind, length, objectNumber, bit) => {
          const record: RecordHeader = { kind, lengthBytes: kind === 'filemark' ? 0 : length, objectNumber };
          const bytes = encoded(record);
          expect(decodeRecordHeader(bytes)).to.deep.equal(record);
          expect(decodeRecordHeader(bytes.subarray(0, 23))).to.equal(null);
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          expect(decodeRecordHeader(bytes)).to.equal(null);
        },
      ),
    );
  });

  it('with the right CRC over fields that cannot be is nothing', () => {
    const filemarkWithLength = Buffer.alloc(24);
    filemarkWithLength.write('TLRM', 0, 'latin1');
    filemarkWithLength.writeUInt32LE(8, 4);
    const reserved = Buffer.alloc(24);
    reserved.write('TLRB', 0, 'latin1');
    reserved.writeUInt32LE(1, 16);
    const beyondCounting = Buffer.alloc(24);
    beyondCounting.write('TLRB', 0, 'latin1');
    beyondCounting.writeBigUInt64LE(1n << 53n, 8);
    for (const bytes of [filemarkWithLength, reserved, beyondCounting]) {
      bytes.writeUInt32LE(crc32c(bytes.subarray(0, 20)), 20);
      expect(decodeRecordHeader(bytes)).to.equal(null);
    }
  });

  it('is found at multiples of 8 only', () => {
    const bytes = new Uint8Array(200);
    bytes.set(encoded({ kind: 'filemark', lengthBytes: 0, objectNumber: 1 }), 44);
    bytes.set(encoded({ kind: 'block', lengthBytes: 9, objectNumber: 2 }), 96);
    expect(findRecordMagic(bytes, 0)).to.equal(96);
    expect(findRecordMagic(bytes, 104)).to.equal(-1);
    expect(findRecordMagic(new Uint8Array(3), 0)).to.equal(-1);
  });

  it('is followed by its block and zeros to a multiple of 8', () => {
    expect([0, 1, 7, 8, 9, 1_048_576].map(recordBytes)).to.deep.equal([24, 32, 32, 32, 40, 1_048_600]);
  });
});
