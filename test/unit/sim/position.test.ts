import { expect } from 'chai';
import { MT_OP } from '../../../src/device/mtio.js';
import { encodeLocate16Cdb, LOCATE_DESTINATIONS } from '../../../src/scsi/locate.js';
import { encodeSpace16Cdb, encodeSpace6Cdb, SPACE_CODES } from '../../../src/scsi/space.js';
import { encodeWriteFilemarksCdb } from '../../../src/scsi/write-filemarks.js';
import { KIB, SimBench, senseText } from './sim-bench.js';

describe('READ POSITION of a simulated drive', () => {
  let bench: SimBench;

  beforeEach(() => {
    bench = new SimBench();
    bench.open();
  });

  afterEach(() => {
    bench.dispose();
  });

  function expectPlace(objectNumber: number, fileNumber: number): void {
    const long = bench.longPosition();
    expect([long.objectNumber, long.fileNumber]).to.deep.equal([objectNumber, fileNumber]);
    expect(bench.shortPosition().firstLocation).to.equal(objectNumber);
    expect(bench.shortPosition().beginningOfPartition).to.equal(objectNumber === 0);
    expect(bench.tell()).to.equal(objectNumber);
  }

  it('agrees with what was done, in both forms, after every operation', () => {
    expectPlace(0, 0);
    bench.write(10);
    expectPlace(1, 0);
    bench.write(10);
    bench.operate(MT_OP.writeFilemarks, 2);
    expectPlace(4, 2);
    bench.write(10);
    bench.operate(MT_OP.writeFilemarksImmediate, 1);
    expectPlace(6, 3);
    bench.operate(MT_OP.backwardSpaceFilemarks, 2);
    expectPlace(3, 1);
    bench.operate(MT_OP.forwardSpaceFilemarks);
    expectPlace(4, 2);
    bench.operate(MT_OP.forwardSpaceBlocks);
    expectPlace(5, 2);
    bench.operate(MT_OP.backwardSpaceBlocks);
    expectPlace(4, 2);
    expect(bench.read()).to.equal(10);
    expectPlace(5, 2);
    expect(bench.read()).to.equal(0);
    expectPlace(6, 3);
    bench.operate(MT_OP.seek, 2);
    expectPlace(2, 0);
    bench.operate(MT_OP.endOfData);
    expectPlace(6, 3);
    bench.operate(MT_OP.rewind);
    expectPlace(0, 0);
    bench.operate(MT_OP.seek, 3);
    bench.operate(MT_OP.erase, 0);
    bench.operate(MT_OP.endOfData);
    expectPlace(3, 1);
  });

  it('tells what is still in the buffer, and nothing after a flush', () => {
    bench.write(KIB);
    bench.write(KIB);
    expect(bench.shortPosition()).to.include({ firstLocation: 2, lastLocation: 0, objectsInBuffer: 2 });
    expect(bench.shortPosition().bytesInBuffer).to.equal(2 * KIB);
    bench.command(encodeWriteFilemarksCdb({ count: 1, immediate: true }));
    expect(bench.shortPosition(), 'immediate').to.include({ firstLocation: 3, lastLocation: 0, objectsInBuffer: 3 });
    expect(bench.operate(MT_OP.writeFilemarks, 0)).to.equal(0);
    expect(bench.shortPosition()).to.include({
      firstLocation: 3,
      lastLocation: 3,
      objectsInBuffer: 0,
      bytesInBuffer: 0,
    });
  });

  it('follows LOCATE(16) to objects, files and the end of data, and tells a place beyond it', () => {
    for (let i = 0; i < 3; i++) {
      bench.write(10);
      bench.operate(MT_OP.writeFilemarks);
    }
    const locate = (destination: number, identifier: number): string | null =>
      senseText(bench.command(encodeLocate16Cdb({ destination, identifier, partition: null, immediate: false })).sense);
    expect(locate(LOCATE_DESTINATIONS.object, 3)).to.equal(null);
    expectPlace(3, 1);
    expect(locate(LOCATE_DESTINATIONS.file, 2)).to.equal(null);
    expectPlace(4, 2);
    expect(locate(LOCATE_DESTINATIONS.endOfData, 0)).to.equal(null);
    expectPlace(6, 3);
    expect(locate(LOCATE_DESTINATIONS.object, 7)).to.equal('08/00/05');
    expectPlace(6, 3);
    expect(locate(LOCATE_DESTINATIONS.file, 9)).to.equal('08/00/05');
    expect(locate(5, 0), 'an unknown destination').to.equal('05/24/00');
  });

  it('stops SPACE at marks and ends and tells how much was left', () => {
    bench.write(10);
    bench.write(10);
    bench.operate(MT_OP.writeFilemarks);
    bench.write(10);
    bench.operate(MT_OP.writeFilemarks);
    const space = (code: number, count: number): (string | number | boolean | null)[] => {
      const six = bench.command(encodeSpace6Cdb({ code, count })).sense;
      return [senseText(six), six?.information ?? null, six?.filemark ?? false];
    };
    bench.operate(MT_OP.rewind);
    expect(space(SPACE_CODES.blocks, 5)).to.deep.equal(['00/00/01', 3, true]);
    expectPlace(3, 1);
    expect(space(SPACE_CODES.blocks, -2)).to.deep.equal(['00/00/01', 2, true]);
    expectPlace(2, 0);
    expect(space(SPACE_CODES.blocks, -5)).to.deep.equal(['00/00/04', 3, false]);
    expectPlace(0, 0);
    expect(space(SPACE_CODES.filemarks, 5)).to.deep.equal(['08/00/05', 3, false]);
    expectPlace(5, 2);
    expect(space(SPACE_CODES.blocks, 1)).to.deep.equal(['08/00/05', 1, false]);
    expect(space(SPACE_CODES.filemarks, -3)).to.deep.equal(['00/00/04', 1, false]);
    expectPlace(0, 0);
    expect(space(SPACE_CODES.sequentialFilemarks, 1)).to.deep.equal(['05/24/00', null, false]);
    expect(bench.command(encodeSpace16Cdb({ code: SPACE_CODES.endOfData, count: 0 })).sense).to.equal(null);
    expectPlace(5, 2);
  });

  it('is not followed by the counters of st when a command moved the tape', () => {
    bench.write(10);
    bench.operate(MT_OP.writeFilemarks);
    bench.command(
      encodeLocate16Cdb({ destination: LOCATE_DESTINATIONS.object, identifier: 0, partition: null, immediate: false }),
    );
    expect(bench.status()).to.include({ fileNumber: 1, blockNumber: 0 });
    expectPlace(0, 0);
  });
});
