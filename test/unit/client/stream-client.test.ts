import { createServer, type AddressInfo, type Server } from 'node:net';
import { PassThrough, Readable, Writable } from 'node:stream';
import { expect } from 'chai';
import { crc32c } from '../../../src/base/crc32c.js';
import { isStorageError, StorageError } from '../../../src/base/storage-error.js';
import { openRestore, restoreStream, saveStream, type SaveProgress } from '../../../src/client/stream-client.js';
import { encodeNumberFrame } from '../../../src/protocol/frame.js';
import { encodeMessage, type MessageBody } from '../../../src/protocol/messages.js';
import {
  BLOCK_BYTES,
  CREDENTIALS,
  dataFrame,
  openDoor,
  PAYLOAD_LIMIT,
  RawPeer,
  until,
  type DoorFixture,
} from '../../support/door-fixture.js';
import { ManualClock } from '../../support/manual-clock.js';
import { patternedBytes } from '../../support/patterned-bytes.js';
import { streamIdOf } from '../../support/records.js';
import { makeCertificate } from '../../support/tls-certificate.js';

const REQUEST = { name: 'home', pool: 'default' };
const WELCOME: MessageBody<'WELCOME'> = {
  protocol: 1,
  node: 'n',
  software: 's',
  blockSize: BLOCK_BYTES,
  heartbeatMs: 10_000,
  maxStreams: 4,
};

async function failureOf(work: Promise<unknown>): Promise<StorageError> {
  try {
    await work;
  } catch (error) {
    if (isStorageError(error)) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

async function caught(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

/** A source that gives `first` and then hangs, as a terminal nobody types at. */
function hangingSource(first: Uint8Array): { readonly source: PassThrough } {
  const source = new PassThrough();
  source.write(first);
  return { source };
}

describe('stream client', () => {
  describe('over the real door', () => {
    let fixture: DoorFixture;
    let common: { address: DoorFixture['address']; credentials: typeof CREDENTIALS };
    beforeEach(async () => {
      fixture = await openDoor();
      common = { address: fixture.address, credentials: CREDENTIALS };
    });
    afterEach(async () => {
      await fixture.close();
    });

    it('fills every frame but the last to the block size, however the input is cut', async () => {
      const bytes = patternedBytes(1, 3 * PAYLOAD_LIMIT + 17);
      async function* crumbs(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < bytes.length; at += 40_001) yield Promise.resolve(bytes.subarray(at, at + 40_001));
      }
      await saveStream({ ...common, request: REQUEST, source: crumbs() });
      expect(fixture.service.kept[0]?.payloads.map(({ length }) => length)).to.deep.equal([
        PAYLOAD_LIMIT,
        PAYLOAD_LIMIT,
        PAYLOAD_LIMIT,
        17,
      ]);
    });

    it('sends what it has after five seconds without input, and goes on in a new frame', async () => {
      const clock = new ManualClock();
      const { source } = hangingSource(Buffer.from('first'));
      const saving = saveStream({ ...common, request: REQUEST, source, clock });
      await until(() => fixture.door.connections[0]?.state === 'streaming');
      await clock.untilAsleep(5_000);
      while (fixture.service.kept[0]?.payloads.length === 0) await clock.advance(5_000 / 4);
      source.end('second');
      expect((await saving).lengthBytes).to.equal(11);
      expect(fixture.service.kept[0]?.payloads.map((payload) => Buffer.from(payload).toString())).to.deep.equal([
        'first',
        'second',
      ]);
    });

    it('sends nothing beyond its credit, and waits for more', async () => {
      await fixture.close();
      fixture = await openDoor({ windowFrames: 0 });
      common = { ...common, address: fixture.address };
      const bytes = patternedBytes(2, 3 * PAYLOAD_LIMIT);
      const seen: SaveProgress[] = [];
      const saving = saveStream({
        ...common,
        request: REQUEST,
        source: Readable.from([bytes]),
        onProgress: (progress) => seen.push(progress),
      });
      await until(() => fixture.service.saves.length === 1);
      const [save] = fixture.service.saves;
      save?.events.waiting('mount', 'TPL001L9 is being mounted');
      await until(() => seen.at(-1)?.waiting === 'TPL001L9 is being mounted');
      expect(seen.at(-1)?.sentBytes).to.equal(0);
      for (let credit = 1; credit <= 3; credit++) {
        save?.giveCredit(credit);
        await until(
          () =>
            seen.at(-1)?.sentBytes === credit * PAYLOAD_LIMIT && seen.at(-1)?.durableBytes === credit * PAYLOAD_LIMIT,
        );
      }
      expect((await saving).lengthBytes).to.equal(bytes.length);
    });

    it('gives up with ABORT when the signal says so, and tells how far the stream is durable', async () => {
      const abort = new AbortController();
      const { source } = hangingSource(patternedBytes(1, PAYLOAD_LIMIT));
      const seen: SaveProgress[] = [];
      const saving = failureOf(
        saveStream({
          ...common,
          request: REQUEST,
          source,
          signal: abort.signal,
          onProgress: (progress) => seen.push(progress),
        }),
      );
      await until(() => seen.at(-1)?.durableBytes === PAYLOAD_LIMIT);
      const reason = new Error('the user pressed ^C');
      abort.abort(reason);
      const error = await saving;
      expect(error.code).to.equal('JOB_CANCELLED');
      expect(error.cause).to.equal(reason);
      expect(error.context).to.deep.include({ streamId: streamIdOf(1), durableOffset: PAYLOAD_LIMIT });
      await fixture.quiet();
      expect(fixture.service.kept[0]?.reason).to.include('the user pressed ^C');
      expect(source.destroyed, 'the input is let go').to.equal(true);
    });

    it('opens nothing when the signal was aborted before', async () => {
      const signal = AbortSignal.abort(new Error('too late'));
      const error = await failureOf(saveStream({ ...common, request: REQUEST, source: Readable.from([]), signal }));
      expect(error.code).to.equal('JOB_CANCELLED');
      expect(fixture.service.kept).to.deep.equal([]);
    });

    it('gives the stream up when the input fails, and passes its error on', async () => {
      const broken = new Error('EIO');
      async function* source(): AsyncGenerator<Uint8Array> {
        yield patternedBytes(1, 10);
        await Promise.resolve();
        throw broken;
      }
      expect(await caught(saveStream({ ...common, request: REQUEST, source: source() }))).to.equal(broken);
      await fixture.quiet();
      expect(fixture.service.kept[0]).to.deep.include({
        state: 'incomplete',
        reason: 'the client gave up: The input failed: EIO',
      });
    });

    it('refuses an input of text', async () => {
      const source = Readable.from(['text']) as AsyncIterable<Uint8Array>;
      expect(await caught(saveStream({ ...common, request: REQUEST, source }))).to.be.instanceOf(TypeError);
    });

    it('passes the server\u2019s error on while the input hangs', async () => {
      const { source } = hangingSource(patternedBytes(1, PAYLOAD_LIMIT));
      const seen: SaveProgress[] = [];
      const onProgress = (progress: SaveProgress): void => void seen.push(progress);
      const saving = failureOf(saveStream({ ...common, request: REQUEST, source, onProgress }));
      await until(() => seen.at(-1)?.durableBytes === PAYLOAD_LIMIT);
      fixture.service.saves[0]?.fail(new StorageError('MEDIUM_FULL', 'No room.', { disposition: 'ask-operator' }));
      const error = await saving;
      expect(error.toRecord()).to.deep.include({
        code: 'MEDIUM_FULL',
        message: 'No room.',
        disposition: 'ask-operator',
      });
      expect(error.context).to.deep.include({ streamId: streamIdOf(1), durableOffset: PAYLOAD_LIMIT });
    });

    it('says what the server says of a pool it does not know, or a wrong request', async () => {
      fixture.service.refusal = new StorageError('JOB_POOL_UNKNOWN', 'There is no pool x.');
      const error = await failureOf(saveStream({ ...common, request: REQUEST, source: Readable.from([]) }));
      expect(error).to.deep.include({ code: 'JOB_POOL_UNKNOWN', message: 'There is no pool x.' });
      const wrong = saveStream({ ...common, request: { ...REQUEST, name: '' }, source: Readable.from([]) });
      expect((await failureOf(wrong)).code).to.equal('PROTOCOL_BODY');
      const attributes = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`k${String(i)}`, '✓'.repeat(512)]));
      const long = saveStream({ ...common, request: { ...REQUEST, attributes }, source: Readable.from([]) });
      expect((await failureOf(long)).code).to.equal('PROTOCOL_FRAME_TOO_LONG');
    });

    it('cancels a restore whose reader stops early', async () => {
      await saveStream({ ...common, request: REQUEST, source: Readable.from([patternedBytes(1, 30 * PAYLOAD_LIMIT)]) });
      const stream = await openRestore({ ...common, request: { streamId: streamIdOf(1) } });
      for await (const part of stream) {
        expect(part.length).to.equal(PAYLOAD_LIMIT);
        break;
      }
      await fixture.quiet();
      expect(fixture.service.restores[0]?.cancelled).to.include('the reader stopped');
      expect(stream.result).to.equal(null);
    });

    it('cancels a restore when the signal says so, also when the output hangs', async () => {
      await saveStream({ ...common, request: REQUEST, source: Readable.from([patternedBytes(1, 30 * PAYLOAD_LIMIT)]) });
      const abort = new AbortController();
      let asked = 0;
      const destination = new Writable({
        highWaterMark: 1,
        write: () => {
          asked++;
        },
      });
      const restoring = failureOf(
        restoreStream({ ...common, request: { streamId: streamIdOf(1) }, destination, signal: abort.signal }),
      );
      await until(() => asked === 1);
      abort.abort(new Error('enough'));
      expect((await restoring).code).to.equal('JOB_CANCELLED');
      await fixture.quiet();
      expect(fixture.service.slots.lent).to.equal(0);
    });

    it('cancels a restore when the output breaks, and passes its error on', async () => {
      await saveStream({ ...common, request: REQUEST, source: Readable.from([patternedBytes(1, 30 * PAYLOAD_LIMIT)]) });
      const broken = Object.assign(new Error('EPIPE'), { code: 'EPIPE' });
      for (const highWaterMark of [1, 1e9]) {
        const destination = new Writable({
          highWaterMark,
          write: (_chunk, _encoding, done) => {
            done(broken);
          },
        });
        expect(await caught(restoreStream({ ...common, request: { streamId: streamIdOf(1) }, destination }))).to.equal(
          broken,
        );
      }
      await fixture.quiet();
      expect(fixture.service.slots.lent).to.equal(0);
    });

    it('gives the good part out before the error that ends a damaged restore', async () => {
      await saveStream({ ...common, request: REQUEST, source: Readable.from([patternedBytes(1, 5 * PAYLOAD_LIMIT)]) });
      fixture.service.restoreBlocks = 3;
      fixture.service.restoreFailure = new StorageError('JOB_STREAM_DAMAGED', 'The rest is gone.');
      const destination = new PassThrough({ highWaterMark: 1e9 });
      const error = await failureOf(restoreStream({ ...common, request: { streamId: streamIdOf(1) }, destination }));
      expect(error.code).to.equal('JOB_STREAM_DAMAGED');
      expect(error.context['goodBytes']).to.equal(3 * PAYLOAD_LIMIT);
      expect(
        (destination.read() as Buffer).equals(patternedBytes(1, 5 * PAYLOAD_LIMIT).subarray(0, 3 * PAYLOAD_LIMIT)),
      ).to.equal(true);
    });

    it('reaches a door by name', async () => {
      const address = { ...fixture.address, host: 'localhost' };
      const saved = await saveStream({
        ...common,
        address,
        request: REQUEST,
        source: Readable.from([Buffer.from('x')]),
      });
      expect(saved.lengthBytes).to.equal(1);
    });
  });

  it('does not trust a certificate of an authority it was not told of', async () => {
    const fixture = await openDoor({ tls: makeCertificate() });
    const other = makeCertificate();
    for (const tls of [{}, { ca: other.cert }]) {
      const error = await failureOf(
        saveStream({
          address: fixture.address,
          credentials: CREDENTIALS,
          tls,
          request: REQUEST,
          source: Readable.from([]),
        }),
      );
      expect(error.code).to.equal('PROTOCOL_UNREACHABLE');
      expect(error.message).to.match(/certificate/);
    }
    expect(fixture.service.kept).to.deep.equal([]);
    await fixture.close();
  });

  describe('over a server that is not what it should be', () => {
    let server: Server;
    let script: (peer: RawPeer) => Promise<void> | void;
    let address: { host: string; port: number };
    const peers: RawPeer[] = [];
    beforeEach(async () => {
      server = createServer((socket) => {
        const peer = RawPeer.accept(socket);
        peers.push(peer);
        void Promise.resolve(script(peer)).catch(() => undefined);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    });
    afterEach(async () => {
      for (const peer of peers.splice(0)) peer.socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });

    const save = async (source: AsyncIterable<Uint8Array> = Readable.from([Buffer.from('abc')]), clock?: ManualClock) =>
      failureOf(
        saveStream({
          address,
          credentials: CREDENTIALS,
          request: REQUEST,
          source,
          ...(clock === undefined ? {} : { clock }),
        }),
      );

    const welcome = async (peer: RawPeer, changes: Partial<MessageBody<'WELCOME'>> = {}): Promise<void> => {
      await peer.next('HELLO');
      peer.send(encodeMessage('WELCOME', { ...WELCOME, ...changes }));
    };
    const startSaving = async (peer: RawPeer): Promise<void> => {
      await welcome(peer);
      await peer.next('SAVE');
      peer.send(encodeMessage('SAVING', { streamId: streamIdOf(1) }), encodeNumberFrame('CREDIT', 8));
    };

    it('says PROTOCOL_UNREACHABLE where nobody listens, or who listens hangs up or says nothing', async () => {
      script = (peer) => void peer.socket.destroy();
      expect((await save()).code).to.equal('PROTOCOL_UNREACHABLE');
      script = () => undefined;
      const clock = new ManualClock();
      const mute = save(undefined, clock);
      await clock.untilAsleep(30_000);
      await clock.advance(30_000);
      expect((await mute).code).to.equal('PROTOCOL_UNREACHABLE');
      await new Promise((resolve) => server.close(resolve));
      const error = await save();
      expect(error.code).to.equal('PROTOCOL_UNREACHABLE');
      expect(error.message)
        .to.include(`127.0.0.1:${String(address.port)}`)
        .and.include('ECONNREFUSED');
      expect(error.context).to.deep.include({ host: '127.0.0.1', port: address.port });
    });

    it('names a server that is something else, or of another version', async () => {
      script = (peer) => void peer.socket.write('SSH-2.0-OpenSSH_9.2p1\r\n');
      expect((await save()).code).to.equal('PROTOCOL_GARBAGE');
      script = async (peer) => welcome(peer, { protocol: 2 as 1 });
      expect((await save()).code).to.equal('PROTOCOL_VERSION');
    });

    it('does not take a lost connection for success, at any point', async () => {
      for (const lastWord of ['WELCOME', 'SAVING', 'DATA', 'END'] as const) {
        script = async (peer) => {
          if (lastWord === 'WELCOME') await welcome(peer);
          else await startSaving(peer);
          if (lastWord === 'DATA' || lastWord === 'END') {
            await peer.next('DATA');
            peer.send(encodeNumberFrame('DURABLE', 3));
          }
          if (lastWord === 'END') await peer.next('END');
          peer.socket.end();
        };
        const error = await save();
        expect(error.code, lastWord).to.equal('PROTOCOL_DISCONNECTED');
        if (lastWord === 'END') expect(error.context).to.deep.include({ streamId: streamIdOf(1), durableOffset: 3 });
      }
    });

    it('does not take SAVED for success before END, or of another length or checksum', async () => {
      const saved = { streamId: streamIdOf(1), length: 3, crc32c: crc32c(Buffer.from('abc')), volumes: [] };
      script = async (peer) => {
        await startSaving(peer);
        peer.send(encodeMessage('SAVED', saved));
      };
      expect((await save(new PassThrough())).code).to.equal('PROTOCOL_OUT_OF_ORDER');
      for (const wrong of [{ length: 2 }, { crc32c: 1 }]) {
        script = async (peer) => {
          await startSaving(peer);
          await peer.next('END');
          peer.send(encodeMessage('SAVED', { ...saved, ...wrong }));
        };
        expect((await save()).code).to.equal('PROTOCOL_CHECKSUM');
      }
    });

    it('understands an error whose code a newer server invented', async () => {
      script = async (peer) => {
        await startSaving(peer);
        const error = {
          code: 'ROBOT_TIRED',
          message: 'It sleeps.',
          disposition: 'sing',
          durableOffset: 7,
          streamId: null,
        };
        peer.send(encodeMessage('ERROR', error));
      };
      const error = await save();
      expect(error.code).to.equal('PROTOCOL_VERSION');
      expect(error.message).to.include('ROBOT_TIRED').and.include('It sleeps.');
      expect(error.context['durableOffset']).to.equal(7);
    });

    it('gives a silent server up, having sent its own heartbeats', async () => {
      const clock = new ManualClock();
      script = startSaving;
      const saving = save(new PassThrough(), clock);
      await until(() => peers[0]?.received.some(({ header }) => header.type === 'SAVE') ?? false);
      await clock.untilAsleep(5_000);
      // Three heartbeats from the last frame on, which may be read after the clock began to move.
      await clock.advance(50_000);
      expect((await saving).code).to.equal('PROTOCOL_TIMEOUT');
      await peers[0]?.closed;
      expect(peers[0]?.received.filter(({ header }) => header.type === 'HEARTBEAT')).to.have.length.greaterThan(0);
    });

    const PART = Buffer.from('0123456789');
    const LATER = Buffer.from('abcdefghij');
    const restoring = async (peer: RawPeer, ...frames: Uint8Array[]): Promise<void> => {
      await welcome(peer);
      await peer.next('RESTORE');
      const descriptor = {
        streamId: streamIdOf(1),
        client: 'c',
        name: 'n',
        pool: 'p',
        level: 'full',
        basedOn: null,
        timeMs: 1,
        retentionEndMs: 1,
        attributes: {},
      } as const;
      peer.send(
        encodeMessage('RESTORING', { streamId: streamIdOf(1), length: 20, complete: true, descriptor, volumes: [] }),
        ...frames,
      );
    };
    const RESTORED = encodeMessage('RESTORED', { length: 20, crc32c: crc32c(Buffer.concat([PART, LATER])) });

    const restore = async (): Promise<{ readonly bytes: string; readonly code: string }> => {
      const destination = new PassThrough();
      const work = restoreStream({
        address,
        credentials: CREDENTIALS,
        request: { streamId: streamIdOf(1) },
        destination,
      });
      const code = await work.then(
        () => 'whole',
        (error: unknown) => (isStorageError(error) ? error.code : String(error)),
      );
      return { bytes: String((destination.read() as Buffer | null) ?? ''), code };
    };

    it('gives out no byte that fails its checksum or comes out of order, and calls nothing whole that is not', async () => {
      const first = dataFrame(0, 0, PART);
      const second = dataFrame(1, 10, LATER);
      const cases: readonly [string, readonly Uint8Array[], { bytes: string; code: string }][] = [
        ['all is well', [first, second, RESTORED], { bytes: '0123456789abcdefghij', code: 'whole' }],
        [
          'a changed byte',
          [first, dataFrame(1, 10, LATER, { payloadCrc: 5 }), RESTORED],
          { bytes: '0123456789', code: 'PROTOCOL_CHECKSUM' },
        ],
        ['a gap', [first, dataFrame(1, 11, LATER), RESTORED], { bytes: '0123456789', code: 'PROTOCOL_OUT_OF_ORDER' }],
        ['a repetition', [first, first, RESTORED], { bytes: '0123456789', code: 'PROTOCOL_OUT_OF_ORDER' }],
        [
          'a wrong number',
          [first, dataFrame(2, 10, LATER), RESTORED],
          { bytes: '0123456789', code: 'PROTOCOL_OUT_OF_ORDER' },
        ],
        ['an end too early', [first, RESTORED], { bytes: '0123456789', code: 'PROTOCOL_CHECKSUM' }],
        [
          'a wrong digest',
          [first, second, encodeMessage('RESTORED', { length: 20, crc32c: 1 })],
          { bytes: '0123456789abcdefghij', code: 'PROTOCOL_CHECKSUM' },
        ],
        ['garbage', [first, Buffer.from('????????')], { bytes: '0123456789', code: 'PROTOCOL_GARBAGE' }],
        [
          'a frame of the wrong side',
          [first, encodeNumberFrame('DRAINED', 1)],
          { bytes: '0123456789', code: 'PROTOCOL_OUT_OF_ORDER' },
        ],
      ];
      for (const [what, frames, expected] of cases) {
        script = async (peer) => restoring(peer, ...frames);
        expect(await restore(), what).to.deep.equal(expected);
      }
    });

    it('does not take a connection that closed before RESTORED for the end', async () => {
      script = async (peer) => {
        await restoring(peer, dataFrame(0, 0, PART), dataFrame(1, 10, LATER));
        peer.socket.end();
      };
      expect((await restore()).code).to.equal('PROTOCOL_DISCONNECTED');
    });

    it('refuses more than the reader has room for', async () => {
      script = async (peer) =>
        restoring(peer, ...Array.from({ length: 9 }, (_, i) => dataFrame(i, i, Buffer.from('x'))));
      const stream = await openRestore({ address, credentials: CREDENTIALS, request: { streamId: streamIdOf(1) } });
      await peers[0]?.closed;
      const read = async (): Promise<number> => {
        let parts = 0;
        for await (const part of stream) parts += part.length;
        return parts;
      };
      expect((await failureOf(read())).code).to.equal('PROTOCOL_CREDIT_EXCEEDED');
    });
  });
});
