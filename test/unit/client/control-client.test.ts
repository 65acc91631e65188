import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { ERROR_CODES, type ErrorCode } from '../../../src/base/error-codes.js';
import { StorageError, isStorageError } from '../../../src/base/storage-error.js';
import { ControlClient } from '../../../src/client/control-client.js';
import { ControlDoorFixture } from '../../support/control-door-fixture.js';
import { jobIdOf } from '../../support/inventory-samples.js';
import { EXTENT } from '../../support/fake-control-service.js';
import { barcodeOf, streamIdOf } from '../../support/records.js';

async function failureOf(promise: Promise<unknown>): Promise<StorageError> {
  const error: unknown = await promise.then(
    () => new Error('nothing failed'),
    (reason: unknown) => reason,
  );
  if (isStorageError(error)) return error;
  throw error;
}

describe('control client', () => {
  let fixture: ControlDoorFixture;
  let client: ControlClient;

  beforeEach(async () => {
    fixture = new ControlDoorFixture();
    await fixture.open();
    client = new ControlClient({ socketPath: fixture.socketPath, user: 'olga' });
  });
  afterEach(async () => {
    await fixture.close();
  });

  it('asks every question of the door and gets the whole answer', async () => {
    const { service } = fixture;
    const { barcode, blockAddress, blocks, offset, bytes } = EXTENT;
    expect(await client.status()).to.deep.equal(service.statusView);
    expect(await client.doctor()).to.deep.equal(service.doctorView);
    expect(await client.streams({})).to.deep.equal(service.streamViews);
    expect(await client.stream(streamIdOf(1))).to.deep.equal(service.streamViews[0]);
    expect(await client.extents(streamIdOf(1))).to.deep.equal({
      extents: [{ barcode, blockAddress, blocks, offset, bytes }],
      truncated: false,
    });
    expect(await client.media()).to.deep.equal(service.mediaViews);
    expect(await client.medium(barcodeOf(1))).to.deep.equal(service.mediaViews[0]);
    expect(await client.drives()).to.deep.equal(service.driveViews);
    expect(await client.driveStatus('tape0')).to.deep.equal(service.driveStatusView);
  });

  it('gives every order in the name of its user', async () => {
    const order = { kind: 'unload', drive: '0' } as const;
    const whole = { ...order, slot: null, ejectOnly: false };
    const [job] = fixture.jobs.shown;
    expect(await client.job.start(order)).to.deep.equal(job);
    expect(await client.job.plan(order)).to.deep.include({ kind: 'unload' });
    expect(await client.job.cancel(jobIdOf(1))).to.deep.equal(job);
    expect(await client.job.show(jobIdOf(1), 20)).to.deep.equal(job);
    expect(await client.job.list({ state: 'failed', limit: 2 })).to.deep.equal([job]);
    await client.job.list({});
    expect(fixture.jobs.calls).to.deep.equal([
      ['start', 'olga', whole],
      ['plan', 'olga', whole],
      ['cancel', 'olga', jobIdOf(1)],
      ['show', jobIdOf(1), 20],
      ['list', { state: 'failed', limit: 2 }],
      ['list', { limit: 100 }],
    ]);
  });

  it('passes filters on, whatever characters they have', async () => {
    await client.streams({ client: 'a&b', name: 'home/ü?#%', state: 'open', limit: 3 });
    expect(fixture.service.calls).to.deep.equal([
      ['streams', { client: 'a&b', name: 'home/ü?#%', state: 'open', limit: 3 }],
    ]);
  });

  it('keeps what is typed as a name within its place in the path', async () => {
    await client.driveStatus('../media?x=1#y');
    expect(fixture.service.calls).to.deep.equal([['driveStatus', '../media?x=1#y']]);
    expect((await failureOf(client.medium('../drives'))).code).to.equal('PROTOCOL_BODY');
  });

  it('names its user to the audit as well as a header can', async () => {
    for (const user of ['DOMAIN\\olga', 'Ольга', 'x'.repeat(100)])
      await new ControlClient({ socketPath: fixture.socketPath, user }).job.cancel(jobIdOf(1));
    expect(fixture.jobs.calls.map((call) => call[1])).to.deep.equal(['DOMAIN_olga', '_____', 'x'.repeat(64)]);
  });

  it('fails with the error the daemon had: code, words, disposition and context', async () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[])
      for (const disposition of ['retry', 'stop'] as const) {
        const failure = new StorageError(code, `about ${code}`, { disposition, context: { block: 7, bay: null } });
        fixture.service.failure = failure;
        expect((await failureOf(client.driveStatus('0'))).toRecord()).to.deep.equal(failure.toRecord());
      }
  });

  it('says that the daemon had an internal error', async () => {
    fixture.service.failure = new Error('boom');
    const error = await failureOf(client.media());
    expect(error.code).to.equal('PROTOCOL_GARBAGE');
    expect(error.message).to.equal('Internal error: boom');
  });

  it('says what to look at when no daemon is there', async () => {
    for (const name of ['control.sock', 'none/control.sock']) {
      const socketPath = join(fixture.directory, name);
      await fixture.close();
      const error = await failureOf(new ControlClient({ socketPath, user: 'olga' }).status());
      expect(error.code).to.equal('PROTOCOL_UNREACHABLE');
      expect(error.message).to.contain(socketPath).and.to.contain('Is tapeloomd running');
    }
  });
});

describe('control client before something that is no control door', () => {
  let fixture: ControlDoorFixture;
  let server: Server;
  let answer: (socket: Socket) => void;
  let client: ControlClient;

  beforeEach(async () => {
    fixture = new ControlDoorFixture();
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        answer(socket);
      });
    });
    server.listen(fixture.socketPath);
    await once(server, 'listening');
    client = new ControlClient({ socketPath: fixture.socketPath, user: 'olga' });
  });
  afterEach(async () => {
    server.close();
    await once(server, 'close');
    await fixture.close();
  });

  const codeOn = async (reply: (socket: Socket) => void): Promise<ErrorCode> => {
    answer = reply;
    return (await failureOf(client.status())).code;
  };
  const http = (status: string, body: string) => (socket: Socket) => {
    socket.end(`HTTP/1.1 ${status}\r\ncontent-length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`);
  };

  it('takes no page of another server for an answer', async () => {
    expect(await codeOn(http('200 OK', '<html>'))).to.equal('PROTOCOL_GARBAGE');
    expect(await codeOn(http('200 OK', ''))).to.equal('PROTOCOL_GARBAGE');
  });

  it('takes no error of another server for one of the daemon', async () => {
    for (const body of ['null', '7', '"no"', '{}', '{"error":null}', '{"error":"no"}', '{"error":{"code":"NO_SUCH"}}'])
      expect(await codeOn(http('502 Bad Gateway', body)), body).to.equal('PROTOCOL_GARBAGE');
  });

  it('makes do with an error that lacks all but its code', async () => {
    answer = http('409 Conflict', '{"error":{"code":"DRIVE_BUSY","disposition":"panic","context":null}}');
    const error = await failureOf(client.status());
    expect(error.toRecord()).to.deep.equal({
      code: 'DRIVE_BUSY',
      message: 'The daemon answered with status 409.',
      disposition: ERROR_CODES.DRIVE_BUSY.disposition,
      context: {},
    });
  });

  it('tells an answer that broke off from one that never came', async () => {
    const half = (socket: Socket): void => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"node":', () => socket.destroy());
    };
    expect(await codeOn(half)).to.equal('PROTOCOL_DISCONNECTED');
    expect(await codeOn((socket) => socket.destroy())).to.equal('PROTOCOL_UNREACHABLE');
  });

  it('does not wait for something that speaks no HTTP', async () => {
    const banner = (socket: Socket): void => {
      socket.end('SSH-2.0-OpenSSH_9.2\r\n');
    };
    expect(await codeOn(banner)).to.equal('PROTOCOL_UNREACHABLE');
  });
});
