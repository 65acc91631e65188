import { expect } from 'chai';
import fc from 'fast-check';
import { isStorageError } from '../../../src/base/storage-error.js';
import { encodeHeartbeat, FRAME_HEADER_BYTES, type FrameHeader } from '../../../src/protocol/frame.js';
import { encodeMessage } from '../../../src/protocol/messages.js';
import { FrameReceiver, type DataLane } from '../../../src/server/frame-receiver.js';
import type { RingSlot } from '../../../src/transfer/save-stream.js';
import { BLOCK_BYTES, dataFrame, PAYLOAD_LIMIT } from '../../support/door-fixture.js';
import { WatchedSlots } from '../../support/fake-stream-service.js';
import { patternedBytes } from '../../support/patterned-bytes.js';

/** A receiver with a lane, and what came out of it. */
class Bench implements DataLane {
  readonly slots = new WatchedSlots(BLOCK_BYTES);
  readonly events: string[] = [];
  readonly payloads: Buffer[] = [];
  readonly receiver: FrameReceiver;
  credit: number;
  onControl: (header: FrameHeader) => void = () => undefined;
  #taken = 0;

  constructor(credit: number) {
    this.credit = credit;
    this.receiver = new FrameReceiver({
      blockSizeBytes: BLOCK_BYTES,
      onControl: (header) => {
        this.events.push(header.type);
        this.onControl(header);
      },
    });
  }

  accept(): void {
    // Order is the conversation's business.
  }
  takeSlot(): RingSlot | null {
    if (this.#taken >= this.credit) return null;
    this.#taken++;
    return this.slots.take();
  }
  submit(slot: RingSlot, { payloadBytes }: FrameHeader): void {
    this.payloads.push(Buffer.from(slot.bytes.slice(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + payloadBytes)));
    this.events.push(`DATA ${String(payloadBytes)}`);
    this.slots.give(slot);
  }
  returnSlot(slot: RingSlot): void {
    this.slots.give(slot);
  }

  /** As the kernel would: into the lent memory, as much as fits; then other memory is asked for. */
  read(bytes: Uint8Array, atMost = Infinity): void {
    for (let at = 0; at < bytes.length;) {
      const count = Math.min(this.#lent.length, bytes.length - at, atMost);
      this.#lent.set(bytes.subarray(at, at + count));
      at += count;
      this.receiver.received(count);
      this.#lent = this.receiver.nextBuffer();
    }
  }

  begin(): this {
    this.#lent = this.receiver.nextBuffer();
    return this;
  }

  get lent(): Uint8Array {
    return this.#lent;
  }

  #lent: Uint8Array = new Uint8Array(0);
}

function frames(sizes: readonly number[]): { readonly frames: Uint8Array[]; readonly payloads: Buffer[] } {
  let offset = 0;
  const payloads = sizes.map((size, i) => patternedBytes(i + 1, size));
  return {
    payloads,
    frames: payloads.map((payload, i) => {
      const frame = dataFrame(i, offset, payload);
      offset += payload.length;
      return frame;
    }),
  };
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isStorageError(error)) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('frame receiver', () => {
  it('has a full frame read into its slot to the last byte, so that frame and block are one image', () => {
    const bench = new Bench(3).begin();
    bench.receiver.openLane(bench);
    bench.read(encodeHeartbeat());
    const { frames: sent } = frames([PAYLOAD_LIMIT, PAYLOAD_LIMIT]);
    for (const frame of sent) {
      const { lent } = bench;
      expect(lent.length, 'the whole slot is offered').to.equal(BLOCK_BYTES);
      expect(lent.buffer).to.be.instanceOf(SharedArrayBuffer);
      lent.set(frame);
      bench.receiver.received(frame.length);
      bench.begin();
    }
    expect(bench.events).to.deep.equal(['HEARTBEAT', `DATA ${String(PAYLOAD_LIMIT)}`, `DATA ${String(PAYLOAD_LIMIT)}`]);
  });

  it('gives every frame once, in order and whole, however the bytes are cut, with control frames between, read or fed', () => {
    const sizes = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constantFrom(PAYLOAD_LIMIT, PAYLOAD_LIMIT - 1, 1)),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    const atMost = fc.constantFrom(1, 127, 128, 129, 1000, 65_536, 400_000);
    fc.assert(
      fc.property(sizes, atMost, fc.infiniteStream(fc.nat(3)), fc.boolean(), (given, most, heartbeats, fed) => {
        fc.pre(most > 1 || given.every((size) => size <= 3000));
        const bench = new Bench(given.length).begin();
        bench.receiver.openLane(bench);
        const { frames: sent, payloads } = frames(given);
        const events: string[] = [];
        const parts: Uint8Array[] = [];
        sent.forEach((frame, i) => {
          const count = heartbeats.next().value as number;
          for (let n = 0; n < count; n++) parts.push(encodeHeartbeat());
          parts.push(frame);
          events.push(...Array.from({ length: count }, () => 'HEARTBEAT'), `DATA ${String(given[i])}`);
        });
        const bytes = Buffer.concat(parts);
        if (fed) for (let at = 0; at < bytes.length; at += most) bench.receiver.feed(bytes.subarray(at, at + most));
        else bench.read(bytes, most);
        expect(bench.events).to.deep.equal(events);
        expect(Buffer.concat(bench.payloads).equals(Buffer.concat(payloads))).to.equal(true);
        bench.receiver.discard();
        bench.receiver.unlend();
        expect(bench.slots.lent).to.equal(0);
        bench.slots.check();
      }),
      { numRuns: 60 },
    );
  });

  it('refuses DATA beyond the credit, and takes it when credit came before it', () => {
    const { frames: sent, payloads } = frames([10, 20, 30]);
    const [first, second, third] = sent as [Uint8Array, Uint8Array, Uint8Array];
    const bench = new Bench(1).begin();
    bench.receiver.openLane(bench);
    bench.read(first);
    bench.credit = 2;
    bench.read(second);
    expect(bench.payloads.map((payload) => payload.length)).to.deep.equal([10, 20]);
    expect(bench.payloads[1]?.equals(payloads[1] as Buffer)).to.equal(true);
    expect(
      codeOf(() => {
        bench.read(third);
      }),
    ).to.equal('PROTOCOL_CREDIT_EXCEEDED');
  });

  it('refuses a frame beyond the credit that comes in one read with the last one within it', () => {
    const bench = new Bench(1).begin();
    bench.receiver.openLane(bench);
    const { frames: sent } = frames([10, 90_000]);
    expect(
      codeOf(() => {
        bench.read(Buffer.concat(sent));
      }),
    ).to.equal('PROTOCOL_CREDIT_EXCEEDED');
    expect(bench.events, 'what was within it counts').to.deep.equal(['DATA 10']);
  });

  it('takes the longest control frame where there is no credit, and small ones behind it', () => {
    const bench = new Bench(0).begin();
    const long = encodeMessage('WAITING', { reason: '', message: 'x'.repeat(65_000) });
    for (const most of [1000, 1_000_000]) bench.read(Buffer.concat([encodeHeartbeat(), long, encodeHeartbeat()]), most);
    expect(bench.events).to.deep.equal(['HEARTBEAT', 'WAITING', 'HEARTBEAT', 'HEARTBEAT', 'WAITING', 'HEARTBEAT']);
    expect(bench.lent.length, 'and is small again').to.be.at.most(4096);
  });

  it('refuses DATA where no stream is open', () => {
    const bench = new Bench(5).begin();
    expect(
      codeOf(() => {
        bench.read(dataFrame(0, 0, Buffer.from('x')));
      }),
    ).to.equal('PROTOCOL_OUT_OF_ORDER');
  });

  it('looks at nothing while it waits, and then at everything', () => {
    const bench = new Bench(5).begin();
    bench.onControl = () => {
      if (bench.events.length === 1) bench.receiver.wait();
    };
    const { frames: sent } = frames([5000, 6]);
    bench.read(Buffer.concat([encodeHeartbeat(), encodeHeartbeat(), ...sent]));
    expect(bench.events).to.deep.equal(['HEARTBEAT']);
    bench.receiver.openLane(bench);
    bench.receiver.goOn();
    expect(bench.events).to.deep.equal(['HEARTBEAT', 'HEARTBEAT', 'DATA 5000', 'DATA 6']);
    // The memory in the socket's hands is where bytes were due before the frames moved.
    bench.read(dataFrame(2, 5006, Buffer.from('behind')));
    expect(bench.payloads[2]?.toString()).to.equal('behind');
  });

  it('gives a slot that is lent to the socket back only when the socket has other memory', () => {
    const bench = new Bench(2).begin();
    bench.receiver.openLane(bench);
    bench.read(encodeHeartbeat());
    expect(bench.slots.lent).to.equal(1);
    const { lent } = bench;
    bench.receiver.discard();
    expect(bench.slots.lent, 'the kernel may still write to it').to.equal(1);
    lent.fill(0x11);
    bench.receiver.received(1000);
    expect(bench.slots.lent).to.equal(1);
    expect(bench.receiver.nextBuffer().buffer).not.to.equal(lent.buffer);
    expect(bench.slots.lent).to.equal(0);
    bench.slots.check();
  });

  it('gives a lent slot back when the socket is closed', () => {
    const bench = new Bench(2).begin();
    bench.receiver.openLane(bench);
    bench.read(encodeHeartbeat());
    bench.receiver.discard();
    bench.receiver.unlend();
    expect(bench.slots.lent).to.equal(0);
  });

  it('keeps what came behind the last DATA when the lane is closed', () => {
    const bench = new Bench(3).begin();
    bench.receiver.openLane(bench);
    bench.onControl = ({ type }) => {
      if (type === 'END') bench.receiver.closeLane();
    };
    const { frames: sent } = frames([100]);
    bench.read(Buffer.concat([...sent, encodeMessage('END', { length: 100, crc32c: 1 }), encodeHeartbeat()]));
    expect(bench.events).to.deep.equal(['DATA 100', 'END', 'HEARTBEAT']);
    expect(bench.slots.lent).to.equal(0);
  });

  it('tells garbage at its first byte, in a slot as in the stash', () => {
    for (const credit of [0, 2]) {
      const bench = new Bench(credit).begin();
      bench.receiver.openLane(bench);
      bench.read(encodeHeartbeat());
      expect(
        codeOf(() => {
          bench.read(Buffer.from('G'));
        }),
      ).to.equal('PROTOCOL_GARBAGE');
    }
  });
});
