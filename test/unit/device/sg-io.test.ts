import { expect } from 'chai';
import fc from 'fast-check';
import { AssertionError } from '../../../src/base/assert.js';
import { ByteRangeError } from '../../../src/base/byte-cursor.js';
import {
  decodeSgIoRequest,
  decodeSgIoResult,
  describeHostStatus,
  encodeSgIoRequest,
  fillSgIoResult,
  SG_IO_HEADER_BYTES,
  type SgIoRequest,
} from '../../../src/device/sg-io.js';

const INQUIRY: SgIoRequest = {
  direction: 'from-device',
  cdbBytes: 6,
  dataBytes: 96,
  senseBytes: 64,
  timeoutMs: 60_000,
};

const request = fc
  .record({
    direction: fc.constantFrom('none' as const, 'to-device' as const, 'from-device' as const),
    cdbBytes: fc.integer({ min: 6, max: 255 }),
    dataBytes: fc.integer({ min: 1, max: 0xffff_ffff }),
    senseBytes: fc.nat(255),
    timeoutMs: fc.nat(0xffff_ffff),
  })
  .map((fields) => (fields.direction === 'none' ? { ...fields, dataBytes: 0 } : fields));

const completion = fc.record({
  status: fc.nat(255),
  senseBytes: fc.nat(255),
  hostStatus: fc.nat(0xffff),
  driverStatus: fc.nat(0xffff),
  residualBytes: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  durationMs: fc.nat(0xffff_ffff),
});

describe('struct sg_io_hdr', () => {
  it('gives the kernel the request as it was made, before and after the result is filled in', () => {
    fc.assert(
      fc.property(request, completion, (before, result) => {
        const header = encodeSgIoRequest(before);
        expect(decodeSgIoRequest(header)).to.deep.equal(before);
        fillSgIoResult(header, result);
        expect(decodeSgIoRequest(header)).to.deep.equal(before);
      }),
    );
  });

  it('gives the caller the result as the kernel filled it in', () => {
    fc.assert(
      fc.property(completion, (result) => {
        const header = encodeSgIoRequest(INQUIRY);
        fillSgIoResult(header, result);
        expect(decodeSgIoResult(header)).to.deep.include(result);
      }),
    );
  });

  it('leaves no trace of an earlier result', () => {
    const header = encodeSgIoRequest(INQUIRY);
    header.fill(0xff, 64, 84);
    fillSgIoResult(header, { status: 0 });
    expect(header).to.deep.equal(encodeSgIoRequest(INQUIRY));
  });

  it('says in info that something is amiss for CHECK CONDITION, a host status or a driver status', () => {
    for (const [bad, info] of [
      [{ status: 0 }, 0],
      [{ status: 2, senseBytes: 18 }, 1],
      [{ status: 0, hostStatus: 3 }, 1],
      [{ status: 0, driverStatus: 6 }, 1],
    ] as const) {
      const header = encodeSgIoRequest(INQUIRY);
      fillSgIoResult(header, bad);
      expect(decodeSgIoResult(header).info).to.equal(info);
    }
  });

  it('tells CHECK CONDITION in masked_status as 1', () => {
    const header = encodeSgIoRequest(INQUIRY);
    fillSgIoResult(header, { status: 2 });
    expect(decodeSgIoResult(header).maskedStatus).to.equal(1);
  });

  it('is not made for data without a direction, a direction without data, or a CDB of impossible length', () => {
    expect(() => encodeSgIoRequest({ ...INQUIRY, direction: 'none' })).to.throw(AssertionError);
    expect(() => encodeSgIoRequest({ ...INQUIRY, dataBytes: 0 })).to.throw(AssertionError);
    expect(() => encodeSgIoRequest({ ...INQUIRY, cdbBytes: 5 })).to.throw(AssertionError);
    expect(() => encodeSgIoRequest({ ...INQUIRY, cdbBytes: 256 })).to.throw(AssertionError);
    expect(() => encodeSgIoRequest({ ...INQUIRY, senseBytes: 256 })).to.throw(ByteRangeError);
  });

  for (const [what, offset] of [
    ['interface id', 0],
    ['direction', 4],
    ['scatter list', 10],
  ] as const)
    it(`is refused with an unknown ${what}`, () => {
      const header = encodeSgIoRequest(INQUIRY);
      header[offset] = 0x7f;
      expect(() => decodeSgIoRequest(header)).to.throw(AssertionError);
    });

  it('is refused with another length', () => {
    expect(() => decodeSgIoRequest(new Uint8Array(SG_IO_HEADER_BYTES - 1))).to.throw(AssertionError);
  });
});

describe('host status', () => {
  it('is described by name where it has one', () => {
    expect(describeHostStatus(3)).to.equal('host status 3 (timedOut)');
    expect(describeHostStatus(99)).to.equal('host status 99');
  });
});
