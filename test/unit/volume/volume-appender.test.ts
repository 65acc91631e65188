import { expect } from 'chai';
import { crc32c } from '../../../src/base/crc32c.js';
import { isStorageError } from '../../../src/base/storage-error.js';
import type { TapePosition } from '../../../src/drive/tape-drive.js';
import { checkBlock, type BlockHeader } from '../../../src/volume/block-header.js';
import { decodeIndexPart } from '../../../src/volume/index-document.js';
import { FIRST_END_OF_DATA } from '../../../src/volume/label-io.js';
import { decodeStreamEnd, decodeStreamStart } from '../../../src/volume/stream-documents.js';
import { decodeVolumeEnd } from '../../../src/volume/volume-end-document.js';
import { VolumeAppender } from '../../../src/volume/volume-appender.js';
import {
  BARCODE,
  descriptor,
  fixedClock,
  OTHER_VOLUME_ID,
  sessionId,
  SLOT_BYTES,
  streamId,
  VOLUME_ID,
} from '../../support/volume-samples.js';

const STREAM = streamId(0);

function makeAppender(endOfData = FIRST_END_OF_DATA): VolumeAppender {
  return new VolumeAppender({
    volumeId: VOLUME_ID,
    barcode: BARCODE,
    sessionId: sessionId(1),
    blockSizeBytes: SLOT_BYTES,
    endOfData,
    written: { blocks: 10, bytes: 1000 },
    clock: fixedClock,
  });
}

function makeSlot(): Uint8Array {
  return new Uint8Array(SLOT_BYTES);
}

function headerOf(slot: Uint8Array, lengthBytes: number): BlockHeader {
  const decoded = checkBlock(slot.subarray(0, lengthBytes));
  if (decoded.kind !== 'good') throw new Error(decoded.kind);
  return decoded.header;
}

function position(blockAddress: number, blocksInBuffer: number | null = 0): TapePosition {
  return { blockAddress, fileNumber: 2, beginningOfMedium: false, earlyWarning: false, blocksInBuffer };
}

/** Lays `count` data blocks of 100 bytes from frame `from` on; returns the sequence numbers they got. */
function layData(appender: VolumeAppender, from: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => {
    const slot = makeSlot();
    const frameNumber = from + i;
    appender.layDataHeader(slot, {
      streamId: STREAM,
      offset: frameNumber * 100,
      frameNumber,
      payloadBytes: 100,
      last: false,
    });
    return Number(new DataView(slot.buffer).getBigUint64(48, true));
  });
}

function standing(lengthBytes: number, state: 'open' | 'complete' | 'aborted' = 'open') {
  return { streamId: STREAM, state, lengthBytes, crc32c: 5 };
}

function startedAppender(): VolumeAppender {
  const appender = makeAppender();
  appender.layStreamStart(makeSlot(), descriptor(0), 0);
  appender.noteWritten(1);
  return appender;
}

function writeIndex(appender: VolumeAppender, lengthBytes: number, state: 'open' | 'complete' = 'open'): void {
  const parts = appender.buildIndex([standing(lengthBytes, state)]);
  for (let part = 0; part < parts; part++) appender.layIndexPart(makeSlot(), part);
  appender.noteWritten(parts);
}

describe('a volume that is being written', () => {
  it('numbers its blocks without a gap, from the end of data on', () => {
    const appender = makeAppender({ blockAddress: 50, sequence: 40, lastIndex: 45 });
    const slot = makeSlot();
    const lengthBytes = appender.layStreamStart(slot, descriptor(0), 0);
    expect(headerOf(slot, lengthBytes)).to.include({ sequence: 40, type: 'stream-start', streamId: STREAM });
    expect(layData(appender, 0, 3)).to.deep.equal([41, 42, 43]);
  });

  it('keeps payload and CRC of a data block as the sender made them', () => {
    const appender = startedAppender();
    const slot = makeSlot().fill(0x5a);
    new DataView(slot.buffer).setUint32(88, crc32c(slot.subarray(128, 228)), true);
    const lengthBytes = appender.layDataHeader(slot, {
      streamId: STREAM,
      offset: 0,
      frameNumber: 0,
      payloadBytes: 100,
      last: true,
    });
    // What the drive's thread does.
    new DataView(slot.buffer).setUint32(124, crc32c(slot.subarray(0, 124)), true);
    expect(headerOf(slot, lengthBytes)).to.include({
      type: 'data',
      last: true,
      volumeId: VOLUME_ID,
      sessionId: sessionId(1),
      payloadBytes: 100,
    });
  });

  it('takes back what was laid and not written, and numbers it anew', () => {
    const appender = startedAppender();
    expect(layData(appender, 0, 5)).to.deep.equal([2, 3, 4, 5, 6]);
    appender.noteWritten(2);
    expect(appender.laidBlocks).to.equal(3);
    expect(appender.rollback()).to.equal(3);
    expect(appender.laidBlocks).to.equal(0);
    expect(layData(appender, 2, 3)).to.deep.equal([4, 5, 6]);
    appender.noteWritten(3);
    expect(appender.blockAddress).to.equal(9);
    expect(appender.sinceCheckpoint).to.deep.equal({ blocks: 5, bytes: 500 });
  });

  it('forgets a STREAM-START that was taken back, so that it is laid again', () => {
    const appender = makeAppender();
    appender.layStreamStart(makeSlot(), descriptor(0), 0);
    appender.rollback();
    expect(() => layData(appender, 0, 1)).to.throw('STREAM-START');
    appender.layStreamStart(makeSlot(), descriptor(0), 0);
    expect(layData(appender, 0, 1)).to.deep.equal([2]);
  });

  it('merges neighbours of one stream into an extent and nothing else', () => {
    const appender = startedAppender();
    layData(appender, 0, 3);
    appender.layStreamStart(makeSlot(), descriptor(1), 0);
    layData(appender, 3, 2);
    appender.noteWritten(6);
    appender.buildIndex([standing(500), { ...standing(0), streamId: streamId(1) }]);
    appender.layIndexPart(makeSlot(), 0);
    appender.noteWritten(1);
    appender.noteFilemark();
    const { extents } = appender.checkpointDone(position(appender.blockAddress));
    expect([...extents]).to.deep.equal([
      [
        STREAM,
        [
          { blockAddress: 4, sequence: 2, blocks: 3, offset: 0, bytes: 300 },
          { blockAddress: 8, sequence: 6, blocks: 2, offset: 300, bytes: 200 },
        ],
      ],
    ]);
  });

  it('tells at a checkpoint what came since the one before, and chains the indexes', () => {
    const appender = startedAppender();
    layData(appender, 0, 2);
    appender.noteWritten(2);
    writeIndex(appender, 200);
    appender.noteFilemark();
    const first = appender.checkpointDone(position(8));
    expect(first).to.deep.include({
      endOfData: { blockAddress: 8, sequence: 5, lastIndex: 6 },
      blocks: 2,
      bytes: 200,
      closed: null,
    });

    layData(appender, 2, 1);
    appender.noteWritten(1);
    appender.buildIndex([standing(300)]);
    const slot = makeSlot();
    const lengthBytes = appender.layIndexPart(slot, 0);
    const decoded = decodeIndexPart(slot.subarray(128, lengthBytes));
    expect(decoded.kind === 'good' && decoded.document).to.deep.include({
      previous: 6,
      fromSequence: 5,
      toSequence: 6,
      part: 0,
      parts: 1,
    });
    appender.noteWritten(1);
    appender.noteFilemark();
    const second = appender.checkpointDone(position(11));
    expect(second.endOfData).to.deep.equal({ blockAddress: 11, sequence: 7, lastIndex: 9 });
    expect([...second.extents.values()]).to.deep.equal([
      [{ blockAddress: 8, sequence: 5, blocks: 1, offset: 200, bytes: 100 }],
    ]);
  });

  it('describes the stream in STREAM-START and STREAM-END', () => {
    const appender = makeAppender();
    const slot = makeSlot();
    let lengthBytes = appender.layStreamStart(slot, descriptor(0), 4000);
    expect(decodeStreamStart(slot.subarray(128, lengthBytes))).to.deep.equal({
      kind: 'good',
      document: { descriptor: descriptor(0), continuesAt: 4000 },
    });
    appender.layDataHeader(makeSlot(), {
      streamId: STREAM,
      offset: 4000,
      frameNumber: 40,
      payloadBytes: 7,
      last: true,
    });
    const end = { streamId: STREAM, lengthBytes: 4007, crc32c: 99, frames: 41 };
    lengthBytes = appender.layStreamEnd(slot, end);
    expect(headerOf(slot, lengthBytes)).to.include({ type: 'stream-end', offset: 4007, frameNumber: 0 });
    expect(decodeStreamEnd(slot.subarray(128, lengthBytes))).to.deep.equal({ kind: 'good', document: end });
  });

  it('ends with a VOLUME-END that names the last index and counts the whole volume', () => {
    const appender = startedAppender();
    layData(appender, 0, 2);
    appender.noteWritten(2);
    writeIndex(appender, 200);
    appender.noteFilemark();
    const slot = makeSlot();
    const lengthBytes = appender.layVolumeEnd(slot, { reason: 'full', nextVolume: OTHER_VOLUME_ID });
    expect(decodeVolumeEnd(slot.subarray(128, lengthBytes))).to.deep.equal({
      kind: 'good',
      document: {
        volumeId: VOLUME_ID,
        timeMs: fixedClock.wallMs(),
        lastIndex: 6,
        blocks: 12,
        bytes: 1200,
        reason: 'full',
        nextVolume: OTHER_VOLUME_ID,
      },
    });
    appender.noteWritten(1);
    appender.noteFilemark();
    expect(appender.checkpointDone(position(10))).to.deep.include({
      closed: 'full',
      endOfData: { blockAddress: 10, sequence: 6, lastIndex: 6 },
    });
    expect(() => appender.layStreamStart(makeSlot(), descriptor(1), 0)).to.throw('closed');
  });

  it('can be closed after its last checkpoint was committed', () => {
    const appender = startedAppender();
    writeIndex(appender, 0);
    appender.noteFilemark();
    appender.checkpointDone(position(6));
    appender.layVolumeEnd(makeSlot(), { reason: 'closed', nextVolume: null });
    appender.noteWritten(1);
    appender.noteFilemark();
    expect(appender.checkpointDone(position(8))).to.deep.include({ closed: 'closed', blocks: 0 });
  });

  for (const [what, reported] of [
    ['one object short', position(7)],
    ['one object too far', position(9)],
    ['with blocks in its buffer', position(8, 1)],
  ] as const)
    it(`does not believe in a checkpoint when the drive is ${what}`, () => {
      const appender = startedAppender();
      layData(appender, 0, 2);
      appender.noteWritten(2);
      writeIndex(appender, 200);
      appender.noteFilemark();
      expect(() => appender.checkpointDone(reported))
        .to.throw()
        .that.satisfies((error: unknown) => isStorageError(error, 'DRIVE_POSITION_LOST'));
    });

  it('believes a drive that cannot tell what is in its buffer', () => {
    const appender = startedAppender();
    writeIndex(appender, 0);
    appender.noteFilemark();
    expect(appender.checkpointDone(position(6, null)).endOfData.blockAddress).to.equal(6);
  });

  it('leaves streams out of the index that are not on this volume', () => {
    const appender = startedAppender();
    expect(appender.buildIndex([standing(0), { ...standing(0), streamId: streamId(1) }])).to.equal(1);
    const slot = makeSlot();
    const decoded = decodeIndexPart(slot.subarray(128, appender.layIndexPart(slot, 0)));
    expect(decoded.kind === 'good' && decoded.document.entries.length).to.equal(1);
  });

  it('splits an index that is longer than a block', () => {
    const appender = makeAppender();
    const streams = Array.from({ length: 40 }, (_, i) => i);
    for (const stream of streams) {
      appender.layStreamStart(makeSlot(), descriptor(stream), 0);
      appender.noteWritten(1);
    }
    const parts = appender.buildIndex(streams.map((stream) => ({ ...standing(0), streamId: streamId(stream) })));
    expect(parts).to.be.greaterThan(2);
    const addresses = Array.from({ length: parts }, (_, part) => {
      const slot = makeSlot();
      const { header, address } = {
        header: headerOf(slot, appender.layIndexPart(slot, part)),
        address: appender.blockAddress,
      };
      appender.noteWritten(1);
      return [header.sequence, address];
    });
    expect(addresses).to.deep.equal(Array.from({ length: parts }, (_, i) => [41 + i, 43 + i]));
  });

  describe('refuses, as a mistake of the caller,', () => {
    const mistakes: readonly [string, () => unknown][] = [
      ['a data block of a stream that was not started', () => layData(makeAppender(), 0, 1)],
      ['a second start of a stream', () => startedAppender().layStreamStart(makeSlot(), descriptor(0), 0)],
      ['a gap in a stream', () => layData(startedAppender(), 1, 1)],
      [
        'a gap in the frames of a stream',
        () => {
          const appender = startedAppender();
          layData(appender, 0, 1);
          const block = { streamId: STREAM, offset: 100, frameNumber: 2, payloadBytes: 1, last: false };
          appender.layDataHeader(makeSlot(), block);
        },
      ],
      [
        'a data block behind the end of its stream',
        () => {
          const appender = startedAppender();
          appender.layStreamEnd(makeSlot(), { streamId: STREAM, lengthBytes: 0, crc32c: 0, frames: 0 });
          layData(appender, 0, 1);
        },
      ],
      [
        'an end that is not where the stream ends',
        () => startedAppender().layStreamEnd(makeSlot(), { streamId: STREAM, lengthBytes: 1, crc32c: 0, frames: 0 }),
      ],
      [
        'a block longer than the label says',
        () => {
          const block = { streamId: STREAM, offset: 0, frameNumber: 0, payloadBytes: SLOT_BYTES - 127, last: false };
          startedAppender().layDataHeader(new Uint8Array(2 * SLOT_BYTES), block);
        },
      ],
      [
        'an index over blocks that may not be written',
        () => {
          const appender = startedAppender();
          layData(appender, 0, 1);
          appender.buildIndex([standing(100)]);
        },
      ],
      [
        'an index without a stream that has new blocks',
        () => {
          const appender = startedAppender();
          layData(appender, 0, 1);
          appender.noteWritten(1);
          appender.buildIndex([]);
        },
      ],
      [
        'more written blocks than were laid',
        () => {
          startedAppender().noteWritten(1);
        },
      ],
      [
        'a checkpoint without an index',
        () => {
          const appender = startedAppender();
          appender.noteFilemark();
          appender.checkpointDone(position(5));
        },
      ],
      [
        'a checkpoint without a filemark',
        () => {
          const appender = startedAppender();
          writeIndex(appender, 0);
          appender.checkpointDone(position(5));
        },
      ],
      [
        'a VOLUME-END in front of what no index describes',
        () => {
          const appender = startedAppender();
          layData(appender, 0, 1);
          appender.noteWritten(1);
          appender.noteFilemark();
          appender.layVolumeEnd(makeSlot(), { reason: 'full', nextVolume: null });
        },
      ],
      [
        'the parts of an index out of order',
        () => {
          const appender = startedAppender();
          appender.buildIndex([standing(0)]);
          appender.layIndexPart(makeSlot(), 1);
        },
      ],
    ];
    for (const [what, mistake] of mistakes)
      it(what, () => {
        expect(mistake).to.throw('assertion failed');
      });
  });
});
