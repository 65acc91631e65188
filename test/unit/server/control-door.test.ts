import { expect } from 'chai';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ERROR_CODES, type ErrorCode } from '../../../src/base/error-codes.js';
import { StorageError, isStorageError } from '../../../src/base/storage-error.js';
import type { ErrorView } from '../../../src/protocol/control-api.js';
import { ControlDoorFixture, type Answer } from '../../support/control-door-fixture.js';
import { EXTENT } from '../../support/fake-control-service.js';
import { jobIdOf } from '../../support/inventory-samples.js';
import { streamIdOf } from '../../support/records.js';

const ROUTES = [
  'GET /v1/status',
  'GET /v1/doctor',
  'GET /v1/streams',
  'GET /v1/streams/{streamId}',
  'GET /v1/streams/{streamId}/extents',
  'GET /v1/media',
  'GET /v1/media/{barcode}',
  'GET /v1/changers',
  'GET /v1/changers/{changer}',
  'GET /v1/catalogue',
  'POST /v1/catalogue',
  'GET /v1/hardware',
  'GET /v1/drives',
  'GET /v1/drives/{drive}',
  'POST /v1/jobs',
  'POST /v1/jobs/plan',
  'GET /v1/jobs',
  'GET /v1/jobs/{jobId}',
  'POST /v1/jobs/{jobId}/cancel',
  'GET /v1/offsite',
  'GET /v1/media/{barcode}/moves',
  'POST /v1/drives/{drive}/down',
  'POST /v1/drives/{drive}/up',
  'GET /v1/media/{barcode}/why',
  'POST /v1/drives/{drive}/move',
  'GET /v1/drives/{drive}/memory',
  'GET /v1/drives/{drive}/health',
  'GET /v1/drives/{drive}/history',
  'GET /v1/media/{barcode}/history',
  'GET /v1/health/matrix',
  'GET /v1/pools',
  'POST /v1/pools',
  'GET /v1/pools/{pool}',
  'POST /v1/pools/{pool}/update',
  'POST /v1/pools/{pool}/remove',
  'POST /v1/streams/{streamId}/hold',
  'POST /v1/streams/{streamId}/release',
  'GET /v1/clock',
  'POST /v1/clock/confirm',
];

function errorOf(answer: Answer): ErrorView['error'] {
  return (JSON.parse(answer.body) as ErrorView).error;
}

describe('control door', () => {
  let fixture: ControlDoorFixture;

  beforeEach(async () => {
    fixture = new ControlDoorFixture();
    await fixture.open();
  });
  afterEach(async () => {
    await fixture.close();
  });

  const documentAt = async (path: string): Promise<unknown> => {
    const answer = await fixture.send('GET', path);
    expect(answer.status, answer.body).to.equal(200);
    return JSON.parse(answer.body);
  };
  /** The daemon was not asked, and what the caller did wrong is said. */
  const expectRefused = (answer: Answer, status: number): void => {
    expect(answer.status, answer.body).to.equal(status);
    expect(errorOf(answer).code).to.equal('PROTOCOL_BODY');
    expect([...fixture.service.calls, ...fixture.jobs.calls]).to.deep.equal([]);
  };

  describe('answers', () => {
    it('what the daemon, the drives and the media are', async () => {
      const { service } = fixture;
      expect(await documentAt('/v1/status')).to.deep.equal(service.statusView);
      expect(await documentAt('/v1/doctor')).to.deep.equal(service.doctorView);
      expect(await documentAt('/v1/media')).to.deep.equal({ media: service.mediaViews });
      expect(await documentAt('/v1/media/TPL001L9')).to.deep.equal(service.mediaViews[0]);
      expect(await documentAt('/v1/drives')).to.deep.equal({ drives: service.driveViews });
      expect(await documentAt('/v1/drives/tape0')).to.deep.equal(service.driveStatusView);
      expect(service.calls.slice(-1)).to.deep.equal([['driveStatus', 'tape0']]);
    });

    it('the streams asked for, and not more than a stated number without being asked', async () => {
      const { service } = fixture;
      expect(await documentAt('/v1/streams')).to.deep.equal({ streams: service.streamViews });
      await documentAt('/v1/streams?client=web01&name=home%2Fa&state=complete&limit=5');
      expect(service.calls).to.deep.equal([
        ['streams', { limit: 1000 }],
        ['streams', { client: 'web01', name: 'home/a', state: 'complete', limit: 5 }],
      ]);
      expect(await documentAt(`/v1/streams/${streamIdOf(1)}`)).to.deep.equal(service.streamViews[0]);
    });

    it('the extents of a stream, with nothing of the records but what the schema names', async () => {
      const { barcode, blockAddress, blocks, offset, bytes } = EXTENT;
      expect(await documentAt(`/v1/streams/${streamIdOf(1)}/extents`)).to.deep.equal({
        extents: [{ barcode, blockAddress, blocks, offset, bytes }],
        truncated: false,
      });
      expect(fixture.service.calls).to.deep.equal([['extents', streamIdOf(1)]]);
    });

    it('the first 100,000 extents of a longer stream, and says that there are more', async () => {
      fixture.service.extentViews = (function* () {
        for (let i = 0; i <= 100_000; i++) yield { ...EXTENT, blockAddress: i };
      })();
      const answer = (await documentAt(`/v1/streams/${streamIdOf(1)}/extents`)) as {
        extents: { blockAddress: number }[];
        truncated: boolean;
      };
      expect(answer.extents).to.have.length(100_000);
      expect(answer.extents[99_999]?.blockAddress).to.equal(99_999);
      expect(answer.truncated).to.equal(true);
    });

    it('the largest numbers exactly', async () => {
      const [stream] = fixture.service.streamViews;
      if (stream === undefined) throw new Error('no sample');
      fixture.service.streamViews = [{ ...stream, lengthBytes: Number.MAX_SAFE_INTEGER, crc32c: 0xffff_ffff }];
      expect(await documentAt(`/v1/streams/${streamIdOf(1)}`)).to.deep.include({
        lengthBytes: Number.MAX_SAFE_INTEGER,
        crc32c: 0xffff_ffff,
      });
      fixture.service.streamViews = [{ ...stream, lengthBytes: '18446744073709551615' }];
      expect(await documentAt(`/v1/streams/${streamIdOf(1)}`)).to.deep.include({ lengthBytes: '18446744073709551615' });
    });

    it('in OpenAPI which routes there are', async () => {
      const document = (await documentAt('/v1/openapi.json')) as {
        openapi: string;
        paths: Record<string, Record<string, { responses: object }>>;
      };
      expect(document.openapi).to.match(/^3\./);
      const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
      expect(listed).to.have.members(ROUTES);
      for (const methods of Object.values(document.paths))
        for (const route of Object.values(methods)) expect(route.responses).to.have.keys('200', 'default');
    });
  });

  describe('passes on orders', () => {
    it('with the name of who gave them', async () => {
      const json = { 'x-tapeloom-user': 'olga', 'content-type': 'application/json' };
      const order = { kind: 'unload', drive: 'tape0', slot: 3, ejectOnly: false };
      const answers = [
        await fixture.send('POST', '/v1/jobs', json, JSON.stringify(order)),
        await fixture.send('POST', '/v1/jobs/plan', json, JSON.stringify(order)),
        await fixture.send('POST', `/v1/jobs/${jobIdOf(1)}/cancel`, { 'x-tapeloom-user': 'olga' }),
      ];
      expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
      expect(fixture.jobs.calls).to.deep.equal([
        ['start', 'olga', order],
        ['plan', 'olga', order],
        ['cancel', 'olga', jobIdOf(1)],
      ]);
    });

    it('and names no user who could forge a line of the audit', async () => {
      const cancel = `/v1/jobs/${jobIdOf(1)}/cancel`;
      for (const user of ['', 'a b', 'x'.repeat(65), 'o;rm'])
        await fixture.send('POST', cancel, { 'x-tapeloom-user': user });
      await fixture.send('POST', cancel);
      expect(fixture.jobs.calls.map(([, who]) => who)).to.deep.equal(Array.from({ length: 5 }, () => 'control-door'));
    });

    it('with barcodes in their canonical form, however they were typed or scanned, and what was left out filled in', async () => {
      await fixture.post('/v1/jobs', { kind: 'label', barcodes: ['*tpl001l9*', ']A0TPL002L9'], pool: 'p' });
      expect(fixture.jobs.orders).to.deep.equal([
        { kind: 'label', barcodes: ['TPL001L9', 'TPL002L9'], pool: 'p', overwrite: [] },
      ]);
    });

    it('and questions for media outside the changers', async () => {
      const { offsite } = fixture;
      expect(await documentAt('/v1/offsite?kind=vault&vault=bank&overdue=true')).to.deep.equal({
        media: offsite.views,
      });
      await documentAt('/v1/offsite');
      expect(await documentAt('/v1/media/TPL001L9/moves?limit=5')).to.deep.equal({ moves: offsite.moveViews });
      expect(offsite.calls).to.deep.equal([
        ['offsite', { kind: 'vault', vault: 'bank', overdue: true }],
        ['offsite', { overdue: false }],
        ['moves', 'TPL001L9', 5],
      ]);
    });

    it('and questions for jobs', async () => {
      const { jobs } = fixture;
      expect(await documentAt('/v1/jobs?state=failed&limit=7')).to.deep.equal({ jobs: jobs.shown });
      expect(await documentAt(`/v1/jobs/${jobIdOf(1)}?waitMs=500`)).to.deep.equal(jobs.shown[0]);
      await documentAt(`/v1/jobs/${jobIdOf(1)}`);
      await documentAt('/v1/jobs');
      expect(jobs.calls).to.deep.equal([
        ['list', { state: 'failed', limit: 7 }],
        ['show', jobIdOf(1), 500],
        ['show', jobIdOf(1), 0],
        ['list', { limit: 100 }],
      ]);
    });
  });

  describe('refuses, before the daemon is asked,', () => {
    const label = { kind: 'label', barcodes: ['TPL001L9'], pool: 'default' };

    it('a body with an unknown key: a misspelt option must not be left out silently', async () => {
      expectRefused(await fixture.post('/v1/jobs', { ...label, overwriet: ['TPL001L9'] }), 400);
      expectRefused(await fixture.post('/v1/jobs', { kind: 'unload', drive: '0', force: true }), 400);
    });

    it('a body that lacks a key, has a value of another type or is no object', async () => {
      for (const body of [
        {},
        { kind: 'label', barcodes: ['TPL001L9'] },
        { ...label, kind: 'burn' },
        { ...label, barcodes: 'TPL001L9' },
        { ...label, barcodes: [] },
        { ...label, barcodes: [1] },
        { ...label, barcodes: Array.from({ length: 1001 }, () => 'TPL001L9') },
        { ...label, overwrite: true },
        [],
        'TPL001L9',
        null,
      ])
        expectRefused(await fixture.post('/v1/jobs', body), 400);
    });

    it('a body that is not JSON, is empty, or says it is something else', async () => {
      const json = { 'content-type': 'application/json' };
      expectRefused(await fixture.send('POST', '/v1/jobs', json, '{"kind":'), 400);
      expectRefused(await fixture.send('POST', '/v1/jobs', json, ''), 400);
      expectRefused(await fixture.send('POST', '/v1/jobs'), 400);
      expectRefused(await fixture.send('POST', '/v1/jobs', { 'content-type': 'text/xml' }, '<barcode/>'), 415);
    });

    it('a body that would set what objects inherit', async () => {
      const json = { 'content-type': 'application/json' };
      const body = `${JSON.stringify(label).slice(0, -1)},"__proto__":{"overwrite":["TPL001L9"]}}`;
      expectRefused(await fixture.send('POST', '/v1/jobs', json, body), 400);
    });

    it('a body longer than 64 KiB', async () => {
      expectRefused(await fixture.post('/v1/jobs', { ...label, pool: 'x'.repeat(70_000) }), 413);
    });

    it('an order whose parts make no sense', async () => {
      for (const order of [
        { kind: 'eject', barcodes: ['TPL001L9'], vault: 'no such name' },
        { kind: 'load', cartridge: {}, drive: '0' },
        { kind: 'load', cartridge: { barcode: 'TPL001L9', slot: 3 } },
        { kind: 'transfer', from: 0, to: 3 },
        { kind: 'transfer', from: 1.5, to: 3 },
        { kind: 'set-state', barcodes: ['TPL001L9'], state: 'lost', reason: 'x' },
        { kind: 'set-state', barcodes: ['TPL001L9'], state: 'retired', reason: '  ' },
        { kind: 'erase', barcodes: ['TPL001L9'], extent: 'quick' },
        { kind: 'check-out', barcodes: ['TPL001L9'] },
        { kind: 'stock-take', place: { kind: 'slot' }, barcodes: [] },
        { kind: 'read-label', cartridges: { drive: '0', barcode: 'TPL001L9' } },
      ])
        expectRefused(await fixture.post('/v1/jobs', order), 400);
    });

    it('what is no job id, and no time to wait', async () => {
      for (const path of [
        '1',
        '..%2Fmedia',
        `${jobIdOf(1)}?waitMs=-1`,
        `${jobIdOf(1)}?waitMs=60001`,
        `${jobIdOf(1)}?x=1`,
      ])
        expectRefused(await fixture.send('GET', `/v1/jobs/${path}`), 400);
    });

    it('what is no barcode, wherever one belongs', async () => {
      expectRefused(await fixture.send('GET', '/v1/media/TPL1'), 400);
      expectRefused(await fixture.send('GET', '/v1/media/..%2F..%2Fetc'), 400);
      expectRefused(await fixture.post('/v1/jobs', { kind: 'load', barcode: 'TPL001XX', drive: '0' }), 400);
      expectRefused(await fixture.post('/v1/jobs', { ...label, barcodes: ['TPL001'] }), 400);
      const wrong = await fixture.post('/v1/jobs', { ...label, overwrite: ['yes'] });
      expectRefused(wrong, 400);
      expect(errorOf(wrong).message).to.contain('"yes" is not a barcode');
    });

    it('what is no stream id', async () => {
      for (const id of [
        '1',
        streamIdOf(1).toUpperCase().replace('0000', 'ABCD'),
        `${streamIdOf(1)}0`,
        'x'.repeat(65),
      ]) {
        expectRefused(await fixture.send('GET', `/v1/streams/${id}`), 400);
        expectRefused(await fixture.send('GET', `/v1/streams/${id}/extents`), 400);
      }
    });

    it('a filter it does not know, or a limit that is none', async () => {
      for (const query of [
        'limit=0',
        'limit=10001',
        'limit=1.5',
        'limit=many',
        'state=lost',
        'sort=name',
        'limit=1&limit=2',
      ])
        expectRefused(await fixture.send('GET', `/v1/streams?${query}`), 400);
    });

    it('a path it does not have, saying where to look', async () => {
      const answers = [
        await fixture.send('GET', '/'),
        await fixture.send('GET', '/v2/status'),
        await fixture.send('DELETE', '/v1/media/TPL001L9'),
        await fixture.send('POST', '/v1/status'),
      ];
      for (const answer of answers) {
        expectRefused(answer, 404);
        expect(errorOf(answer).message).to.contain('/v1/openapi.json');
      }
    });

    it('what is no HTTP at all, and goes on', async () => {
      const socket = createConnection(fixture.socketPath);
      await once(socket, 'connect');
      const answered = text(socket);
      socket.end(Buffer.from([0x16, 3, 1, 0, 0xa5, 1, 0, 0, 13, 10, 13, 10]));
      expect(await answered).to.match(/^HTTP\/1\.1 400 /);
      expect((await fixture.send('GET', '/v1/status')).status).to.equal(200);
    });
  });

  describe('reports', () => {
    it('every failure of the daemon with its code, words, disposition and the HTTP status of the table', async () => {
      for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
        fixture.service.failure = new StorageError(code, `about ${code}`, {
          context: { barcode: 'TPL001L9', block: 7, sure: false, nothing: null, left: undefined },
          disposition: 'take-drive-down',
        });
        const answer = await fixture.send('GET', '/v1/status');
        expect(answer.status, code).to.equal(ERROR_CODES[code].httpStatus);
        expect(errorOf(answer)).to.deep.equal({
          code,
          message: `about ${code}`,
          disposition: 'take-drive-down',
          context: { barcode: 'TPL001L9', block: 7, sure: false, nothing: null },
        });
      }
      expect(fixture.events).to.deep.equal([]);
    });

    it('a failure in the middle of a row of extents as a failure, not as a shorter row', async () => {
      fixture.service.extentViews = (function* () {
        yield EXTENT;
        throw new StorageError('INVENTORY_CORRUPT', 'extent 1 fails its checksum');
      })();
      const answer = await fixture.send('GET', `/v1/streams/${streamIdOf(1)}/extents`);
      expect(answer.status).to.equal(500);
      expect(errorOf(answer).code).to.equal('INVENTORY_CORRUPT');
    });

    it('a mistake of ours as internal, logs where it happened, and goes on', async () => {
      fixture.service.failure = new TypeError('x is undefined');
      const answer = await fixture.send('GET', '/v1/media');
      expect(answer.status).to.equal(500);
      expect(errorOf(answer)).to.deep.include({ code: 'INTERNAL', disposition: 'stop' });
      expect(fixture.events).to.have.length(1);
      expect(fixture.events[0]?.event).to.equal('control.internal-error');
      expect(String((fixture.events[0]?.fields as { stack?: string }).stack)).to.match(
        /TypeError: x is undefined\n +at /,
      );
      fixture.service.failure = null;
      expect((await fixture.send('GET', '/v1/media')).status).to.equal(200);
    });

    it('an answer that is not of the stated shape as internal, and never sends it', async () => {
      fixture.service.doctorView = { checks: [{ name: 'x', result: 'fine' as never, message: '' }] };
      const answer = await fixture.send('GET', '/v1/doctor');
      expect(answer.status).to.equal(500);
      expect(answer.body).not.to.contain('fine');
      expect(fixture.events.map(({ event }) => event)).to.deep.equal(['control.internal-error']);
    });
  });

  describe('finishes', () => {
    it('the request in hand when it is closed, takes no more, and leaves no socket behind', async () => {
      let answerNow: () => void = () => undefined;
      const asked = new Promise<void>((resolveAsked) => {
        fixture.service.status = async () => {
          resolveAsked();
          await new Promise<void>((resolve) => (answerNow = resolve));
          return fixture.service.statusView;
        };
      });
      const pending = fixture.send('GET', '/v1/status');
      await asked;
      const closing = fixture.close();
      answerNow();
      expect((await pending).status).to.equal(200);
      await closing;
      expect(existsSync(fixture.socketPath)).to.equal(false);
    });
  });
});

describe('the socket of a control door', () => {
  let fixture: ControlDoorFixture;

  beforeEach(() => {
    fixture = new ControlDoorFixture();
  });
  afterEach(async () => {
    await fixture.close();
  });

  const codeOfOpening = async (): Promise<string> => {
    try {
      await fixture.open();
    } catch (error) {
      if (isStorageError(error)) return error.code;
      throw error;
    }
    return 'none';
  };
  /** What a killed daemon leaves: a socket that refuses. */
  const leaveStaleSocket = (): void => {
    const program = 'require("net").createServer().listen(process.argv[1],()=>process.kill(process.pid,"SIGKILL"))';
    spawnSync(process.execPath, ['-e', program, fixture.socketPath]);
    expect(statSync(fixture.socketPath).isSocket()).to.equal(true);
  };

  it('has the mode of the configuration', async () => {
    await fixture.open();
    const { mode } = statSync(fixture.socketPath);
    expect((mode & 0o777).toString(8)).to.equal('660');
  });

  it('that a killed daemon left is replaced', async () => {
    leaveStaleSocket();
    await fixture.open();
    expect((await fixture.send('GET', '/v1/status')).status).to.equal(200);
  });

  it('on which another daemon answers is left to it', async () => {
    const other = new ControlDoorFixture();
    try {
      await other.open();
      const mine = Object.assign(fixture, { socketPath: other.socketPath });
      expect(await codeOfOpening()).to.equal('CONFIG_UNSAFE');
      expect((await mine.send('GET', '/v1/status')).status).to.equal(200);
      expect(other.service.calls).to.deep.equal([['status']]);
    } finally {
      await other.close();
    }
  });

  it('is never made of a file that is something else', async () => {
    writeFileSync(fixture.socketPath, 'precious');
    expect(await codeOfOpening()).to.equal('CONFIG_UNSAFE');
    expect(readFileSync(fixture.socketPath, 'utf8')).to.equal('precious');
  });

  it('is never made of a directory', async () => {
    mkdirSync(fixture.socketPath);
    expect(await codeOfOpening()).to.equal('CONFIG_UNSAFE');
    expect(statSync(fixture.socketPath).isDirectory()).to.equal(true);
  });

  it('whose directory is missing cannot be opened', async () => {
    Object.assign(fixture, { socketPath: join(fixture.directory, 'none', 's') });
    expect(await codeOfOpening()).to.equal('DEVICE_OPEN_FAILED');
  });

  it('with a name longer than the kernel takes is refused, not opened under a shorter one', async () => {
    Object.assign(fixture, { socketPath: join(fixture.directory, 'x'.repeat(120)) });
    expect(await codeOfOpening()).to.equal('CONFIG_UNSAFE');
    expect(readdirSync(fixture.directory)).to.deep.equal([]);
  });

  it('can be opened again after it was closed', async () => {
    const door = await fixture.open();
    await door.close();
    await fixture.open();
    chmodSync(fixture.socketPath, 0o600);
    expect((await fixture.send('GET', '/v1/status')).status).to.equal(200);
  });
});
