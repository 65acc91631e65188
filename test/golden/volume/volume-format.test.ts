import { expect } from 'chai';
import { encodeVol1 } from '../../../src/volume/ansi-label.js';
import { checkBlock, encodeBlockHeader, sealBlock } from '../../../src/volume/block-header.js';
import { encodeIndex } from '../../../src/volume/index-document.js';
import { encodeStreamEnd, encodeStreamStart } from '../../../src/volume/stream-documents.js';
import { encodeVolumeEnd } from '../../../src/volume/volume-end-document.js';
import {
  BARCODE,
  descriptor,
  LABEL,
  makeVolume,
  OTHER_VOLUME_ID,
  sessionId,
  streamId,
  VOLUME_ID,
} from '../../support/volume-samples.js';

// The expected bytes were made from docs/VOLUME-FORMAT.md by another program than this one. When a test here fails, volumes
// that exist can no longer be read: the format needs a new version.

/** A data block: last of its stream, sequence 812, offset 0x123456789a, frame 17, payload `woven`. */
const DATA_BLOCK = [
  '544150454c4f4f4d01000200010000000192f000000070008000000000000001',
  '0192f0000000700080000000000001012c030000000000000192f00000007000',
  '80000000000002019a785634120000000500000011000000a356204a00000000',
  '7b68e5cf8b0100000000000000000000000000000000000000000000356efb84',
  '776f76656e',
].join('');

/** The first 128 bytes of the LABEL block. */
const LABEL_HEADER = [
  '544150454c4f4f4d01000100000000000192f000000070008000000000000001',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '00000000000000000000000000000000800f00000000000099f3e11c00000000',
  '0068e5cf8b0100000000000000000000000000000000000000000000b6dd01a7',
].join('');

const LABEL_TEXT =
  '{"format":1,"volumeId":"0192f000-0000-7000-8000-000000000001","barcode":"TPL001L9","pool":"daily","createdMs":1700000000000,"blockSize":1048576,"labelCount":1,"node":"node-a","software":"tapeloom 0.1.0"}';

const INDEX_TEXT =
  '{"format":1,"part":0,"parts":1,"volumeId":"0192f000-0000-7000-8000-000000000001","sessionId":"0192f000-0000-7000-8000-000000000101","timeMs":1700000123456,"fromSequence":1,"toSequence":3,"previous":null,"streams":[{"streamId":"0192f000-0000-7000-8000-000000000202","client":"client-2","name":"home/2","pool":"daily","level":"full","basedOn":null,"timeMs":1700000000002,"retentionEndMs":1800000000000,"attributes":{"file-system":"/home","note":"größe"},"continuesAt":0,"state":"open","length":100,"crc32c":51966}],"extents":[[0,4,2,1,0,100]]}';

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

describe('the volume format, version 1', () => {
  it('has this data block', () => {
    const block = new Uint8Array(133);
    block.set(Buffer.from('woven'), 128);
    encodeBlockHeader(block, {
      type: 'data',
      last: true,
      volumeId: VOLUME_ID,
      sessionId: sessionId(1),
      sequence: 812,
      streamId: streamId(1),
      offset: 0x12_3456_789a,
      payloadBytes: 5,
      frameNumber: 17,
      timeMs: 1_700_000_000_123,
    });
    sealBlock(block);
    expect(Buffer.from(block).toString('hex')).to.equal(DATA_BLOCK);
    expect(checkBlock(Buffer.from(DATA_BLOCK, 'hex')).kind).to.equal('good');
  });

  it('has this VOL1 block', () => {
    expect(text(encodeVol1(BARCODE))).to.equal(`VOL1TPL001${' '.repeat(14)}TAPELOOM     ${' '.repeat(42)}4`);
  });

  it('begins with VOL1, LABEL and a filemark', async () => {
    const { medium } = await makeVolume();
    expect(medium.objects.map(({ kind }) => kind)).to.deep.equal(['block', 'block', 'filemark']);
    expect(medium.blockAt(0)).to.deep.equal(encodeVol1(BARCODE));
    const label = medium.blockAt(1);
    expect(label.length).to.equal(4096);
    expect(Buffer.from(label.subarray(0, 128)).toString('hex')).to.equal(LABEL_HEADER);
    expect(text(label.subarray(128))).to.equal(LABEL_TEXT.padEnd(3968));
    expect(LABEL.barcode).to.equal(BARCODE);
  });

  it('has this index', () => {
    const stream = {
      descriptor: descriptor(2),
      continuesAt: 0,
      state: 'open',
      lengthBytes: 100,
      crc32c: 0xcafe,
    } as const;
    const [payload, ...more] = encodeIndex(
      {
        volumeId: VOLUME_ID,
        sessionId: sessionId(1),
        timeMs: 1_700_000_123_456,
        fromSequence: 1,
        toSequence: 3,
        previous: null,
        entries: [{ stream, extents: [{ blockAddress: 4, sequence: 2, blocks: 1, offset: 0, bytes: 100 }] }],
      },
      4096,
    );
    expect(more).to.deep.equal([]);
    expect(text(payload ?? new Uint8Array())).to.equal(INDEX_TEXT);
  });

  it('has these other documents', () => {
    expect(text(encodeStreamStart({ descriptor: descriptor(2), continuesAt: 7 }))).to.equal(
      '{"streamId":"0192f000-0000-7000-8000-000000000202","client":"client-2","name":"home/2","pool":"daily","level":"full",' +
        '"basedOn":null,"timeMs":1700000000002,"retentionEndMs":1800000000000,"attributes":{"file-system":"/home","note":"größe"},"continuesAt":7}',
    );
    expect(text(encodeStreamEnd({ streamId: streamId(2), lengthBytes: 100, crc32c: 0xcafe, frames: 3 }))).to.equal(
      '{"streamId":"0192f000-0000-7000-8000-000000000202","length":100,"crc32c":51966,"frames":3}',
    );
    const end = {
      volumeId: VOLUME_ID,
      timeMs: 5,
      lastIndex: 9,
      blocks: 4,
      bytes: 400,
      reason: 'full',
      nextVolume: OTHER_VOLUME_ID,
    } as const;
    expect(text(encodeVolumeEnd(end))).to.equal(
      '{"format":1,"volumeId":"0192f000-0000-7000-8000-000000000001","timeMs":5,"lastIndex":9,"blocks":4,"bytes":400,"reason":"full",' +
        '"nextVolume":"0192f000-0000-7000-8000-000000000002"}',
    );
  });
});
