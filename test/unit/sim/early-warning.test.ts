import { expect } from 'chai';
import { ERRNO } from '../../../src/device/errno.js';
import { GMT, MT_OP } from '../../../src/device/mtio.js';
import { encodeWrite6Cdb } from '../../../src/scsi/write.js';
import { block, KIB, SimBench, senseText } from './sim-bench.js';

const FULL = -ERRNO.ENOSPC;

describe('The end of a simulated tape', () => {
  let bench: SimBench;

  function writeTimes(count: number, bytes: number): number[] {
    return Array.from({ length: count }, () => bench.write(bytes));
  }

  afterEach(() => {
    bench.dispose();
  });

  it('lets the write that meets early warning succeed and then answers ENOSPC and success in turn until nothing fits', () => {
    bench = new SimBench({ cartridge: { capacityBytes: 10 * KIB, earlyWarningBytes: 4 * KIB } });
    bench.open();
    expect(writeTimes(15, KIB)).to.deep.equal([
      ...[KIB, KIB, KIB, KIB, KIB, KIB],
      ...[FULL, KIB, FULL, KIB, FULL, KIB, FULL, KIB],
      FULL,
    ]);
    expect(bench.shortPosition().firstLocation, 'ten blocks are on the tape').to.equal(10);
    expect(writeTimes(4, KIB), 'the medium is full for good').to.deep.equal([FULL, FULL, FULL, FULL]);
    expect(bench.shortPosition().firstLocation).to.equal(10);
  });

  it('counts in MTIOCGET only the blocks that were written, and takes a filemark behind early warning', () => {
    bench = new SimBench({ cartridge: { capacityBytes: 10 * KIB, earlyWarningBytes: 4 * KIB } });
    bench.open();
    writeTimes(8, KIB);
    const status = bench.status();
    expect([status.fileNumber, status.blockNumber]).to.deep.equal([0, 7]);
    expect(status.flags & GMT.endOfTape, 'GMT_EOT').to.not.equal(0);
    expect(bench.write(KIB)).to.equal(FULL);
    expect(bench.status()).to.include({ fileNumber: 0, blockNumber: 7 });
    expect(bench.operate(MT_OP.writeFilemarks)).to.equal(0);
    expect(bench.status().fileNumber).to.equal(1);
    expect(bench.longPosition()).to.include({ objectNumber: 8, fileNumber: 1, endOfPartition: true });
  });

  it('tells early warning and overflow in the sense of a raw WRITE', () => {
    bench = new SimBench({ cartridge: { capacityBytes: 3 * KIB, earlyWarningBytes: KIB } });
    bench.open();
    const write = (): ReturnType<SimBench['command']> =>
      bench.command(encodeWrite6Cdb({ fixed: false, length: KIB }), block(KIB), 'to-device');
    expect(write().sense).to.equal(null);
    const warned = write().sense;
    expect(senseText(warned)).to.equal('00/00/02');
    expect(warned).to.include({ endOfMedium: true, information: 0 });
    write();
    const overflow = write();
    expect(senseText(overflow.sense)).to.equal('0d/00/02');
    expect(overflow.sense).to.include({ endOfMedium: true, information: KIB });
    expect(overflow.residual, 'nothing of the block was taken').to.equal(KIB);
  });

  it('charges what the drive compresses by its ratio, and everything when compression is off', () => {
    bench = new SimBench({
      cartridge: { capacityBytes: 10 * KIB, earlyWarningBytes: 0, compressionRatio: 2 },
    });
    bench.open();
    expect(writeTimes(22, KIB).filter((written) => written === KIB)).to.have.length(20);
    expect(bench.operate(MT_OP.rewind)).to.equal(0);
    expect(bench.operate(MT_OP.setCompression, 0)).to.equal(0);
    expect(writeTimes(12, KIB).filter((written) => written === KIB)).to.have.length(10);
  });
});
