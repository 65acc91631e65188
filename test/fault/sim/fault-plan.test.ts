import { expect } from 'chai';
import { ERRNO } from '../../../src/device/errno.js';
import { MT_OP } from '../../../src/device/mtio.js';
import { encodeWrite6Cdb } from '../../../src/scsi/write.js';
import type { Fault } from '../../../sim/fault-plan.js';
import { block, SimBench, senseText } from '../../unit/sim/sim-bench.js';

const WRITE_ERROR = { key: 0x3, asc: 0x0c, ascq: 0x00 } as const;

describe('Faults of a simulated drive', () => {
  let bench: SimBench;

  afterEach(() => {
    bench.dispose();
  });

  function open(faults: readonly Fault[], seed = 1): void {
    bench = new SimBench({ faults: { seed, faults } });
    bench.open();
  }

  function writeTimes(count: number): number[] {
    return Array.from({ length: count }, () => bench.write(10));
  }

  /** Lengths of the blocks that are on the tape, as a drive without faults reads them. */
  function onTape(): number[] {
    bench.restart({ faults: { faults: [] } });
    bench.open();
    const lengths: number[] = [];
    for (let marks = 0; marks < 2;) {
      const length = bench.read();
      marks = length > 0 ? 0 : marks + 1;
      if (length > 0) lengths.push(length);
    }
    return lengths;
  }

  it('fails the n-th system call with the errno told, and nothing happened on the tape', () => {
    open([
      { kind: 'errno', call: 'write', nth: 2, times: 2, errno: 'EBUSY' },
      { kind: 'errno', call: 'ioctl', nth: 1, errno: 'ENOMEM' },
    ]);
    expect(writeTimes(5)).to.deep.equal([10, -ERRNO.EBUSY, -ERRNO.EBUSY, 10, 10]);
    expect(bench.operate(MT_OP.rewind)).to.equal(-ERRNO.ENOMEM);
    expect(bench.operate(MT_OP.rewind)).to.equal(0);
    expect(onTape()).to.have.length(3);
  });

  it('fails an open', () => {
    bench = new SimBench({ faults: { faults: [{ kind: 'errno', call: 'open', nth: 1, errno: 'EIO' }] } });
    expect(bench.open()).to.equal(-ERRNO.EIO);
    expect(bench.open()).to.be.at.least(0);
  });

  it('fails a write with its sense once, or for good, and writes nothing of it', () => {
    open([{ kind: 'sense', command: 'write', nth: 3, times: 'for-good', sense: WRITE_ERROR }]);
    expect(writeTimes(2)).to.deep.equal([10, 10]);
    expect(
      senseText(bench.command(encodeWrite6Cdb({ fixed: false, length: 10 }), block(10), 'to-device').sense),
    ).to.equal('03/0c/00');
    expect(writeTimes(2)).to.deep.equal([-ERRNO.EIO, -ERRNO.EIO]);
    expect(bench.status().blockNumber, 'st does not know any more').to.equal(null);
    bench.close();
    expect(onTape()).to.have.length(2);
  });

  it('reports failure of a write or filemark that was performed', () => {
    open([
      { kind: 'sense', command: 'write', nth: 2, sense: WRITE_ERROR, performed: true },
      { kind: 'sense', command: 'filemark', nth: 1, sense: WRITE_ERROR, performed: true },
    ]);
    expect(writeTimes(2)).to.deep.equal([10, -ERRNO.EIO]);
    expect(bench.operate(MT_OP.writeFilemarks)).to.equal(-ERRNO.EIO);
    expect(bench.longPosition()).to.include({ objectNumber: 3, fileNumber: 1 });
  });

  it('loses, with a deferred error, what was accepted since the last flush and nothing else', () => {
    const deferred = { ...WRITE_ERROR, deferred: true };
    open([{ kind: 'sense', command: 'synchronize', nth: 1, sense: deferred }]);
    writeTimes(2);
    bench.operate(MT_OP.writeFilemarks);
    writeTimes(3);
    expect(bench.operate(MT_OP.writeFilemarks, 0)).to.equal(-ERRNO.EIO);
    expect(bench.longPosition()).to.include({ objectNumber: 3, fileNumber: 1 });
    bench.close();
    expect(onTape()).to.have.length(2);
  });

  it('loses, when it is reset, what was not flushed, winds back, and makes the position unknown', () => {
    open([{ kind: 'reset', command: 'write', nth: 4 }]);
    writeTimes(2);
    bench.operate(MT_OP.writeFilemarks);
    expect(writeTimes(3), 'the third gets the attention, st refuses the rest').to.deep.equal([
      10,
      -ERRNO.EIO,
      -ERRNO.EIO,
    ]);
    expect(bench.operate(MT_OP.rewind)).to.equal(0);
    expect([1, 2, 3, 4].map(() => bench.read())).to.deep.equal([10, 10, 0, 0]);
  });

  it('never reads blocks that are damaged, and spaces over them', () => {
    open([{ kind: 'unreadable', from: 1, to: 2 }]);
    for (const length of [11, 12, 13, 14]) bench.write(length);
    bench.operate(MT_OP.rewind);
    expect([1, 2, 3, 4].map(() => bench.read())).to.deep.equal([11, -ERRNO.EIO, -ERRNO.EIO, 14]);
    bench.operate(MT_OP.seek, 1);
    expect(bench.operate(MT_OP.forwardSpaceBlocks, 2)).to.equal(0);
    expect(bench.read()).to.equal(14);
  });

  it('reads a block with bits changed and no error, and leaves it right on the tape', () => {
    open([{ kind: 'bit-flip', block: 1, byte: 5, mask: 0x81 }]);
    bench.write(block(20));
    bench.write(block(20));
    bench.operate(MT_OP.rewind);
    const into = new Uint8Array(20);
    bench.read(into);
    expect(into).to.deep.equal(block(20));
    expect(bench.read(into)).to.equal(20);
    const wrong = block(20);
    wrong[5] = (wrong[5] ?? 0) ^ 0x81;
    expect(into).to.deep.equal(wrong);
    bench.restart({ faults: { faults: [] } });
    bench.open();
    bench.operate(MT_OP.seek, 1);
    bench.read(into);
    expect(into).to.deep.equal(block(20));
  });

  it('leaves other cartridges alone', () => {
    open([{ kind: 'unreadable', barcode: 'TPL999L9', from: 0, to: 99 }]);
    bench.write(10);
    bench.operate(MT_OP.rewind);
    expect(bench.read()).to.equal(10);
  });

  it('is random by its seed: the same again with the same, about as often as told', () => {
    const run = (seed: number): number[] => {
      open([{ kind: 'random-sense', command: 'write', probability: 0.2, sense: WRITE_ERROR }], seed);
      const results = writeTimes(300);
      bench.dispose();
      return results;
    };
    const first = run(7);
    expect(run(7)).to.deep.equal(first);
    expect(run(8)).to.not.deep.equal(first);
    expect(first.filter((result) => result < 0).length).to.be.within(30, 90);
    bench = new SimBench();
  });

  it('flips random bits in reads', () => {
    open([{ kind: 'random-bit-flip', probability: 0.5 }]);
    for (let i = 0; i < 40; i++) bench.write(block(50));
    bench.operate(MT_OP.rewind);
    const damaged = Array.from({ length: 40 }, () => {
      const into = new Uint8Array(50);
      expect(bench.read(into)).to.equal(50);
      return into.some((byte, i) => byte !== block(50)[i]);
    });
    expect(damaged.filter((bad) => bad).length).to.be.within(10, 30);
  });
});
