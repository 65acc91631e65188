import { Readable, Writable } from 'node:stream';
import { expect } from 'chai';
import { SeededRandom } from '../../../src/base/random.js';
import { isStorageError } from '../../../src/base/storage-error.js';
import { openRestore, restoreStream, saveStream, type SaveProgress } from '../../../src/client/stream-client.js';
import { canReadDirectly } from '../../../src/server/peer-socket.js';
import type { StreamId } from '../../../src/terms/ids.js';
import { CREDENTIALS, endMessage, openDoor, PAYLOAD_LIMIT, type DoorFixture } from '../../support/door-fixture.js';
import { patternedBytes } from '../../support/patterned-bytes.js';
import { makeCertificate } from '../../support/tls-certificate.js';

const CERTIFICATE = makeCertificate();
const REQUEST = { name: 'home', pool: 'default', timeMs: 5 };

interface Way {
  readonly name: string;
  readonly open: () => Promise<DoorFixture>;
  readonly tls: { readonly ca: string } | null;
}

const WAYS: readonly Way[] = [
  { name: 'read into the ring', open: async () => openDoor(), tls: null },
  { name: 'read by copying', open: async () => openDoor({ directReads: false }), tls: null },
  { name: 'over TLS', open: async () => openDoor({ tls: CERTIFICATE }), tls: { ca: CERTIFICATE.cert } },
];

async function collect(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

describe('data door', () => {
  it('reads straight into given memory on this Node.js', async () => {
    expect(await canReadDirectly()).to.equal(true);
  });

  for (const way of WAYS)
    describe(way.name, () => {
      let fixture: DoorFixture;
      let common: { address: DoorFixture['address']; credentials: typeof CREDENTIALS; tls: Way['tls'] };
      before(async () => {
        fixture = await way.open();
        common = { address: fixture.address, credentials: CREDENTIALS, tls: way.tls };
        expect(fixture.door.readsDirectly).to.equal(way.name === 'read into the ring');
        expect(fixture.door.address.tls).to.equal(way.tls !== null);
      });
      after(async () => {
        await fixture.close();
      });

      const save = async (source: AsyncIterable<Uint8Array>) => saveStream({ ...common, request: REQUEST, source });

      for (const size of [0, 1, PAYLOAD_LIMIT - 1, PAYLOAD_LIMIT, PAYLOAD_LIMIT + 1, 12 * PAYLOAD_LIMIT, 3_000_001])
        it(`gives back a stream of ${String(size)} bytes as it was saved`, async () => {
          const bytes = patternedBytes(size, size);
          const saved = await save(Readable.from([bytes]));
          expect(saved.lengthBytes).to.equal(size);
          expect(fixture.service.bytesOf(saved.streamId).equals(bytes), 'what the service got').to.equal(true);
          const restored = await openRestore({ ...common, request: { streamId: saved.streamId } });
          expect(restored.lengthBytes).to.equal(size);
          expect(restored.descriptor).to.deep.include({ client: 'web01', name: 'home', pool: 'default', timeMs: 5 });
          expect((await collect(restored)).equals(bytes), 'what came back').to.equal(true);
          expect(restored.result?.crc32c).to.equal(saved.crc32c);
        });

      it('gives back any range, also one that begins and ends within a block', async () => {
        const bytes = patternedBytes(7, 5 * PAYLOAD_LIMIT + 99);
        const { streamId } = await save(Readable.from([bytes]));
        const random = new SeededRandom(11);
        const ranges: [number, number | null][] = [
          [0, 1],
          [PAYLOAD_LIMIT, PAYLOAD_LIMIT],
          [1, PAYLOAD_LIMIT],
          [bytes.length - 1, null],
          [bytes.length, null],
        ];
        for (let i = 0; i < 15; i++) ranges.push([random.below(bytes.length), 1 + random.below(300_000)]);
        for (const [offset, length] of ranges) {
          const part = await collect(await openRestore({ ...common, request: { streamId, offset, length } }));
          const expected = bytes.subarray(offset, length === null ? undefined : offset + length);
          expect(part.equals(expected), `${String(offset)}+${String(length)}`).to.equal(true);
        }
      });

      it('takes several streams at once and keeps them apart', async () => {
        const sizes = [900_000, 1, 2_500_000, 0, 131_072, 1_700_003];
        const results = await Promise.all(sizes.map(async (size, i) => save(Readable.from([patternedBytes(i, size)]))));
        results.forEach(({ streamId }, i) => {
          expect(fixture.service.bytesOf(streamId).equals(patternedBytes(i, sizes[i] as number))).to.equal(true);
        });
        expect(new Set(results.map(({ streamId }) => streamId)).size).to.equal(sizes.length);
      });

      it('restores to a slow output at its pace, holding no more than the window', async () => {
        const bytes = patternedBytes(3, 40 * PAYLOAD_LIMIT);
        const { streamId } = await save(Readable.from([bytes]));
        const got: Buffer[] = [];
        let mostLent = 0;
        const destination = new Writable({
          highWaterMark: 1,
          write: (chunk: Buffer, _encoding, done) => {
            got.push(chunk);
            mostLent = Math.max(mostLent, fixture.service.slots.lent);
            setImmediate(done);
          },
        });
        const result = await restoreStream({ ...common, request: { streamId }, destination });
        expect(Buffer.concat(got).equals(bytes)).to.equal(true);
        expect(result.lengthBytes).to.equal(bytes.length);
        expect(mostLent).to.be.at.most(8);
        expect(destination.writableEnded, 'the output is the caller\u2019s to end').to.equal(false);
      });

      it('refuses a wrong token after a second, with AUTH_DENIED', async () => {
        const attempt = saveStream({
          ...common,
          credentials: { ...CREDENTIALS, token: 'guess' },
          request: REQUEST,
          source: Readable.from([]),
        }).then(
          () => 'saved',
          (error: unknown) => (isStorageError(error) ? error.code : String(error)),
        );
        await fixture.clock.untilAsleep(1_000);
        await fixture.clock.advance(1_000);
        expect(await attempt).to.equal('AUTH_DENIED');
      });

      it('tells of progress, from the stream id to the last durable byte', async () => {
        const seen: SaveProgress[] = [];
        const bytes = patternedBytes(1, 4 * PAYLOAD_LIMIT);
        const { streamId } = await saveStream({
          ...common,
          request: REQUEST,
          source: Readable.from([bytes]),
          onProgress: (progress) => seen.push(progress),
        });
        expect(new Set(seen.map((progress) => progress.streamId))).to.deep.equal(new Set<StreamId>([streamId]));
        expect(seen.at(-1)).to.deep.equal({
          streamId,
          sentBytes: bytes.length,
          durableBytes: bytes.length,
          waiting: null,
        });
        for (const { durableBytes, sentBytes } of seen) expect(durableBytes).to.be.at.most(sentBytes);
      });
    });

  it('does not open off loopback without TLS', async () => {
    let message = '';
    try {
      const { door } = await openDoor({ host: '0.0.0.0' });
      await door.close();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).to.include('TLS only');
  });

  it('says which address it cannot have', async () => {
    const fixture = await openDoor();
    let caught: unknown = null;
    try {
      await openDoor({ port: fixture.address.port });
    } catch (error) {
      caught = error;
    }
    expect(isStorageError(caught, 'DEVICE_OPEN_FAILED')).to.equal(true);
    expect((caught as Error).message).to.include(String(fixture.address.port));
    await fixture.close();
  });

  it('refuses a key that is none with CONFIG_KEY', async () => {
    let caught: unknown = null;
    try {
      await openDoor({ tls: { cert: 'no certificate', key: 'no key' } });
    } catch (error) {
      caught = error;
    }
    expect(isStorageError(caught, 'CONFIG_KEY')).to.equal(true);
  });

  it('hands each accepted socket to be tuned', async () => {
    const tuned: number[] = [];
    const fixture = await openDoor({ tuneSocket: (fd) => tuned.push(fd) });
    const peer = await fixture.connect();
    await peer.greet();
    expect(tuned).to.have.length(1);
    expect(tuned[0]).to.be.greaterThan(2);
    await fixture.close();
  });

  it('tells who is connected and what for', async () => {
    const fixture = await openDoor();
    const peer = await fixture.connect();
    await peer.openSave();
    const [view, ...others] = fixture.door.connections;
    expect(others).to.deep.equal([]);
    expect(view).to.deep.include({ client: 'web01', kind: 'save', state: 'streaming', movedBytes: 0 });
    expect(view?.streamId).to.equal(fixture.service.kept[0]?.descriptor.streamId);
    await fixture.close();
    expect(fixture.door.connections).to.deep.equal([]);
  });

  it('on close tells those without a stream, waits for those with one, and cuts what does not end', async () => {
    const fixture = await openDoor();
    const [idle, ending, stuck] = await Promise.all([fixture.connect(), fixture.connect(), fixture.connect()]);
    await Promise.all([idle.greet(), ending.openSave(), stuck.openSave()]);
    const closed = fixture.door.close();
    expect((await idle.closed)?.code).to.equal('JOB_SHUTTING_DOWN');
    expect(fixture.door.connections.filter(({ kind }) => kind === 'save')).to.have.length(2);
    ending.send(endMessage(new Uint8Array(0)));
    await ending.next('SAVED');
    await fixture.clock.advance(10_000);
    expect((await stuck.closed)?.code).to.equal('JOB_SHUTTING_DOWN');
    await closed;
    expect(fixture.service.kept.map(({ state }) => state).sort()).to.deep.equal(['complete', 'incomplete']);
    expect(fixture.service.slots.lent).to.equal(0);
  });

  it('accepts nobody after close', async () => {
    const fixture = await openDoor();
    await fixture.close();
    let caught: unknown = null;
    try {
      await saveStream({
        address: fixture.address,
        credentials: CREDENTIALS,
        request: REQUEST,
        source: Readable.from([]),
      });
    } catch (error) {
      caught = error;
    }
    expect(isStorageError(caught, 'PROTOCOL_UNREACHABLE')).to.equal(true);
  });
});
