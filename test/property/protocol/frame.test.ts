import { expect } from 'chai';
import fc from 'fast-check';
import { crc32c } from '../../../src/base/crc32c.js';
import { StorageError } from '../../../src/base/storage-error.js';
import { FrameAssembler } from '../../../src/protocol/frame-assembler.js';
import {
  decodeFrameHeader,
  encodeFrameHeader,
  encodeNumberFrame,
  FRAME_HEADER_BYTES,
  type FrameHeader,
} from '../../../src/protocol/frame.js';
import { encodeMessage } from '../../../src/protocol/messages.js';

const BLOCK = 4096;
const u32 = fc.nat(0xffff_ffff);
const dataHeader = fc.record({
  type: fc.constant('DATA' as const),
  last: fc.boolean(),
  offset: fc.maxSafeNat(),
  payloadBytes: fc.integer({ min: 1, max: BLOCK - FRAME_HEADER_BYTES }),
  frameNumber: u32,
  payloadCrc: u32,
});
const jsonHeader = fc.record({
  type: fc.constantFrom('HELLO', 'SAVE', 'END', 'SAVED', 'ERROR'),
  last: fc.constant(false),
  offset: fc.constant(0),
  payloadBytes: fc.integer({ min: 1, max: 65_536 }),
  frameNumber: fc.constant(0),
  payloadCrc: u32,
});
const numberHeader = fc.record({
  type: fc.constantFrom('CREDIT', 'DURABLE', 'DRAINED'),
  last: fc.constant(false),
  offset: fc.maxSafeNat(),
  payloadBytes: fc.constant(0),
  frameNumber: fc.constant(0),
  payloadCrc: fc.constant(0),
});
const anyHeader: fc.Arbitrary<FrameHeader> = fc.oneof(dataHeader, jsonHeader, numberHeader);

function encode(header: FrameHeader): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES);
  encodeFrameHeader(bytes, header);
  return bytes;
}

/** A frame as a peer may send it, with a payload that fits its type. */
const anyFrame = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 600 }).map((payload) => {
    const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
    frame.set(payload, FRAME_HEADER_BYTES);
    encodeFrameHeader(frame, {
      type: 'DATA',
      last: false,
      offset: 7,
      payloadBytes: payload.length,
      frameNumber: 3,
      payloadCrc: crc32c(payload),
    });
    return frame;
  }),
  fc.string({ maxLength: 300 }).map((message) => encodeMessage('WAITING', { reason: 'mount', message })),
  fc.maxSafeNat().map((value) => encodeNumberFrame('DURABLE', value)),
);

describe('frame header (properties)', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(anyHeader, (header) => {
        expect(decodeFrameHeader(encode(header), BLOCK - FRAME_HEADER_BYTES)).to.deep.equal(header);
      }),
    );
  });

  it('with any one bit flipped is refused', () => {
    fc.assert(
      fc.property(anyHeader, fc.nat(FRAME_HEADER_BYTES * 8 - 1), (header, bit) => {
        const bytes = encode(header);
        bytes[bit >>> 3] = (bytes[bit >>> 3] as number) ^ (1 << (bit & 7));
        expect(() => decodeFrameHeader(bytes, BLOCK - FRAME_HEADER_BYTES)).to.throw(StorageError);
      }),
    );
  });

  it('made of any bytes, sealed right, decodes or is refused, and never anything else', () => {
    const start = encode({ type: 'HEARTBEAT', last: false, offset: 0, payloadBytes: 0, frameNumber: 0, payloadCrc: 0 });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 116, maxLength: 116 }), fc.nat(20), (fields, type) => {
        const bytes = start.slice();
        bytes.set(fields.subarray(0, 114), 10);
        bytes[10] = type;
        bytes[11] = 0;
        const view = new DataView(bytes.buffer);
        view.setUint32(124, crc32c(bytes.subarray(0, 124)), true);
        try {
          decodeFrameHeader(bytes, BLOCK - FRAME_HEADER_BYTES);
        } catch (error) {
          expect(error).to.be.instanceOf(StorageError);
        }
      }),
    );
  });
});

describe('frame assembler (properties)', () => {
  it('gives the frames of any row of bytes, however they are cut, read in place or fed', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 6 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 700 })),
        fc.boolean(),
        (frames, cuts, inPlace) => {
          const got: Buffer[] = [];
          const assembler = new FrameAssembler((header, payload) => {
            got.push(Buffer.concat([encode(header), payload]));
          });
          assembler.blockSizeBytes = BLOCK;
          const bytes = Buffer.concat(frames);
          for (let at = 0; at < bytes.length;) {
            const into = assembler.nextBuffer();
            expect(into.length).to.be.greaterThan(0);
            const cut = Math.min(cuts.next().value as number, bytes.length - at);
            const count = inPlace ? Math.min(cut, into.length) : cut;
            if (inPlace) {
              into.set(bytes.subarray(at, at + count));
              assembler.received(count);
            } else assembler.feed(bytes.subarray(at, at + count));
            at += count;
          }
          expect(got.map((frame) => frame.toString('hex'))).to.deep.equal(
            frames.map((frame) => Buffer.from(frame).toString('hex')),
          );
        },
      ),
    );
  });
});
