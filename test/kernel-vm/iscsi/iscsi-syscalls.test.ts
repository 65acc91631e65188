import { expect } from 'chai';
import { ERRNO } from '../../../src/device/errno.js';
import { createSyscallPort } from '../../../src/device/iscsi-syscalls.js';
import type { SgCompletion } from '../../../src/device/sg-command.js';
import { HOST_STATUS } from '../../../src/device/sg-io.js';
import { SgNode } from '../../../src/device/sg-node.js';
import type { SyscallPort } from '../../../src/device/syscall-port.js';
import { decodeStandardInquiry, encodeInquiryCdb } from '../../../src/scsi/inquiry.js';
import { encodeMoveMediumCdb } from '../../../src/scsi/move-medium.js';
import { encodeRead6Cdb } from '../../../src/scsi/read.js';
import { encodeRewindCdb } from '../../../src/scsi/rewind.js';
import { decodeSense } from '../../../src/scsi/sense.js';
import { encodeTestUnitReadyCdb } from '../../../src/scsi/test-unit-ready.js';
import { encodeWriteFilemarksCdb } from '../../../src/scsi/write-filemarks.js';
import { encodeWrite6Cdb } from '../../../src/scsi/write.js';
import { testBlock } from '../../support/test-block.js';
import { INITIATOR, LoopbackLibrary } from './loopback-library.js';

const timeoutMs = 10_000;
const BLOCK_BYTES = 256 * 1024;
const TRANSPORT = 16;
const FIRST_SLOT = 1024;

type Completed = Extract<SgCompletion, { kind: 'completed' }>;

function completed(completion: SgCompletion): Completed {
  if (completion.kind !== 'completed') throw new Error(`errno ${String(completion.errno)}`);
  return completion;
}

describe('logical units by libiscsi', () => {
  let loopback: LoopbackLibrary;
  let port: SyscallPort;
  let drive: SgNode;
  let changer: SgNode;

  before(async () => {
    loopback = await LoopbackLibrary.start();
    loopback.library.addCartridge('TPL001L6', 1, 8 * 1024 * 1024);
  });
  after(async () => {
    await loopback.library.stop();
  });
  beforeEach(() => {
    port = createSyscallPort({ initiator: INITIATOR });
    drive = new SgNode(port, loopback.addressOf(1));
    changer = new SgNode(port, loopback.changerAddress);
    expect([drive.open(), changer.open()]).to.deep.equal([0, 0]);
  });
  afterEach(() => {
    drive.close();
    changer.close();
  });

  it('are no files: ENOTTY, and EBADF once they are closed', () => {
    const fd = port.open(loopback.addressOf(1), 0);
    const bytes = new Uint8Array(8);
    expect([port.read(fd, bytes), port.write(fd, bytes), port.ioctl(fd, 0, bytes)]).to.deep.equal(
      Array(3).fill(-ERRNO.ENOTTY),
    );
    expect([port.close(fd), port.close(fd), port.read(fd, bytes)]).to.deep.equal([0, -ERRNO.EBADF, -ERRNO.EBADF]);
  });

  it('cannot be opened where no target is, under another name, or by a path that is none', () => {
    const { target } = loopback.library;
    expect(port.open(`iscsi://127.0.0.1:1/${target}/1`, 0)).to.equal(-ERRNO.ECONNREFUSED);
    expect(port.open(loopback.addressOf(1).replace(target, `${target}-other`), 0)).to.be.lessThan(0);
    expect(port.open('/dev/sg0', 0)).to.equal(-ERRNO.ENOENT);
  });

  it('tell who they are, with the length that was sent', () => {
    const reply = completed(
      drive.execute({ cdb: encodeInquiryCdb({ vpdPage: null, allocationLength: 96 }), replyBytes: 96, timeoutMs }),
    );
    expect([reply.status, reply.data.length]).to.deep.equal([0, 66]);
    expect(decodeStandardInquiry(reply.data)).to.include({ vendor: 'IET', product: 'VIRTUAL-TAPE' });
  });

  it('give the sense of what they refuse', () => {
    const cdb = encodeMoveMediumCdb({ transport: TRANSPORT, source: FIRST_SLOT + 2, destination: 1, invert: false });
    const refused = completed(changer.execute({ cdb, timeoutMs }));
    expect(refused.status).to.equal(2);
    expect(decodeSense(refused.sense)).to.include({ key: 5, asc: 0x3b, ascq: 0x0e });
  });

  it('take blocks and give them back, and of a filemark the sense', () => {
    const load = encodeMoveMediumCdb({ transport: TRANSPORT, source: FIRST_SLOT, destination: 1, invert: false });
    expect(completed(changer.execute({ cdb: load, timeoutMs })).status).to.equal(0);
    drive.execute({ cdb: encodeTestUnitReadyCdb(), timeoutMs });
    const blocks = [1, 2].map((n) => testBlock(n, BLOCK_BYTES));
    const length = BLOCK_BYTES;
    for (const data of blocks)
      expect(
        completed(drive.execute({ cdb: encodeWrite6Cdb({ fixed: false, length }), data, timeoutMs })).status,
      ).to.equal(0);
    drive.execute({ cdb: encodeWriteFilemarksCdb({ count: 1, immediate: false }), timeoutMs });
    drive.execute({ cdb: encodeRewindCdb({ immediate: false }), timeoutMs });
    const read = {
      cdb: encodeRead6Cdb({ fixed: false, suppressIncorrectLength: false, length }),
      replyBytes: length,
      timeoutMs,
    };
    for (const block of blocks) {
      const { status, data } = completed(drive.execute(read));
      expect([status, Buffer.compare(data, block)]).to.deep.equal([0, 0]);
    }
    const filemark = completed(drive.execute(read));
    // tgt tells no residual with sense; the sense itself does.
    expect(filemark.status).to.equal(2);
    expect(decodeSense(filemark.sense)).to.include({ filemark: true, information: length });
  });

  it('stay gone once the target has gone, until they are opened anew', async () => {
    await loopback.library.stop();
    const ask = (): number => completed(drive.execute({ cdb: encodeTestUnitReadyCdb(), timeoutMs })).hostStatus;
    expect(ask()).to.be.oneOf([HOST_STATUS.transportDisrupted, HOST_STATUS.timedOut]);
    expect(ask()).to.equal(HOST_STATUS.noConnect);
    drive.close();
    expect(drive.open()).to.equal(ERRNO.ECONNREFUSED);
  });
});
