import { expect } from 'chai';
import { crc32c } from '../../../src/base/crc32c.js';
import {
  BLOCK_HEADER_BYTES,
  BLOCK_SEAL,
  checkBlock,
  decodeBlockHeader,
  encodeBlockHeader,
  sealBlock,
  type UnsealedBlockHeader,
} from '../../../src/volume/block-header.js';
import { sessionId, streamId, VOLUME_ID } from '../../support/volume-samples.js';

const HEADER: UnsealedBlockHeader = {
  type: 'data',
  last: true,
  volumeId: VOLUME_ID,
  sessionId: sessionId(1),
  sequence: 812,
  streamId: streamId(1),
  offset: 2 ** 40 + 5,
  payloadBytes: 64,
  frameNumber: 17,
  timeMs: 1_700_000_000_123,
};

function makeBlock(header: Partial<UnsealedBlockHeader> = {}): Uint8Array {
  const whole = { ...HEADER, ...header };
  const block = new Uint8Array(BLOCK_HEADER_BYTES + whole.payloadBytes).map((_, i) => i);
  encodeBlockHeader(block, whole);
  sealBlock(block);
  return block;
}

/** Changes bytes of the header and makes its CRC right again: another program's block, not a damaged one. */
function rewrite(change: (view: DataView) => void): Uint8Array {
  const block = makeBlock();
  const view = new DataView(block.buffer);
  change(view);
  view.setUint32(124, crc32c(block.subarray(0, 124)), true);
  return block;
}

describe('the block header', () => {
  it('gives back what was laid', () => {
    const block = makeBlock();
    const payloadCrc = crc32c(block.subarray(BLOCK_HEADER_BYTES));
    expect(checkBlock(block)).to.deep.equal({ kind: 'good', header: { ...HEADER, payloadCrc } });
  });

  it('notices every single flipped bit, wherever it is in the block', () => {
    const block = makeBlock();
    for (let bit = 0; bit < block.length * 8; bit++) {
      const damaged = block.slice();
      damaged[bit >>> 3] = (damaged[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      const expected = bit < 64 ? 'not-a-block' : bit < 128 * 8 ? 'header-damaged' : 'payload-damaged';
      expect(checkBlock(damaged).kind, `bit ${String(bit)}`).to.equal(expected);
    }
  });

  it('leaves the payload CRC its sender gave, and the payload, as they are', () => {
    const slot = new Uint8Array(4096).fill(0xaa);
    encodeBlockHeader(slot, HEADER);
    expect([...slot.subarray(88, 92)]).to.deep.equal([0xaa, 0xaa, 0xaa, 0xaa]);
    expect(slot.subarray(128).every((byte) => byte === 0xaa)).to.equal(true);
  });

  it('lays every byte between, so that nothing of the frame header before it is left', () => {
    const [first, second] = [0x00, 0xff].map((fill) => {
      const slot = new Uint8Array(192).fill(fill);
      encodeBlockHeader(slot, HEADER);
      sealBlock(slot.fill(0, 128));
      return slot;
    });
    expect(first).to.deep.equal(second);
  });

  it('is sealed where the drive thread is told to seal', () => {
    const block = makeBlock();
    const view = new DataView(block.buffer);
    expect(block.subarray(0, BLOCK_SEAL.magic.length)).to.deep.equal(BLOCK_SEAL.magic);
    expect(view.getUint32(BLOCK_SEAL.payloadLengthOffset, true)).to.equal(64);
    expect(view.getUint32(BLOCK_SEAL.payloadCrcOffset, true)).to.equal(crc32c(block.subarray(BLOCK_SEAL.headerBytes)));
    expect(view.getUint32(BLOCK_SEAL.headerCrcOffset, true)).to.equal(
      crc32c(block.subarray(0, BLOCK_SEAL.headerCrcOffset)),
    );
  });

  it('is no block when it is shorter than a header', () => {
    expect(decodeBlockHeader(makeBlock().subarray(0, 127)).kind).to.equal('not-a-block');
    expect(decodeBlockHeader(new Uint8Array(0)).kind).to.equal('not-a-block');
  });

  it('does not agree with a block that lost its end or grew one', () => {
    const block = makeBlock();
    expect(decodeBlockHeader(block.subarray(0, block.length - 1)).kind).to.equal('length-mismatch');
    expect(decodeBlockHeader(new Uint8Array([...block, 0])).kind).to.equal('length-mismatch');
  });

  const later: readonly [string, (view: DataView) => void][] = [
    [
      'version',
      (view) => {
        view.setUint16(8, 2, true);
      },
    ],
    [
      'type',
      (view) => {
        view.setUint16(10, 7, true);
      },
    ],
    [
      'type 0',
      (view) => {
        view.setUint16(10, 0, true);
      },
    ],
    [
      'flag',
      (view) => {
        view.setUint32(12, 3, true);
      },
    ],
    [
      'use of a reserved field',
      (view) => {
        view.setUint32(92, 1, true);
      },
    ],
    [
      'use of the reserved end',
      (view) => {
        view.setUint8(123, 1);
      },
    ],
    [
      'sequence above 2^53',
      (view) => {
        view.setBigUint64(48, 2n ** 60n, true);
      },
    ],
    [
      'data block without a stream',
      (view) => {
        for (let i = 56; i < 72; i++) view.setUint8(i, 0);
      },
    ],
    [
      'index block with a stream',
      (view) => {
        view.setUint16(10, 5, true);
        view.setUint32(12, 0, true);
      },
    ],
    [
      'last index block',
      (view) => {
        view.setUint16(10, 5, true);
      },
    ],
  ];
  for (const [what, change] of later)
    it(`refuses a whole header with an unknown ${what} as another version's`, () => {
      expect(decodeBlockHeader(rewrite(change)).kind).to.equal('unsupported-version');
    });

  it('is never laid for a block that would not fit, or with a stream where none belongs', () => {
    const slot = new Uint8Array(256);
    expect(() => {
      encodeBlockHeader(slot, { ...HEADER, payloadBytes: 129 });
    }).to.throw('fits');
    expect(() => {
      encodeBlockHeader(slot, { ...HEADER, streamId: null });
    }).to.throw('stream');
    expect(() => {
      encodeBlockHeader(slot, { ...HEADER, type: 'index', last: false });
    }).to.throw('stream');
    expect(() => {
      encodeBlockHeader(slot, { ...HEADER, type: 'stream-end' });
    }).to.throw('last');
  });
});
