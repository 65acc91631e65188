import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.js';
import { ERRNO } from '../../src/device/errno.js';
import { InlineScsiChannel } from '../../src/device/inline-scsi-channel.js';
import type { ScsiChannel } from '../../src/device/scsi-channel.js';
import type { SgCommand, SgCompletion } from '../../src/device/sg-command.js';
import { WorkerScsiChannel } from '../../src/device/worker-scsi-channel.js';
import { encodeInquiryCdb, decodeStandardInquiry } from '../../src/scsi/inquiry.js';
import { encodeMoveMediumCdb } from '../../src/scsi/move-medium.js';
import { encodePreventAllowCdb } from '../../src/scsi/prevent-allow.js';
import { encodeRewindCdb } from '../../src/scsi/rewind.js';
import { decodeSense } from '../../src/scsi/sense.js';
import { codeOf } from '../support/rejection-code.js';
import { createSyscallPort, FAKE_PORT } from '../support/fake-changer-port.js';

const INQUIRY: SgCommand = {
  cdb: encodeInquiryCdb({ vpdPage: null, allocationLength: 96 }),
  replyBytes: 96,
  timeoutMs: 1000,
};
const MOVE_FROM_EMPTY: SgCommand = {
  cdb: encodeMoveMediumCdb({ transport: 1, source: 0x1000, destination: 0x100, invert: false }),
  timeoutMs: 1000,
};
const BLOCKING: SgCommand = { cdb: encodePreventAllowCdb({ prevent: true }), timeoutMs: 1000 };
const FATAL: SgCommand = { cdb: encodeRewindCdb({ immediate: false }), timeoutMs: 1000 };

function makeControl(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(4 * FAKE_PORT.words));
}

function makeWorkerChannel(control: Int32Array<SharedArrayBuffer>, module = 'fake-changer-port'): WorkerScsiChannel {
  const portModuleUrl = new URL(`../support/${module}.js`, import.meta.url).href;
  return new WorkerScsiChannel(
    { device: '/dev/sg9', portModuleUrl, portOptions: { control: control.buffer } },
    systemClock,
  );
}

function productOf(completion: SgCompletion): string {
  return completion.kind === 'completed' ? decodeStandardInquiry(completion.data).product : completion.kind;
}

function senseOf(completion: SgCompletion): string {
  if (completion.kind !== 'completed') return completion.kind;
  const { key, asc, ascq } = decodeSense(completion.sense);
  return `${String(completion.status)}: ${String(key)}/${asc.toString(16)}/${ascq.toString(16)}`;
}

const makers: readonly (readonly [string, (control: Int32Array<SharedArrayBuffer>) => ScsiChannel])[] = [
  [
    'inline-scsi-channel',
    (control) => new InlineScsiChannel(createSyscallPort({ control: control.buffer }), '/dev/sg9'),
  ],
  ['worker-scsi-channel', (control) => makeWorkerChannel(control)],
];

for (const [name, make] of makers)
  describe(`SCSI channel contract: ${name}`, () => {
    let control: Int32Array<SharedArrayBuffer>;
    let channel: ScsiChannel;

    beforeEach(() => {
      control = makeControl();
      channel = make(control);
    });
    afterEach(async () => {
      await channel.close();
    });

    it('names its device', () => {
      expect(channel.device).to.equal('/dev/sg9');
    });

    it('tells the errno with which the node could not be opened, and opens it when that has passed', async () => {
      Atomics.store(control, FAKE_PORT.openErrno, ERRNO.ENOENT);
      expect(await channel.open()).to.equal(ERRNO.ENOENT);
      Atomics.store(control, FAKE_PORT.openErrno, 0);
      expect(await channel.open()).to.equal(0);
    });

    it('sends nothing while it is not open', async () => {
      expect(await channel.execute(INQUIRY)).to.deep.equal({ kind: 'errno', errno: ERRNO.EBADF });
      await channel.open();
      await channel.close();
      expect(await channel.execute(INQUIRY)).to.deep.equal({ kind: 'errno', errno: ERRNO.EBADF });
    });

    it('brings data as long as was transferred, and sense with the status', async () => {
      await channel.open();
      const inquiry = await channel.execute(INQUIRY);
      expect(inquiry.kind === 'completed' && inquiry.data.length).to.equal(36);
      expect(productOf(inquiry)).to.equal('CHANGER');
      expect(senseOf(await channel.execute(MOVE_FROM_EMPTY))).to.equal('2: 5/3b/e');
    });

    it('answers in the order asked', async () => {
      await channel.open();
      const answers = await Promise.all([channel.execute(MOVE_FROM_EMPTY), channel.execute(INQUIRY)]);
      expect(answers.map((answer) => answer.kind === 'completed' && answer.status)).to.deep.equal([2, 0]);
    });

    it('opens and closes more than once', async () => {
      expect(await channel.open()).to.equal(0);
      expect(await channel.open()).to.equal(0);
      await channel.close();
      await channel.close();
      expect(await channel.open()).to.equal(0);
      expect(productOf(await channel.execute(INQUIRY))).to.equal('CHANGER');
    });
  });

describe('worker-scsi-channel', () => {
  it('says why when its port cannot be made', async () => {
    const channel = makeWorkerChannel(makeControl(), 'no-such-module');
    expect(await codeOf(channel.open())).to.equal('DEVICE_THREAD_DIED');
    await channel.close();
  });

  it('tells of the death of its thread, and gets a new one with the next open', async () => {
    const channel = makeWorkerChannel(makeControl());
    await channel.open();
    const behind = codeOf(channel.execute(FATAL));
    expect(await codeOf(channel.execute(INQUIRY))).to.equal('DEVICE_THREAD_DIED');
    expect(await behind).to.equal('DEVICE_THREAD_DIED');
    expect(await codeOf(channel.execute(INQUIRY))).to.equal('DEVICE_THREAD_DIED');
    expect(await channel.open()).to.equal(0);
    expect(productOf(await channel.execute(INQUIRY))).to.equal('CHANGER');
    await channel.close();
  });

  it('does not wait for a call that does not come back when it is closed', async () => {
    const control = makeControl();
    const channel = makeWorkerChannel(control);
    await channel.open();
    Atomics.store(control, FAKE_PORT.block, 1);
    const blocked = codeOf(channel.execute(BLOCKING));
    while (Atomics.load(control, FAKE_PORT.blocked) === 0) await setImmediate();
    // Were it to wait, this would never resolve.
    await channel.close();
    expect(await blocked).to.equal('DEVICE_THREAD_DIED');
    Atomics.store(control, FAKE_PORT.block, 0);
    Atomics.notify(control, FAKE_PORT.block);
  });
});
