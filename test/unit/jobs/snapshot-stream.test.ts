import { expect } from 'chai';
import { crc32c } from '../../../src/base/crc32c.js';
import { StorageError } from '../../../src/base/storage-error.js';
import { SnapshotStream } from '../../../src/jobs/snapshot-stream.js';
import type { RingSlot, SaveStream, SubmittedFrame } from '../../../src/transfer/save-stream.js';
import { BLOCK_HEADER_BYTES } from '../../../src/volume/block-header.js';
import { rejectionOf } from '../../support/inventory-samples.js';
import { ManualClock } from '../../support/manual-clock.js';
import { streamRecord } from '../../support/records.js';

const BLOCK_BYTES = BLOCK_HEADER_BYTES + 100;

/** A session that gives credit for so many blocks, and more only when it is told to. */
class NarrowStream implements SaveStream {
  readonly descriptor = streamRecord(1).descriptor;
  readonly frames: SubmittedFrame[] = [];
  text = '';
  ended: { readonly lengthBytes: number; readonly crc32c: number } | null = null;
  aborted = false;
  #credit: number;

  constructor(credit: number) {
    this.#credit = credit;
  }

  grant(blocks: number): void {
    this.#credit += blocks;
  }

  takeSlot(): RingSlot | null {
    if (this.#credit === 0) return null;
    this.#credit--;
    return { index: 0, bytes: new Uint8Array(BLOCK_BYTES) };
  }

  submit({ bytes }: RingSlot, frame: SubmittedFrame): void {
    const payload = bytes.subarray(BLOCK_HEADER_BYTES, BLOCK_HEADER_BYTES + frame.payloadBytes);
    expect(frame.payloadCrc).to.equal(crc32c(payload));
    this.text += Buffer.from(payload).toString('utf8');
    this.frames.push(frame);
  }

  returnSlot(): void {
    throw new Error('every slot is used');
  }

  end(total: { readonly lengthBytes: number; readonly crc32c: number }): void {
    this.ended = total;
  }

  abort(): void {
    this.aborted = true;
  }
}

async function* linesOf(count: number): AsyncGenerator<string> {
  for (let n = 0; n < count; n++) yield `line ${String(n)}\n`;
}

function made(limits: { readonly maxBytes?: number; readonly maxMs?: number } = {}): {
  readonly snapshot: SnapshotStream;
  readonly clock: ManualClock;
} {
  const clock = new ManualClock();
  return {
    clock,
    snapshot: new SnapshotStream({ clock, crc32c, blockSizeBytes: BLOCK_BYTES, maxBytes: 1e6, maxMs: 1000, ...limits }),
  };
}

const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a catalogue on its way to a volume', () => {
  it('goes no faster than its credit, and is told with its length and CRC', async () => {
    const { snapshot } = made();
    const stream = new NarrowStream(2);
    const done = snapshot.run(stream, linesOf(100));
    await turn();
    expect(stream.frames).to.have.length(2);
    while (stream.ended === null) {
      stream.grant(1);
      snapshot.credit();
      await turn();
    }
    let text = '';
    for await (const line of linesOf(100)) text += line;
    expect(stream.text).to.equal(text);
    expect(stream.ended).to.deep.equal({ lengthBytes: text.length, crc32c: crc32c(Buffer.from(text)) });
    expect(stream.frames.map(({ frameNumber }) => frameNumber)).to.deep.equal(stream.frames.map((_, n) => n));
    const saved = { ...stream.ended, volumes: [] };
    snapshot.saved(saved);
    expect(await done).to.deep.equal(saved);
  });

  it('is given up when it is longer than allowed, or takes longer', async () => {
    const long = new NarrowStream(1000);
    const error = await rejectionOf(made({ maxBytes: 500 }).snapshot.run(long, linesOf(1000)));
    expect(error).to.have.property('code', 'JOB_LIMIT');
    expect([long.aborted, long.ended]).to.deep.equal([true, null]);
    expect(long.frames.length).to.be.lessThan(8);

    const { snapshot, clock } = made();
    const slow = new NarrowStream(1);
    const done = rejectionOf(snapshot.run(slow, linesOf(1000)));
    await turn();
    await clock.advance(2000);
    slow.grant(1);
    snapshot.credit();
    expect(await done).to.have.property('code', 'JOB_LIMIT');
    expect(slow.aborted).to.equal(true);
  });

  it('ends with the session, whatever it waits for, and asks nothing of it any more', async () => {
    for (const credit of [0, 1, 1000]) {
      const { snapshot } = made();
      const stream = new NarrowStream(credit);
      const done = rejectionOf(snapshot.run(stream, linesOf(50)));
      await turn();
      snapshot.failed(new StorageError('MEDIUM_WRITE_ERROR', 'the medium failed'));
      expect(await done).to.have.property('code', 'MEDIUM_WRITE_ERROR');
      expect(stream.aborted).to.equal(false);
    }
  });
});
