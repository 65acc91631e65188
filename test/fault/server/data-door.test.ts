import { Readable } from 'node:stream';
import { expect } from 'chai';
import { crc32c } from '../../../src/base/crc32c.js';
import { SeededRandom } from '../../../src/base/random.js';
import { StorageError } from '../../../src/base/storage-error.js';
import { saveStream } from '../../../src/client/stream-client.js';
import {
  encodeFrameHeader,
  encodeHeartbeat,
  encodeNumberFrame,
  FRAME_HEADER_BYTES,
} from '../../../src/protocol/frame.js';
import { encodeMessage } from '../../../src/protocol/messages.js';
import {
  CREDENTIALS,
  dataFrame,
  endMessage,
  hello,
  openDoor,
  PAYLOAD_LIMIT,
  RawPeer,
  saveMessage,
  until,
  type DoorFixture,
} from '../../support/door-fixture.js';
import { patternedBytes } from '../../support/patterned-bytes.js';
import { streamIdOf } from '../../support/records.js';

const BYTES = patternedBytes(1, 1000);

function header(changes: Partial<Parameters<typeof encodeFrameHeader>[1]>): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES);
  encodeFrameHeader(bytes, {
    type: 'DATA',
    last: false,
    offset: 0,
    payloadBytes: 1,
    frameNumber: 0,
    payloadCrc: 0,
    ...changes,
  });
  return bytes;
}

/** A header with bytes changed and its CRC made right again. */
function forged(change: (view: DataView) => void): Uint8Array {
  const bytes = header({});
  const view = new DataView(bytes.buffer);
  change(view);
  view.setUint32(124, crc32c(bytes.subarray(0, 124)), true);
  return bytes;
}

/** One change of the kind that lines, disks and programs make; now and then none. */
function mutate(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length);
  const length = 1 + random.below(200);
  switch (random.below(6)) {
    case 0: {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ (1 << random.below(8));
      return changed;
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    case 3: {
      const changed = Buffer.from(bytes);
      random.fill(changed.subarray(at, at + length));
      return changed;
    }
    case 4:
      return bytes.subarray(0, at);
    default:
      return bytes;
  }
}

const restoreMessage = (n: number): Uint8Array =>
  encodeMessage('RESTORE', { streamId: streamIdOf(n), offset: 0, length: null, partial: false });

for (const directReads of [true, false])
  describe(`data door, misused (${directReads ? 'read into the ring' : 'read by copying'})`, () => {
    let fixture: DoorFixture;
    beforeEach(async () => {
      fixture = await openDoor({ directReads });
    });
    afterEach(async () => {
      await serveOneMore();
      await fixture.close();
    });

    /** Whatever the test did to it, the door serves the next client. */
    async function serveOneMore(): Promise<void> {
      const { address, service } = fixture;
      service.refusal = null;
      const request = { name: 'next', pool: 'default' };
      const { streamId } = await saveStream({
        address,
        credentials: CREDENTIALS,
        request,
        source: Readable.from([BYTES]),
      });
      expect(service.bytesOf(streamId).equals(BYTES)).to.equal(true);
    }

    async function expectRefusal(code: string, say: (peer: RawPeer) => Promise<void> | void): Promise<void> {
      const peer = await fixture.connect();
      await say(peer);
      const error = await peer.closed;
      expect(error?.code).to.equal(code);
      await fixture.quiet();
      expect(fixture.service.slots.lent, 'every slot came back').to.equal(0);
    }

    /** A stream of these frames. */
    async function save(payloads: readonly Uint8Array[]): Promise<void> {
      const saver = await fixture.connect();
      await saver.openSave();
      let offset = 0;
      for (const [i, payload] of payloads.entries()) {
        if (i >= 4) await saver.next('DURABLE');
        saver.send(dataFrame(i, offset, payload));
        offset += payload.length;
      }
      saver.send(endMessage(Buffer.concat(payloads)));
      await saver.next('SAVED');
    }

    describe('by garbage', () => {
      it('is told at the first byte, before and after HELLO and within a stream', async () => {
        await expectRefusal('PROTOCOL_GARBAGE', (peer) => {
          peer.send(Buffer.from('G'));
        });
        await expectRefusal('PROTOCOL_GARBAGE', (peer) => {
          peer.send(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
        });
        await expectRefusal('PROTOCOL_GARBAGE', async (peer) => {
          await peer.greet();
          peer.send(Buffer.from('?'));
        });
        await expectRefusal('PROTOCOL_GARBAGE', async (peer) => {
          await peer.openSave();
          await peer.next('CREDIT');
          peer.send(dataFrame(0, 0, BYTES), patternedBytes(9, 500_000));
        });
        expect(fixture.service.kept[0]).to.deep.include({ state: 'incomplete' });
      });

      it('still tells a client that never stops sending what was wrong', async () => {
        await expectRefusal('PROTOCOL_GARBAGE', (peer) => {
          for (let i = 0; i < 100; i++) peer.send(patternedBytes(i, 100_000));
        });
      });

      it('names an unknown type, wrong bodies and wrong checksums', async () => {
        await expectRefusal('PROTOCOL_GARBAGE', (peer) => {
          peer.send(
            forged((view) => {
              view.setUint16(10, 99, true);
            }),
          );
        });
        await expectRefusal('PROTOCOL_CHECKSUM', (peer) => {
          const frame = hello();
          frame[100] = 1;
          peer.send(frame);
        });
        await expectRefusal('PROTOCOL_CHECKSUM', (peer) => {
          const frame = hello();
          frame[FRAME_HEADER_BYTES + 3] = 0x58;
          peer.send(frame);
        });
        await expectRefusal('PROTOCOL_BODY', async (peer) => {
          await peer.greet();
          const payload = Buffer.from('{"name":"x"}');
          peer.send(header({ type: 'SAVE', payloadBytes: payload.length, payloadCrc: crc32c(payload) }), payload);
        });
      });

      it('names another version', async () => {
        await expectRefusal('PROTOCOL_VERSION', (peer) => {
          peer.send(
            forged((view) => {
              view.setUint16(8, 2, true);
            }),
          );
        });
        await expectRefusal('PROTOCOL_VERSION', (peer) => {
          const payload = Buffer.from(JSON.stringify({ protocol: 2, ...CREDENTIALS }));
          peer.send(header({ type: 'HELLO', payloadBytes: payload.length, payloadCrc: crc32c(payload) }), payload);
        });
      });
    });

    describe('by changed conversations', () => {
      it('never takes a stream for whole that is not what its client meant, whatever bytes are changed, lost or doubled', async () => {
        const random = new SeededRandom(2_024);
        const conversation = Buffer.concat([
          hello(),
          saveMessage(),
          dataFrame(0, 0, BYTES.subarray(0, 400)),
          encodeHeartbeat(),
          dataFrame(1, 400, BYTES.subarray(400)),
          endMessage(BYTES),
        ]);
        for (let round = 0; round < 300; round++) {
          const said = mutate(conversation, random);
          const peer = await fixture.connect();
          peer.socket.end(said);
          let gone = false;
          void peer.closed.then(() => {
            gone = true;
          });
          // A changed token is answered after a second.
          await until(() => gone || fixture.clock.isAsleep(1_000));
          if (fixture.clock.isAsleep(1_000)) await fixture.clock.advance(1_000);
          await peer.closed;
          await fixture.quiet();
          expect(fixture.service.slots.lent, `slots after round ${String(round)}`).to.equal(0);
        }
        fixture.service.slots.check();
        const whole = fixture.service.kept.filter(({ state }) => state === 'complete');
        expect(whole, 'some changes hit nothing that matters').not.to.be.empty;
        for (const { descriptor } of whole)
          expect(fixture.service.bytesOf(descriptor.streamId).equals(BYTES)).to.equal(true);
      });
    });

    describe('by frames too long or too many', () => {
      it('refuses a frame longer than a block at its header, before its payload', async () => {
        await expectRefusal('PROTOCOL_FRAME_TOO_LONG', async (peer) => {
          await peer.openSave();
          await peer.next('CREDIT');
          peer.send(header({ payloadBytes: PAYLOAD_LIMIT + 1, payloadCrc: 1 }));
        });
        await expectRefusal('PROTOCOL_FRAME_TOO_LONG', (peer) => {
          peer.send(header({ type: 'HELLO', payloadBytes: 65_537 }));
        });
      });

      it('refuses DATA beyond the credit, and keeps what was within it as an incomplete stream', async () => {
        await fixture.close();
        fixture = await openDoor({ directReads, windowFrames: 0 });
        await expectRefusal('PROTOCOL_CREDIT_EXCEEDED', async (peer) => {
          await peer.openSave();
          fixture.service.saves[0]?.giveCredit(2);
          await peer.next('CREDIT');
          for (let i = 0; i < 3; i++) peer.send(dataFrame(i, i * PAYLOAD_LIMIT, patternedBytes(i, PAYLOAD_LIMIT)));
        });
        expect(fixture.service.kept[0]?.payloads).to.have.length(2);
        expect(fixture.service.kept[0]?.state).to.equal('incomplete');
        fixture.service.saves.length = 0;
        await fixture.close();
        fixture = await openDoor({ directReads });
      });

      it('turns connections beyond maxStreams away with JOB_LIMIT, and takes new ones when a place is free', async () => {
        await fixture.close();
        fixture = await openDoor({ directReads, maxStreams: 2 });
        const [first, second] = await Promise.all([fixture.connect(), fixture.connect()]);
        await Promise.all([first.greet(), second.greet()]);
        const third = await fixture.connect();
        third.send(hello());
        expect((await third.closed)?.code).to.equal('JOB_LIMIT');
        first.socket.destroy();
        second.socket.destroy();
        await fixture.quiet();
      });

      it('cuts connections far beyond maxStreams without a word', async () => {
        await fixture.close();
        fixture = await openDoor({ directReads, maxStreams: 1 });
        const peers = await Promise.all(Array.from({ length: 60 }, async () => fixture.connect()));
        const errors = await Promise.all(peers.slice(1).map(async (peer) => peer.closed));
        expect(errors.every((error) => error === null || error.code === 'JOB_LIMIT')).to.equal(true);
        expect(errors.some((error) => error?.code === 'JOB_LIMIT')).to.equal(true);
        (peers[0] as RawPeer).socket.destroy();
        await fixture.quiet();
      });
    });

    describe('by frames out of order', () => {
      it('refuses them in every state', async () => {
        for (const first of [
          saveMessage(),
          encodeHeartbeat(),
          dataFrame(0, 0, BYTES),
          endMessage(BYTES),
          encodeNumberFrame('DRAINED', 0),
        ])
          await expectRefusal('PROTOCOL_OUT_OF_ORDER', (peer) => {
            peer.send(first);
          });
        for (const second of [hello(), dataFrame(0, 0, BYTES), endMessage(BYTES), encodeNumberFrame('CREDIT', 1)])
          await expectRefusal('PROTOCOL_OUT_OF_ORDER', async (peer) => {
            await peer.greet();
            peer.send(second);
          });
        for (const third of [hello(), saveMessage(), restoreMessage(1), encodeNumberFrame('DRAINED', 1)])
          await expectRefusal('PROTOCOL_OUT_OF_ORDER', async (peer) => {
            await peer.openSave();
            peer.send(third);
          });
      });

      it('refuses a gap, a repetition and an overlap in the stream', async () => {
        const wrong: [number, number][] = [
          [1, 1000],
          [0, 0],
          [2, 1000],
          [1, 999],
          [1, 1001],
          [1, 0],
        ];
        for (const [frameNumber, offset] of wrong) {
          const ok = frameNumber === 1 && offset === 1000;
          if (ok) continue;
          await expectRefusal('PROTOCOL_OUT_OF_ORDER', async (peer) => {
            await peer.openSave();
            await peer.next('CREDIT');
            peer.send(dataFrame(0, 0, BYTES), dataFrame(frameNumber, offset, BYTES));
          });
        }
      });

      it('refuses DATA behind the last frame and behind END, and an END of another length', async () => {
        await expectRefusal('PROTOCOL_OUT_OF_ORDER', async (peer) => {
          await peer.openSave();
          await peer.next('CREDIT');
          peer.send(dataFrame(0, 0, BYTES, { last: true }), dataFrame(1, 1000, BYTES));
        });
        await expectRefusal('PROTOCOL_OUT_OF_ORDER', async (peer) => {
          await peer.openSave();
          peer.send(endMessage(BYTES));
        });
        const peer = await fixture.connect();
        await peer.openSave();
        await peer.next('CREDIT');
        peer.send(dataFrame(0, 0, BYTES), endMessage(BYTES), dataFrame(1, 1000, BYTES));
        expect((await peer.closed)?.code).to.equal('PROTOCOL_OUT_OF_ORDER');
        await fixture.quiet();
        expect(fixture.service.kept.at(-1)?.state, 'what END made whole is kept whole').to.equal('complete');
      });

      it('refuses a DRAINED of frames that were not sent, or fewer than before', async () => {
        await serveOneMore();
        fixture.service.restoreBlocks = 1;
        for (const drained of [[2], [1, 0]])
          await expectRefusal('PROTOCOL_OUT_OF_ORDER', async (peer) => {
            await peer.greet();
            peer.send(restoreMessage(1));
            await peer.next('DATA');
            for (const frames of drained) peer.send(encodeNumberFrame('DRAINED', frames));
          });
      });
    });

    describe('by changed bytes', () => {
      it('passes a frame\u2019s checksum on for the drive\u2019s thread to compare, and tells its verdict', async () => {
        await expectRefusal('PROTOCOL_CHECKSUM', async (peer) => {
          await peer.openSave();
          await peer.next('CREDIT');
          peer.send(dataFrame(0, 0, BYTES, { payloadCrc: 1 }));
        });
      });

      it('tells a stream whose whole does not have the checksum of END', async () => {
        await expectRefusal('PROTOCOL_CHECKSUM', async (peer) => {
          await peer.openSave();
          await peer.next('CREDIT');
          peer.send(dataFrame(0, 0, BYTES), encodeMessage('END', { length: 1000, crc32c: 1 }));
        });
      });
    });

    describe('by silence', () => {
      it('closes a connection that does not finish HELLO in ten seconds, however it trickles', async () => {
        const [mute, slow] = await Promise.all([fixture.connect(), fixture.connect()]);
        await until(() => fixture.door.connections.length === 2);
        const words = hello();
        for (let i = 0; i < 9; i++) {
          slow.send(words.subarray(i, i + 1));
          await fixture.clock.advance(1_000);
        }
        expect(fixture.door.connections).to.have.length(2);
        await fixture.clock.advance(1_000);
        for (const peer of [mute, slow]) expect((await peer.closed)?.code).to.equal('PROTOCOL_TIMEOUT');
      });

      it('sends heartbeats, and gives a peer that sends none up after three', async () => {
        const peer = await fixture.connect();
        await peer.openSave();
        await fixture.clock.advance(10_000);
        await peer.next('HEARTBEAT');
        await fixture.clock.advance(20_000);
        expect((await peer.closed)?.code).to.equal('PROTOCOL_TIMEOUT');
        await fixture.quiet();
        expect(fixture.service.kept[0]?.state).to.equal('incomplete');
      });

      it('keeps a peer that sends nothing but heartbeats', async () => {
        const peer = await fixture.connect();
        await peer.openSave();
        for (let i = 0; i < 10; i++) {
          peer.send(encodeHeartbeat());
          await fixture.clock.advance(10_000);
          await peer.next('HEARTBEAT');
        }
        peer.send(endMessage(new Uint8Array(0)));
        await peer.next('SAVED');
      });

      it('does not hold the peer to heartbeats while the service takes its time to open', async () => {
        const peer = await fixture.connect();
        await peer.greet();
        let open = (): void => undefined;
        fixture.service.gate = new Promise((resolve) => {
          open = resolve;
        });
        peer.send(saveMessage());
        await fixture.clock.advance(100_000);
        open();
        await peer.next('SAVING');
        peer.send(endMessage(new Uint8Array(0)));
        await peer.next('SAVED');
      });

      it('waits minutes, not for ever, for a reader to take the rest of a restore whose pass is over', async () => {
        await save(Array.from({ length: 12 }, (_, i) => patternedBytes(i, PAYLOAD_LIMIT)));
        const reader = await fixture.connect();
        await reader.greet();
        reader.send(restoreMessage(1));
        await reader.next('RESTORING');
        for (let i = 0; i < 8; i++) await reader.next('DATA');
        await fixture.clock.untilAsleep(300_000);
        for (let i = 0; i < 29; i++) {
          reader.send(encodeHeartbeat());
          await fixture.clock.advance(10_000);
          await reader.next('HEARTBEAT');
        }
        expect(fixture.door.connections).to.have.length(1);
        reader.send(encodeHeartbeat());
        await fixture.clock.advance(10_000);
        expect((await reader.closed)?.code).to.equal('PROTOCOL_TIMEOUT');
        await fixture.quiet();
        expect(fixture.service.slots.lent).to.equal(0);
      });
    });

    describe('by slowness', () => {
      it('takes the blocks back at once from a reader the pass has dropped for standing still', async () => {
        await save(Array.from({ length: 20 }, (_, i) => patternedBytes(i, PAYLOAD_LIMIT)));
        fixture.service.restoreBlocks = 12;
        fixture.service.restoreFailure = new StorageError('PROTOCOL_TIMEOUT', 'The receiver took nothing.');
        await expectRefusal('PROTOCOL_TIMEOUT', async (reader) => {
          await reader.greet();
          reader.send(restoreMessage(1));
          for (let i = 0; i < 8; i++) await reader.next('DATA');
        });
      });

      it('takes a stream that comes byte by byte', async () => {
        const peer = await fixture.connect();
        const conversation = [
          hello(),
          saveMessage(),
          dataFrame(0, 0, BYTES.subarray(0, 300)),
          endMessage(BYTES.subarray(0, 300)),
        ];
        for (const byte of Buffer.concat(conversation)) {
          peer.send(Uint8Array.of(byte));
          await new Promise((resolve) => setImmediate(resolve));
        }
        expect((await peer.nextBody('SAVED')).length).to.equal(300);
        expect(fixture.service.bytesOf(streamIdOf(1)).equals(BYTES.subarray(0, 300))).to.equal(true);
      });

      it('takes a whole conversation in one packet', async () => {
        const peer = await fixture.connect();
        const [a, b] = [patternedBytes(1, 700), patternedBytes(2, 20_000)];
        peer.send(
          hello(),
          saveMessage(),
          dataFrame(0, 0, a),
          encodeHeartbeat(),
          dataFrame(1, 700, b),
          endMessage(Buffer.concat([a, b])),
        );
        expect((await peer.nextBody('SAVED')).length).to.equal(20_700);
        expect(fixture.service.bytesOf(streamIdOf(1)).equals(Buffer.concat([a, b]))).to.equal(true);
      });
    });

    describe('by leaving', () => {
      /** All a client says, and what it must have said for the stream to be whole. */
      const conversation = Buffer.concat([
        hello(),
        saveMessage(),
        dataFrame(0, 0, BYTES.subarray(0, 150)),
        encodeHeartbeat(),
        dataFrame(1, 150, BYTES.subarray(150, 200)),
        endMessage(BYTES.subarray(0, 200)),
      ]);

      for (const [how, leave] of [
        ['a reset', (peer: RawPeer) => peer.socket.resetAndDestroy()],
        ['an orderly close', (peer: RawPeer) => peer.socket.end()],
      ] as const)
        it(`survives ${how} after every byte of a save; the stream is complete only when END had come`, async () => {
          for (let said = 0; said <= conversation.length; said++) {
            const peer = await fixture.connect();
            const kept = fixture.service.kept.length;
            if (said > 0)
              await new Promise((resolve) => {
                peer.socket.write(conversation.subarray(0, said), resolve);
              });
            leave(peer);
            await peer.closed;
            await fixture.quiet();
            expect(fixture.service.slots.lent, `slots after ${String(said)} bytes`).to.equal(0);
            for (const stream of fixture.service.kept.slice(kept)) {
              await new Promise((resolve) => setImmediate(resolve));
              expect(stream.state, `after ${String(said)} bytes`).to.be.oneOf(
                said === conversation.length ? ['complete', 'incomplete'] : ['incomplete'],
              );
            }
          }
          fixture.service.slots.check();
          if (how === 'an orderly close') expect(fixture.service.kept.at(-1)?.state).to.equal('complete');
        });

      it('survives a reset after any part of a restore, and cancels it', async () => {
        await save(Array.from({ length: 12 }, (_, i) => patternedBytes(i, 50_000)));
        const whole = 8 * 50_128;
        for (let heard = 0; heard < whole; heard += 17_777) {
          const peer = await fixture.connect();
          await peer.greet();
          peer.send(restoreMessage(1));
          while (peer.receivedBytes < heard) await peer.next(peer.receivedBytes === 0 ? 'RESTORING' : 'DATA');
          peer.socket.resetAndDestroy();
          await fixture.quiet();
          expect(fixture.service.slots.lent).to.equal(0);
        }
        expect(fixture.service.restores.every(({ cancelled }) => cancelled !== null)).to.equal(true);
        fixture.service.slots.check();
      });

      it('takes ABORT as leave, with its reason', async () => {
        const peer = await fixture.connect();
        await peer.openSave();
        await peer.next('CREDIT');
        peer.send(dataFrame(0, 0, BYTES), encodeMessage('ABORT', { reason: 'disk gone' }));
        expect(await peer.closed).to.equal(null);
        await fixture.quiet();
        expect(fixture.service.kept[0]).to.deep.include({
          state: 'incomplete',
          reason: 'the client gave up: disk gone',
        });
      });

      it('aborts a stream that was opened for a client already gone', async () => {
        let open = (): void => undefined;
        fixture.service.gate = new Promise((resolve) => {
          open = resolve;
        });
        const peer = await fixture.connect();
        await peer.greet();
        peer.send(saveMessage());
        await until(() => fixture.door.connections[0]?.state === 'opening');
        peer.socket.resetAndDestroy();
        await peer.closed;
        open();
        await fixture.quiet();
        expect(fixture.service.kept[0]?.state).to.equal('incomplete');
      });

      it('lets a client that shut its side behind END wait for SAVED', async () => {
        const peer = await fixture.connect();
        peer.socket.allowHalfOpen = true;
        peer.socket.end(Buffer.concat([hello(), saveMessage(), dataFrame(0, 0, BYTES), endMessage(BYTES)]));
        expect((await peer.nextBody('SAVED')).length).to.equal(1000);
        peer.socket.destroy();
      });
    });

    describe('by failures of the service', () => {
      it('tells the client why a stream cannot be opened', async () => {
        for (const code of ['JOB_POOL_UNKNOWN', 'JOB_LIMIT', 'AUTH_FORBIDDEN', 'JOB_SHUTTING_DOWN'] as const)
          for (const message of [saveMessage(), restoreMessage(7)])
            await expectRefusal(code, async (peer) => {
              fixture.service.refusal = new StorageError(code, 'no');
              await peer.greet();
              peer.send(message);
            });
        await expectRefusal('JOB_STREAM_UNKNOWN', async (peer) => {
          await peer.greet();
          peer.send(restoreMessage(7));
        });
      });

      it('tells a client in the middle of a frame that its stream failed and how far it is durable, and writes nothing to the slot after', async () => {
        const peer = await fixture.connect();
        await peer.openSave();
        await peer.next('CREDIT');
        peer.send(dataFrame(0, 0, BYTES));
        await peer.next('DURABLE');
        const frame = dataFrame(1, 1000, patternedBytes(5, PAYLOAD_LIMIT));
        peer.send(frame.subarray(0, 50_000));
        await until(() => fixture.service.slots.lent > 0);
        fixture.service.saves[0]?.fail(new StorageError('MEDIUM_WRITE_ERROR', 'The tape broke.'));
        // The client does not know yet and goes on.
        peer.send(frame.subarray(50_000));
        const error = await peer.closed;
        expect(error).to.deep.include({
          code: 'MEDIUM_WRITE_ERROR',
          durableOffset: 1000,
          streamId: streamIdOf(1),
          disposition: 'replace-volume',
        });
        await fixture.quiet();
        expect(fixture.service.slots.lent).to.equal(0);
        fixture.service.slots.check();
      });

      it('sends every good block of a restore before it tells that the rest is damaged', async () => {
        const payloads = [patternedBytes(1, PAYLOAD_LIMIT), patternedBytes(2, 5), patternedBytes(3, 1000)];
        await save(payloads);
        fixture.service.restoreBlocks = 2;
        fixture.service.restoreFailure = new StorageError('JOB_STREAM_DAMAGED', 'Bytes from 130949 on cannot be read.');
        const reader = await fixture.connect();
        await reader.greet();
        reader.send(restoreMessage(1));
        await reader.next('RESTORING');
        for (const payload of payloads.slice(0, 2))
          expect(Buffer.from((await reader.next('DATA')).payload).equals(payload)).to.equal(true);
        expect(await reader.closed).to.deep.include({ code: 'JOB_STREAM_DAMAGED', durableOffset: 0 });
        fixture.service.restoreBlocks = Infinity;
      });
    });
  });
