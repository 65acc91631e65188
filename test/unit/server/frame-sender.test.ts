import { Writable } from 'node:stream';
import { expect } from 'chai';
import { FrameAssembler } from '../../../src/protocol/frame-assembler.js';
import type { FrameHeader } from '../../../src/protocol/frame.js';
import { FrameSender } from '../../../src/server/frame-sender.js';

/** A peer that takes nothing until `drain`. */
function stuckPeer(): {
  sender: FrameSender;
  socket: Writable;
  frames: FrameHeader[];
  drain: () => void;
  sent: () => number;
} {
  const frames: FrameHeader[] = [];
  const assembler = new FrameAssembler((header) => frames.push(header));
  assembler.blockSizeBytes = 4096;
  const held: (() => void)[] = [];
  let stuck = true;
  let sent = 0;
  const socket = new Writable({
    highWaterMark: 1024,
    write: (chunk: Uint8Array, _encoding, done) => {
      assembler.feed(chunk);
      if (stuck) held.push(done);
      else done();
    },
  });
  const sender = new FrameSender(socket, () => sent++);
  const drain = (): void => {
    stuck = false;
    for (const done of held) done();
  };
  return { sender, socket, frames, drain, sent: () => sent };
}

describe('frame sender', () => {
  it('holds a bounded number of bytes for a peer that does not read, and then tells it the latest', async () => {
    const { sender, socket, frames, drain } = stuckPeer();
    for (let i = 1; i <= 10_000; i++) {
      sender.number('CREDIT', i);
      sender.number('DURABLE', i * 100);
      sender.waiting('mount', 'a cartridge is being loaded');
      sender.heartbeat();
    }
    expect(socket.writableLength).to.be.lessThan(2048);
    const drained = new Promise((resolve) => socket.once('drain', resolve));
    drain();
    await drained;
    await new Promise((resolve) => setImmediate(resolve));
    expect(frames.filter(({ type }) => type === 'CREDIT').at(-1)?.offset).to.equal(10_000);
    expect(frames.filter(({ type }) => type === 'DURABLE').at(-1)?.offset).to.equal(1_000_000);
  });

  it('does not say a heartbeat while other bytes are on their way', () => {
    const { sender, frames } = stuckPeer();
    sender.number('CREDIT', 1);
    sender.heartbeat();
    expect(frames.map(({ type }) => type)).to.deep.equal(['CREDIT']);
  });

  it('says nothing on a socket that is gone, and still gives the memory of DATA back', async () => {
    const { sender, socket, frames, sent } = stuckPeer();
    socket.on('error', () => undefined);
    socket.destroy();
    sender.number('CREDIT', 1);
    sender.message('WAITING', { reason: '', message: '' });
    await new Promise<void>((resolve) => {
      const header = { type: 'DATA', last: false, offset: 0, payloadBytes: 1, frameNumber: 0, payloadCrc: 1 } as const;
      sender.data(header, Uint8Array.of(1), resolve);
    });
    expect(frames).to.deep.equal([]);
    expect(sent()).to.equal(0);
  });
});
