import { expect } from 'chai';
import fc from 'fast-check';
import { StorageError } from '../../../src/base/storage-error.js';
import { RestoreRig, type RigReceiver } from '../../support/restore-rig.js';
import { RIG_LIMITS, RIG_PAYLOAD_BYTES } from '../../support/save-rig.js';

const BLOCK = RIG_PAYLOAD_BYTES;

function expectBytes(receiver: RigReceiver, bytes: Uint8Array): void {
  expect(receiver.bytes.equals(bytes), 'the bytes that were saved').to.equal(true);
}

function damageOf({ outcome }: RigReceiver): { readonly code: string; readonly from: number; readonly to: number } {
  if (!(outcome instanceof StorageError)) throw new Error('it did not fail');
  const { missingFrom, missingTo } = outcome.context;
  return { code: outcome.code, from: Number(missingFrom), to: Number(missingTo) };
}

/** Slots that are nobody's, when no session and no pass is at work. */
function expectNoSlotLost(rig: RestoreRig): void {
  expect(rig.save.ring.counts).to.deep.equal(rig.save.idleCounts);
}

describe('a restore pass', () => {
  it('brings back every stream wanted, bit for bit, in one way forward', async () => {
    const rig = await RestoreRig.make([40 * BLOCK + 7, 1, 25 * BLOCK, 3 * BLOCK + 1], {
      limits: { restoreGapBlocks: 20 },
    });
    const wanted = [0, 1, 2, 3].map((stream) => rig.open({ stream }));
    const report = await rig.run(wanted);
    for (const { receiver, stream } of wanted) {
      expect(receiver.outcome).to.equal('finished');
      expectBytes(receiver, rig.bytesOf(stream));
    }
    expect(report.bytesDelivered).to.equal(68 * BLOCK + 9);
    expect(report.locates, 'the drive is brought to the beginning once').to.equal(1);
    expectNoSlotLost(rig);
  });

  it('reads no block of an extent that holds nothing of the range that is wanted', async () => {
    const rig = await RestoreRig.make([60 * BLOCK], { limits: { runBlocks: 60 } });
    const one = rig.open({ stream: 0, from: 30 * BLOCK + 5, to: 32 * BLOCK + 5 });
    const report = await rig.run([one]);
    expectBytes(one.receiver, rig.bytesOf(0).subarray(30 * BLOCK + 5, 32 * BLOCK + 5));
    expect(report.blocksRead).to.equal(3);
    expect(report.blocksSkipped).to.be.lessThanOrEqual(1);
  });

  it('reads a stream that two want once, and gives it to both', async () => {
    const rig = await RestoreRig.make([20 * BLOCK]);
    const whole = rig.open({ stream: 0 });
    const part = rig.open({ stream: 0, from: 5 * BLOCK, to: 9 * BLOCK });
    const report = await rig.run([whole, part]);
    expectBytes(whole.receiver, rig.bytesOf(0));
    expectBytes(part.receiver, rig.bytesOf(0).subarray(5 * BLOCK, 9 * BLOCK));
    expect(report.blocksRead).to.equal(20);
    expectNoSlotLost(rig);
  });

  it('passes a gap that is long by LOCATE and reads through one that is short', async () => {
    const { restoreGapBlocks } = RIG_LIMITS;
    const rig = await RestoreRig.make([60 * BLOCK], { limits: { runBlocks: 60 } });
    const near = [rig.open({ stream: 0, from: 0, to: BLOCK }), rig.open({ stream: 0, from: 2 * BLOCK, to: 3 * BLOCK })];
    expect((await rig.run(near)).locates).to.equal(1);
    const far = [
      rig.open({ stream: 0, from: 0, to: BLOCK }),
      rig.open({ stream: 0, from: (restoreGapBlocks + 10) * BLOCK, to: (restoreGapBlocks + 11) * BLOCK }),
    ];
    const report = await rig.run(far);
    expect(report.locates).to.equal(2);
    for (const { receiver } of [...near, ...far]) expect(receiver.outcome).to.equal('finished');
  });

  it('names exactly the bytes that are missing, delivers all before them, and does not touch other streams', async () => {
    const rig = await RestoreRig.make([12 * BLOCK, 12 * BLOCK]);
    const [first] = rig.extentsOf(0);
    if (first === undefined) throw new Error('nothing was saved');
    rig.medium.flipBit(first.blockAddress + 1, 8 * 2000);
    const [hurt, whole] = [rig.open({ stream: 0 }), rig.open({ stream: 1 })];
    await rig.run([hurt, whole]);
    expect(damageOf(hurt.receiver)).to.deep.equal({ code: 'JOB_STREAM_DAMAGED', from: BLOCK, to: 2 * BLOCK });
    expectBytes(hurt.receiver, rig.bytesOf(0).subarray(0, BLOCK));
    expect(whole.receiver.outcome).to.equal('finished');
    expectBytes(whole.receiver, rig.bytesOf(1));

    const behind = rig.open({ stream: 0, from: 2 * BLOCK });
    await rig.run([behind]);
    expect(behind.receiver.outcome, 'what lies behind can be had as a range').to.equal('finished');
    expectBytes(behind.receiver, rig.bytesOf(0).subarray(2 * BLOCK));
    expectNoSlotLost(rig);
  });

  it('does not give blocks out that together are not what was saved', async () => {
    const rig = await RestoreRig.make([5 * BLOCK]);
    const one = rig.open({ stream: 0, crc32c: 1 });
    await rig.run([one]);
    expect(damageOf(one.receiver).code).to.equal('JOB_STREAM_DAMAGED');
  });

  it('tells what is missing when the volume ends too early', async () => {
    const rig = await RestoreRig.make([10 * BLOCK]);
    const last = rig.extentsOf(0).at(-1);
    if (last === undefined) throw new Error('nothing was saved');
    rig.medium.objects.length = last.blockAddress + last.blocks - 2;
    const one = rig.open({ stream: 0 });
    await rig.run([one]);
    expect(damageOf(one.receiver)).to.deep.equal({ code: 'JOB_STREAM_DAMAGED', from: 8 * BLOCK, to: 10 * BLOCK });
  });

  it('drops a receiver that stands still for longer than its limit, and goes on with the others', async () => {
    const rig = await RestoreRig.make([30 * BLOCK, 30 * BLOCK]);
    const [stuck, other] = [rig.open({ stream: 0 }), rig.open({ stream: 1 })];
    stuck.receiver.holds = true;
    const startedMs = rig.save.clock.monotonicMs();
    let isDropped = false;
    const run = rig.run([stuck, other]);
    const watch = rig.save.run(() => {
      if (stuck.receiver.outcome === null) return false;
      // The slots it holds come back only when it lets go of them.
      isDropped = true;
      stuck.receiver.letGo();
      return true;
    });
    await Promise.all([run, watch]);
    expect(isDropped).to.equal(true);
    expect(stuck.receiver.outcome).to.be.instanceOf(StorageError).with.property('code', 'PROTOCOL_TIMEOUT');
    expect(rig.save.clock.monotonicMs() - startedMs).to.be.at.least(RIG_LIMITS.receiverStallMs);
    expect(other.receiver.outcome).to.equal('finished');
    expectBytes(other.receiver, rig.bytesOf(1));
    expectNoSlotLost(rig);
  });

  it('leaves streams open where they are when the drive fails, and another pass goes on there', async () => {
    const rig = await RestoreRig.make([30 * BLOCK]);
    const one = rig.open({ stream: 0 });
    let seen = 0;
    const deliver = one.receiver.deliver.bind(one.receiver);
    one.receiver.deliver = (part, release): void => {
      seen++;
      if (seen === 4) rig.save.volumes[0]?.thread.losePosition();
      deliver(part, release);
    };
    const failure: unknown = await rig.run([one]).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(StorageError).with.property('code', 'DRIVE_POSITION_LOST');
    expect(one.receiver.outcome).to.equal(null);
    expect(one.state.nextOffset).to.be.within(4 * BLOCK, 29 * BLOCK);
    await rig.run([one]);
    expect(one.receiver.outcome).to.equal('finished');
    expectBytes(one.receiver, rig.bytesOf(0));
    expectNoSlotLost(rig);
  });

  it('reads nothing more for streams whose receivers are gone', async () => {
    const rig = await RestoreRig.make([40 * BLOCK]);
    const one = rig.open({ stream: 0 });
    const deliver = one.receiver.deliver.bind(one.receiver);
    one.receiver.deliver = (part, release): void => {
      deliver(part, release);
      one.state.cancel('gone');
    };
    const { blocksRead } = await rig.run([one]);
    expect(blocksRead).to.equal(1);
    expect(one.receiver.outcome).to.equal(null);
    expectNoSlotLost(rig);
  });

  it('never delivers a wrong byte, whatever ranges are wanted of a volume damaged anywhere', async () => {
    const sizes = [9 * BLOCK + 100, 4 * BLOCK, 14 * BLOCK + 1];
    const range = fc.record({ stream: fc.nat(2), a: fc.nat(15 * BLOCK), b: fc.nat(15 * BLOCK) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(range, { minLength: 1, maxLength: 4 }),
        fc.array(fc.record({ at: fc.nat(30), bit: fc.nat(8 * 256 - 1), how: fc.nat(2) }), { maxLength: 3 }),
        async (ranges, damages) => {
          const rig = await RestoreRig.make(sizes);
          for (const { at, bit, how } of damages) {
            const address = 4 + (at % (rig.medium.objects.length - 4));
            if (how === 0) rig.medium.unreadable.add(address);
            else if (rig.medium.objects[address]?.kind !== 'block') continue;
            else if (how === 1) rig.medium.flipBit(address, bit);
            else rig.medium.objects[address] = { kind: 'filemark' };
          }
          const wanted = ranges.map(({ stream, a, b }) => {
            const length = sizes[stream] ?? 0;
            const [from, to] = [Math.min(a, b, length), Math.min(Math.max(a, b), length)];
            return { ...rig.open({ stream, from, to }), from, to };
          });
          await rig.run(wanted);
          for (const { state, receiver, stream, from, to } of wanted) {
            state.settle();
            const expected = rig.bytesOf(stream).subarray(from, to);
            expectBytes(receiver, expected.subarray(0, receiver.bytes.length));
            if (receiver.outcome === 'finished') expect(receiver.bytes.length).to.equal(expected.length);
            else expect(damageOf(receiver).from).to.equal(from + receiver.bytes.length);
          }
          if (damages.length === 0) for (const { receiver } of wanted) expect(receiver.outcome).to.equal('finished');
          expectNoSlotLost(rig);
        },
      ),
      { numRuns: 60 },
    );
  });
});
