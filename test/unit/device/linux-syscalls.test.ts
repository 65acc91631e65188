import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AssertionError } from '../../../src/base/assert.js';
import { ERRNO } from '../../../src/device/errno.js';
import { createSyscallPort } from '../../../src/device/linux-syscalls.js';
import { MTGET_BYTES, MTIO } from '../../../src/device/mtio.js';
import { encodeSgIoRequest, SG_IOCTL } from '../../../src/device/sg-io.js';
import { OPEN_FLAGS, type SyscallPortModule } from '../../../src/device/syscall-port.js';

({ createSyscallPort }) satisfies SyscallPortModule;

describe('the real system calls', () => {
  const port = createSyscallPort();
  let directory = '';
  const opened: number[] = [];

  /** Opens what must open, and sees to the closing. */
  function open(path: string, flags: number): number {
    const fd = port.open(path, flags);
    expect(fd).to.be.at.least(0);
    opened.push(fd);
    return fd;
  }

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tapeloom-syscalls-'));
  });
  afterEach(() => {
    for (const fd of opened.splice(0)) port.close(fd);
    rmSync(directory, { recursive: true });
  });

  it('write and read the bytes of one call and tell how many', () => {
    const path = join(directory, 'file');
    writeFileSync(path, 'tape');
    const fd = open(path, OPEN_FLAGS.readWrite);
    const into = new Uint8Array(10);
    expect(port.read(fd, into)).to.equal(4);
    expect(into).to.deep.equal(Uint8Array.from([...Buffer.from('tape'), 0, 0, 0, 0, 0, 0]));
    expect(port.read(fd, into)).to.equal(0);
    expect(port.write(fd, Buffer.from('loom'))).to.equal(4);
    expect(readFileSync(path, 'utf8')).to.equal('tapeloom');
  });

  it('move exactly the bytes of a range of shared memory', () => {
    const path = join(directory, 'file');
    writeFileSync(path, '');
    const memory = new Uint8Array(new SharedArrayBuffer(64)).fill(0xee);
    const fd = open(path, OPEN_FLAGS.readWrite);
    memory.set([1, 2, 3], 5);
    expect(port.write(fd, memory.subarray(5, 8))).to.equal(3);
    expect([...readFileSync(path)]).to.deep.equal([1, 2, 3]);

    const again = open(path, OPEN_FLAGS.readOnly);
    expect(port.read(again, memory.subarray(33, 43))).to.equal(3);
    expect([...memory.subarray(32, 37)]).to.deep.equal([0xee, 1, 2, 3, 0xee]);
  });

  it('return what a pipe has, and EAGAIN when it has nothing, without waiting or completing', () => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    const fd = open(path, OPEN_FLAGS.readWrite | OPEN_FLAGS.nonBlocking);
    expect(port.read(fd, new Uint8Array(4))).to.equal(-ERRNO.EAGAIN);
    expect(port.write(fd, Buffer.from('abcdef'))).to.equal(6);
    expect(port.read(fd, new Uint8Array(4))).to.equal(4);
    expect(port.read(fd, new Uint8Array(4))).to.equal(2);
    // A full pipe takes a part, then nothing.
    const big = new Uint8Array(1 << 21);
    const taken = port.write(fd, big);
    expect(taken).to.be.greaterThan(0).and.lessThan(big.length);
    expect(port.write(fd, big)).to.equal(-ERRNO.EAGAIN);
  });

  it('return the negative errno of a failure', () => {
    expect(port.open(join(directory, 'nothing'), OPEN_FLAGS.readOnly)).to.equal(-ERRNO.ENOENT);
    expect(port.open(directory, OPEN_FLAGS.readWrite)).to.equal(-ERRNO.EISDIR);
    const full = open('/dev/full', OPEN_FLAGS.readWrite);
    expect(port.write(full, new Uint8Array(8))).to.equal(-ERRNO.ENOSPC);
    const readOnly = open('/dev/null', OPEN_FLAGS.readOnly);
    expect(port.write(readOnly, new Uint8Array(8))).to.equal(-ERRNO.EBADF);
    expect(port.read(-1, new Uint8Array(8))).to.equal(-ERRNO.EBADF);
  });

  it('do not carry the errno of one call into the next', () => {
    expect(port.open(join(directory, 'nothing'), OPEN_FLAGS.readOnly)).to.equal(-ERRNO.ENOENT);
    const fd = open('/dev/null', OPEN_FLAGS.readWrite);
    expect(port.write(fd, new Uint8Array(0))).to.equal(0);
    expect(port.read(fd, new Uint8Array(0))).to.equal(0);
  });

  it('close once; a second close is EBADF', () => {
    const fd = port.open('/dev/null', OPEN_FLAGS.readOnly);
    expect(port.close(fd)).to.equal(0);
    expect(port.close(fd)).to.equal(-ERRNO.EBADF);
  });

  it('open close-on-exec, asked or not', () => {
    const fd = open('/dev/null', OPEN_FLAGS.readOnly);
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'utf8'))?.[1];
    expect(Number.parseInt(flags ?? '0', 8) & OPEN_FLAGS.closeOnExec).to.equal(OPEN_FLAGS.closeOnExec);
  });

  it('tell ENOTTY for a tape status of what is no tape and for a SCSI command to what is no SCSI device', () => {
    const fd = open('/dev/null', OPEN_FLAGS.readWrite);
    expect(port.ioctl(fd, MTIO.getStatus, new Uint8Array(MTGET_BYTES))).to.equal(-ERRNO.ENOTTY);
    const header = inquiry();
    expect(port.sgIo(fd, header, new Uint8Array(6), new Uint8Array(96), new Uint8Array(32))).to.equal(-ERRNO.ENOTTY);
    expect(header, 'no address stays in the header').to.deep.equal(inquiry());
  });

  it('fill the argument of an ioctl in place', () => {
    const FIONREAD = 0x541b;
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    const fd = open(path, OPEN_FLAGS.readWrite | OPEN_FLAGS.nonBlocking);
    port.write(fd, new Uint8Array(300));
    const count = new Uint8Array(4);
    expect(port.ioctl(fd, FIONREAD, count)).to.equal(0);
    expect([...count]).to.deep.equal([300 & 0xff, 300 >> 8, 0, 0]);
  });

  it('do not let the kernel write behind a buffer of ours', () => {
    const fd = open('/dev/null', OPEN_FLAGS.readWrite);
    expect(() => port.ioctl(fd, MTIO.getStatus, new Uint8Array(MTGET_BYTES - 1))).to.throw(AssertionError);
    expect(() => port.ioctl(fd, SG_IOCTL.io, new Uint8Array(88))).to.throw(AssertionError);
    const call = (cdb: number, data: number, sense: number) => (): number =>
      port.sgIo(fd, inquiry(), new Uint8Array(cdb), new Uint8Array(data), new Uint8Array(sense));
    expect(call(10, 96, 32)).to.throw(AssertionError);
    expect(call(6, 95, 32)).to.throw(AssertionError);
    expect(call(6, 96, 31)).to.throw(AssertionError);
    expect(call(6, 96, 32)()).to.equal(-ERRNO.ENOTTY);
  });

  it('send a SCSI command once, with its buffers, signals held back, and leave no address behind', () => {
    // The program puts itself in the kernel's place and fails at the first thing that is not so.
    expect(execFileSync('native/build/sg-io-check', { encoding: 'utf8' })).to.equal('good\n');
  });

  it('take no path that C would cut short, and create no files', () => {
    expect(() => port.open('/dev/null\0.tape', OPEN_FLAGS.readOnly)).to.throw(AssertionError);
    expect(() => port.open(join(directory, 'new'), 0o102)).to.throw(AssertionError);
  });

  it('work on a worker thread, with an errno of its own', async () => {
    const module = new URL('../../../src/device/linux-syscalls.js', import.meta.url).href;
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       import(${JSON.stringify(module)}).then(({ createSyscallPort }) => {
         const port = createSyscallPort();
         const results = [];
         for (let i = 0; i < 2000; i++) results.push(port.read(-1, new Uint8Array(1)));
         parentPort.postMessage([...new Set(results)]);
       });`,
      { eval: true },
    );
    const answer = new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    for (let i = 0; i < 2000; i++)
      expect(port.open(join(directory, 'nothing'), OPEN_FLAGS.readOnly)).to.equal(-ERRNO.ENOENT);
    expect(await answer).to.deep.equal([-ERRNO.EBADF]);
    await worker.terminate();
  });
});

function inquiry(): Uint8Array {
  return encodeSgIoRequest({ direction: 'from-device', cdbBytes: 6, dataBytes: 96, senseBytes: 32, timeoutMs: 1000 });
}
