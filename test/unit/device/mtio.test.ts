import { expect } from 'chai';
import fc from 'fast-check';
import { ByteRangeError } from '../../../src/base/byte-cursor.js';
import {
  decodeMtOperation,
  decodeMtPosition,
  decodeMtStatus,
  encodeMtOperation,
  encodeMtPosition,
  encodeMtStatus,
  fillMtPosition,
  GMT,
  MT_OP,
  MT_ST,
  MT_ST_BOOLEAN,
  MTGET_BYTES,
} from '../../../src/device/mtio.js';

const int32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const count = fc.option(fc.integer({ min: 0, max: 0x7fff_ffff }));

describe('struct mtop', () => {
  it('comes back as it went in', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), int32, (op, n) => {
        expect(decodeMtOperation(encodeMtOperation({ op, count: n }))).to.deep.equal({ op, count: n });
      }),
    );
  });

  it('holds every driver option, the one with the highest bit too', () => {
    for (const option of Object.values(MT_ST)) {
      const operation = { op: MT_OP.setDriveBuffer, count: option | MT_ST_BOOLEAN.sili };
      expect(decodeMtOperation(encodeMtOperation(operation))).to.deep.equal(operation);
    }
  });

  it('refuses a count that 32 bits do not hold and an operation that 16 do not', () => {
    expect(() => encodeMtOperation({ op: MT_OP.seek, count: 0x8000_0000 })).to.throw(ByteRangeError);
    expect(() => encodeMtOperation({ op: 0x1_0000, count: 1 })).to.throw(ByteRangeError);
  });

  it('refuses fewer than 8 bytes', () => {
    expect(() => decodeMtOperation(new Uint8Array(7))).to.throw(ByteRangeError);
  });
});

describe('struct mtget', () => {
  const status = fc.record({
    type: fc.nat(),
    partition: fc.nat(),
    blockSizeBytes: fc.nat(0xff_ffff),
    densityCode: fc.nat(0xff),
    flags: fc.nat(0xffff_ffff),
    softErrors: fc.nat(0xffff),
    fileNumber: count,
    blockNumber: count,
  });

  it('comes back as it went in', () => {
    fc.assert(
      fc.property(status, (before) => {
        expect(decodeMtStatus(encodeMtStatus(before))).to.deep.equal(before);
      }),
    );
  });

  it('reads flags and density of a register that a kernel has sign-extended', () => {
    const bytes = encodeMtStatus({
      type: 0x72,
      partition: 0,
      blockSizeBytes: 0,
      densityCode: 0xd8,
      flags: (GMT.filemark | GMT.online) >>> 0,
      softErrors: 0,
      fileNumber: 1,
      blockNumber: 0,
    });
    bytes.fill(0xff, 20, 24).fill(0xff, 28, 32);
    const decoded = decodeMtStatus(bytes);
    expect(decoded.densityCode).to.equal(0xd8);
    expect(decoded.flags & GMT.filemark).to.not.equal(0);
    expect(decoded.flags).to.equal(0x8100_0000);
  });

  it('tells any negative file or block number as unknown', () => {
    const bytes = new Uint8Array(MTGET_BYTES);
    bytes.fill(0xff, 40);
    bytes[44] = 0xfe;
    expect(decodeMtStatus(bytes)).to.include({ fileNumber: null, blockNumber: null });
  });

  it('refuses fewer than 48 bytes', () => {
    expect(() => decodeMtStatus(new Uint8Array(MTGET_BYTES - 1))).to.throw(ByteRangeError);
  });
});

describe('struct mtpos', () => {
  it('comes back as it went in, above 32 bits too', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (blockAddress) => {
        expect(decodeMtPosition(encodeMtPosition(blockAddress))).to.equal(blockAddress);
      }),
    );
  });

  it('is filled in where the caller has it', () => {
    const bytes = new Uint8Array(8).fill(0xaa);
    fillMtPosition(bytes, 7);
    expect(decodeMtPosition(bytes)).to.equal(7);
  });
});
