import { expect } from 'chai';
import { crc32c } from '../../../src/base/crc32c.js';
import { StorageError } from '../../../src/base/storage-error.js';
import {
  decodeFrameHeader,
  checkFrameStart,
  encodeFrameHeader,
  encodeHeartbeat,
  encodeNumberFrame,
  FRAME_HEADER_BYTES,
  readPayloadFields,
  type FrameHeader,
} from '../../../src/protocol/frame.js';
import {
  BLOCK_HEADER_BYTES,
  decodeBlockHeader,
  encodeBlockHeader,
  sealBlock,
} from '../../../src/volume/block-header.js';
import { streamIdOf, volumeIdOf } from '../../support/records.js';
import type { SessionId } from '../../../src/terms/ids.js';

const LIMIT = 1_000_000;

const DATA: FrameHeader = {
  type: 'DATA',
  last: true,
  offset: 0x0102_0304_0506,
  payloadBytes: 0x0a0b,
  frameNumber: 0x0d0e_0f10,
  payloadCrc: 0x1122_3344,
};

function encode(header: FrameHeader): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES);
  encodeFrameHeader(bytes, header);
  return bytes;
}

/** Changes bytes and makes the header's CRC right again, as a peer that means it would. */
function forge(header: FrameHeader, change: (view: DataView) => void): Uint8Array {
  const bytes = encode(header);
  const view = new DataView(bytes.buffer);
  change(view);
  view.setUint32(124, crc32c(bytes.subarray(0, 124)), true);
  return bytes;
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('frame header', () => {
  it('is 128 bytes with every field where docs/PROTOCOL.md has it', () => {
    const bytes = encode(DATA);
    const expected = Buffer.alloc(128);
    expected.write('TLFRAME1', 0, 'latin1');
    expected.writeUInt16LE(1, 8);
    expected.writeUInt16LE(6, 10);
    expected.writeUInt32LE(1, 12);
    expected.writeBigUInt64LE(0x0102_0304_0506n, 72);
    expected.writeUInt32LE(0x0a0b, 80);
    expected.writeUInt32LE(0x0d0e_0f10, 84);
    expected.writeUInt32LE(0x1122_3344, 88);
    expected.writeUInt32LE(crc32c(expected.subarray(0, 124)), 124);
    expect(Buffer.from(bytes).toString('hex')).to.equal(expected.toString('hex'));
  });

  it('has the same bytes for ever: a heartbeat and a credit', () => {
    const bare = (type: string, offset: string, crc: string): string =>
      `544c4652414d45310100${type}00000000${'00'.repeat(56)}${offset}${'00'.repeat(12)}${'00'.repeat(32)}${crc}`;
    expect(Buffer.from(encodeHeartbeat()).toString('hex')).to.equal(bare('1000', '0000000000000000', '0511ebaf'));
    expect(Buffer.from(encodeNumberFrame('CREDIT', 258)).toString('hex')).to.equal(
      bare('0500', '0201000000000000', 'f63f3263'),
    );
  });

  it('has offset, length, number and checksum of the payload where the header of the block it becomes has them', () => {
    const payload = Uint8Array.from({ length: 300 }, (_, i) => i);
    const block = new Uint8Array(BLOCK_HEADER_BYTES + payload.length);
    block.set(payload, BLOCK_HEADER_BYTES);
    encodeFrameHeader(block, { ...DATA, last: false, payloadBytes: 300, payloadCrc: crc32c(payload) });
    const asFrame = block.slice(72, 92);
    encodeBlockHeader(block, {
      type: 'data',
      last: false,
      volumeId: volumeIdOf(1),
      sessionId: volumeIdOf(2) as unknown as SessionId,
      sequence: 5,
      streamId: streamIdOf(1),
      offset: DATA.offset,
      payloadBytes: 300,
      frameNumber: DATA.frameNumber,
      timeMs: 0,
    });
    expect(block.slice(72, 92)).to.deep.equal(asFrame);
    sealBlock(block);
    expect(block.slice(72, 92), 'a sealed block keeps the checksum its sender computed').to.deep.equal(asFrame);
    expect(decodeBlockHeader(block).kind).to.equal('good');
    expect(readPayloadFields(block)).to.deep.equal({ payloadBytes: 300, payloadCrc: crc32c(payload) });
    expect(BLOCK_HEADER_BYTES).to.equal(FRAME_HEADER_BYTES);
  });

  it('refuses each kind of wrong header with the code that says what is wrong', () => {
    const decode = (bytes: Uint8Array) => codeOf(() => decodeFrameHeader(bytes, LIMIT));
    const end: FrameHeader = { ...DATA, type: 'END', last: false, offset: 0, frameNumber: 0 };
    const credit: FrameHeader = { ...end, type: 'CREDIT', payloadBytes: 0, payloadCrc: 0 };
    const forgeries: readonly [string, Uint8Array, string][] = [
      ['nothing wrong', encode(DATA), 'accepted'],
      ['nothing wrong with END', encode(end), 'accepted'],
      [
        'another magic',
        forge(DATA, (v) => {
          v.setUint8(7, 0x32);
        }),
        'PROTOCOL_GARBAGE',
      ],
      [
        'another version',
        forge(DATA, (v) => {
          v.setUint16(8, 2, true);
        }),
        'PROTOCOL_VERSION',
      ],
      ['a wrong checksum', encode(DATA).fill(1, 124, 125), 'PROTOCOL_CHECKSUM'],
      [
        'type 0',
        forge(DATA, (v) => {
          v.setUint16(10, 0, true);
        }),
        'PROTOCOL_GARBAGE',
      ],
      [
        'type 18',
        forge(DATA, (v) => {
          v.setUint16(10, 18, true);
        }),
        'PROTOCOL_GARBAGE',
      ],
      [
        'an unknown flag',
        forge(DATA, (v) => {
          v.setUint32(12, 2, true);
        }),
        'PROTOCOL_GARBAGE',
      ],
      [
        'the last flag on END',
        forge(end, (v) => {
          v.setUint32(12, 1, true);
        }),
        'PROTOCOL_GARBAGE',
      ],
      [
        'reserved bytes',
        forge(DATA, (v) => {
          v.setUint8(16, 1);
        }),
        'PROTOCOL_GARBAGE',
      ],
      [
        'reserved bytes before the checksum',
        forge(DATA, (v) => {
          v.setUint8(123, 1);
        }),
        'PROTOCOL_GARBAGE',
      ],
      [
        'an offset above 2^53 - 1',
        forge(DATA, (v) => {
          v.setBigUint64(72, 2n ** 53n, true);
        }),
        'PROTOCOL_GARBAGE',
      ],
      ['DATA of a byte more than fits', encode({ ...DATA, payloadBytes: LIMIT + 1 }), 'PROTOCOL_FRAME_TOO_LONG'],
      ['DATA of all that fits', encode({ ...DATA, payloadBytes: LIMIT }), 'accepted'],
      ['DATA of 4 GiB', encode({ ...DATA, payloadBytes: 0xffff_ffff }), 'PROTOCOL_FRAME_TOO_LONG'],
      ['a body of 64 KiB', encode({ ...end, payloadBytes: 65_536 }), 'accepted'],
      ['a body of a byte more', encode({ ...end, payloadBytes: 65_537 }), 'PROTOCOL_FRAME_TOO_LONG'],
      ['empty DATA', encode({ ...DATA, payloadBytes: 0, payloadCrc: 0 }), 'PROTOCOL_GARBAGE'],
      ['END without a body', encode({ ...end, payloadBytes: 0, payloadCrc: 0 }), 'PROTOCOL_GARBAGE'],
      ['CREDIT with a body', encode({ ...credit, payloadBytes: 3 }), 'PROTOCOL_GARBAGE'],
      ['a checksum of nothing', encode({ ...credit, payloadCrc: 1 }), 'PROTOCOL_GARBAGE'],
      ['a frame number in CREDIT', encode({ ...credit, frameNumber: 1 }), 'PROTOCOL_GARBAGE'],
      ['an offset in END', encode({ ...end, offset: 1 }), 'PROTOCOL_GARBAGE'],
      ['an offset in HEARTBEAT', encode({ ...credit, type: 'HEARTBEAT', offset: 1 }), 'PROTOCOL_GARBAGE'],
    ];
    for (const [what, bytes, code] of forgeries) expect(decode(bytes), what).to.equal(code);
  });

  it('tells garbage from its first wrong byte on', () => {
    const bytes = encode(DATA);
    for (let length = 1; length <= 8; length++) {
      expect(
        codeOf(() => {
          checkFrameStart(bytes.subarray(0, length));
        }),
      ).to.equal('accepted');
      const wrong = bytes.slice(0, length);
      wrong[length - 1] = 0x20;
      expect(
        codeOf(() => {
          checkFrameStart(wrong);
        }),
      ).to.equal('PROTOCOL_GARBAGE');
    }
  });
});
