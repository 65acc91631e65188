import { expect } from 'chai';
import { ERRNO } from '../../../src/device/errno.js';
import { GMT, MT_OP } from '../../../src/device/mtio.js';
import { encodeRead6Cdb } from '../../../src/scsi/read.js';
import { block, KIB, SimBench, senseText } from './sim-bench.js';

describe('Reading a simulated tape', () => {
  let bench: SimBench;

  beforeEach(() => {
    bench = new SimBench();
    bench.open();
  });

  afterEach(() => {
    bench.dispose();
  });

  it('gives 0 at a filemark, 0 once more at the end of data, then EIO', () => {
    bench.write(100);
    bench.write(200);
    bench.operate(MT_OP.rewind);
    const results = Array.from({ length: 6 }, () => bench.read());
    expect(results, 'the rewind wrote a filemark').to.deep.equal([100, 200, 0, 0, -ERRNO.EIO, -ERRNO.EIO]);
  });

  it('gives EIO at the end of data when no filemark was read before', () => {
    bench.operate(MT_OP.rewind);
    expect(bench.read()).to.equal(-ERRNO.EIO);
    const { sense } = bench.command(
      encodeRead6Cdb({ fixed: false, suppressIncorrectLength: false, length: KIB }),
      new Uint8Array(KIB),
    );
    expect(senseText(sense)).to.equal('08/00/05');
    expect(sense).to.include({ information: KIB });
  });

  it('gives the bytes that were written, also through shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(3000));
    shared.set(block(3000));
    bench.write(shared);
    bench.operate(MT_OP.rewind);
    shared.fill(0);
    expect(bench.read(shared)).to.equal(3000);
    expect(shared).to.deep.equal(block(3000).map((byte) => byte));
  });

  it('gives ENOMEM for a block longer than the buffer and stands behind it', () => {
    bench.write(5000);
    bench.write(100);
    bench.operate(MT_OP.rewind);
    expect(bench.read(4096)).to.equal(-ERRNO.ENOMEM);
    expect(bench.tell()).to.equal(1);
    expect(bench.read(4096)).to.equal(100);
  });

  it('tells in the sense by how much a block was too short or too long, and with SILI nothing of a short one', () => {
    bench.write(1000);
    bench.operate(MT_OP.rewind);
    const read = (length: number, suppressIncorrectLength: boolean): ReturnType<SimBench['command']> => {
      bench.operate(MT_OP.rewind);
      return bench.command(encodeRead6Cdb({ fixed: false, suppressIncorrectLength, length }), new Uint8Array(length));
    };
    expect(read(1500, false).sense).to.include({ incorrectLength: true, information: 500 });
    expect(read(600, false).sense).to.include({ incorrectLength: true, information: -400 });
    const short = read(1500, true);
    expect([short.sense, short.residual]).to.deep.equal([null, 500]);
  });

  it('keeps the counters of MTIOCGET over marks and says -1 where the driver loses count', () => {
    bench.write(10);
    bench.write(10);
    bench.operate(MT_OP.writeFilemarks);
    bench.write(10);
    const place = (): (number | null)[] => [bench.status().fileNumber, bench.status().blockNumber];
    expect(place()).to.deep.equal([1, 1]);
    bench.operate(MT_OP.backwardSpaceFilemarks, 1);
    expect(place(), 'before the first filemark: one was written first, and one more is passed').to.deep.equal([
      0,
      null,
    ]);
    bench.operate(MT_OP.rewind);
    bench.operate(MT_OP.forwardSpaceBlocks, 2);
    expect(place()).to.deep.equal([0, 2]);
    bench.operate(MT_OP.forwardSpaceFilemarks);
    expect(place()).to.deep.equal([1, 0]);
    expect(bench.status().flags & GMT.filemark).to.not.equal(0);
    expect(bench.operate(MT_OP.backwardSpaceBlocks), 'a filemark is in the way').to.equal(-ERRNO.EIO);
    expect(place()).to.deep.equal([0, null]);
    bench.operate(MT_OP.endOfData);
    expect(place()).to.deep.equal([2, null]);
    expect(bench.status().flags & GMT.endOfData).to.not.equal(0);
    bench.operate(MT_OP.seek, 1);
    expect(place()).to.deep.equal([null, null]);
    bench.operate(MT_OP.seek, 0);
    expect(place()).to.deep.equal([0, 0]);
  });

  it('reads several fixed blocks at a time, up to a filemark or a block of another size', () => {
    for (let i = 0; i < 5; i++) bench.write(512);
    bench.write(100);
    bench.operate(MT_OP.rewind);
    expect(bench.operate(MT_OP.setBlockSize, 512)).to.equal(0);
    expect(bench.read(512 * 3)).to.equal(512 * 3);
    expect(bench.read(1000), 'no multiple of the block size').to.equal(-ERRNO.EINVAL);
    expect(bench.read(512 * 3), 'what is before the odd block').to.equal(512 * 2);
    expect(bench.read(512 * 3), 'the odd block').to.equal(-ERRNO.EIO);
    bench.operate(MT_OP.setBlockSize, 0);
    expect(bench.read()).to.equal(100);
    expect(bench.read()).to.equal(0);
  });

  it('takes several fixed blocks with one write and gives them one by one', () => {
    bench.operate(MT_OP.setBlockSize, 256);
    expect(bench.write(block(1024))).to.equal(1024);
    expect(bench.status()).to.include({ blockSizeBytes: 256, blockNumber: 4 });
    bench.operate(MT_OP.rewind);
    bench.operate(MT_OP.setBlockSize, 0);
    expect([1, 2, 3, 4, 5].map(() => bench.read())).to.deep.equal([256, 256, 256, 256, 0]);
  });
});
