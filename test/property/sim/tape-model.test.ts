import { expect } from 'chai';
import fc from 'fast-check';
import { ERRNO } from '../../../src/device/errno.js';
import { MT_OP } from '../../../src/device/mtio.js';
import { block, SimBench } from '../../unit/sim/sim-bench.js';

type Operation =
  | { readonly do: 'write'; readonly length: number }
  | { readonly do: 'read' | 'rewind' | 'end-of-data' | 'reopen' | 'restart' | 'flush' }
  | { readonly do: 'filemarks' | 'fsf' | 'bsf' | 'fsr' | 'bsr'; readonly count: number }
  | { readonly do: 'seek'; readonly block: number };

const EIO = -ERRNO.EIO;

/** A tape as an array: a number is a block of that length, null a filemark. */
class TapeModel {
  objects: (number | null)[] = [];
  position = 0;
  /** Written last, without a filemark. */
  writing = false;
  /** How the end of data was told: 'mark' after a filemark, when it is told with one more 0. */
  behind: 'mark' | 'nothing' = 'nothing';

  apply(operation: Operation): number {
    if (operation.do !== 'read' && operation.do !== 'reopen') this.behind = 'nothing';
    switch (operation.do) {
      case 'write':
        this.put(operation.length);
        this.writing = true;
        return operation.length;
      case 'filemarks':
        for (let i = 0; i < operation.count; i++) this.put(null);
        this.writing = false;
        return 0;
      case 'flush':
        this.writing = false;
        return 0;
      case 'read':
        return this.read();
      case 'rewind':
        this.endFile();
        this.position = 0;
        return 0;
      case 'seek':
        this.endFile();
        this.position = Math.min(operation.block, this.objects.length);
        return operation.block <= this.objects.length ? 0 : EIO;
      case 'end-of-data':
        this.writing = false;
        this.position = this.objects.length;
        return 0;
      case 'reopen':
        if (this.writing) this.behind = 'mark';
        this.endFile();
        return 0;
      case 'restart':
        this.endFile();
        this.position = 0;
        return 0;
      case 'bsf': {
        const marks = operation.count + (this.writing ? 1 : 0);
        this.endFile();
        return this.space(-marks, (object) => object === null, false);
      }
      case 'fsf':
        this.writing = false;
        return this.space(operation.count, (object) => object === null, false);
      case 'fsr':
        this.writing = false;
        return this.space(operation.count, () => true, true);
      case 'bsr':
        this.writing = false;
        return this.space(-operation.count, () => true, true);
    }
  }

  put(object: number | null): void {
    this.objects.length = this.position;
    this.objects.push(object);
    this.position++;
  }

  /** The filemark the driver writes by itself. */
  endFile(): void {
    if (this.writing) this.put(null);
    this.writing = false;
  }

  read(): number {
    this.writing = false;
    const object = this.objects[this.position];
    if (object === undefined) {
      const told = this.behind === 'mark' ? 0 : EIO;
      this.behind = 'nothing';
      return told;
    }
    this.position++;
    this.behind = object === null ? 'mark' : 'nothing';
    return object ?? 0;
  }

  space(count: number, counts: (object: number | null) => boolean, stopsAtMarks: boolean): number {
    const step = Math.sign(count);
    for (let left = Math.abs(count); left > 0;) {
      const at = step > 0 ? this.position : this.position - 1;
      const object = this.objects[at];
      if (object === undefined) return EIO;
      this.position += step;
      if (object === null && stopsAtMarks) {
        if (step > 0) this.behind = 'mark';
        return EIO;
      }
      if (counts(object)) left--;
    }
    if (step > 0 && !stopsAtMarks) this.behind = 'mark';
    return 0;
  }

  get fileNumber(): number {
    return this.objects.slice(0, this.position).filter((object) => object === null).length;
  }

  get blockNumber(): number {
    return this.position - 1 - this.objects.slice(0, this.position).lastIndexOf(null);
  }
}

function run(bench: SimBench, operation: Operation): number {
  switch (operation.do) {
    case 'write':
      return bench.write(operation.length);
    case 'read': {
      const into = new Uint8Array(2000);
      const length = bench.read(into);
      if (length > 0) expect(into.subarray(0, length)).to.deep.equal(block(length));
      return length;
    }
    case 'flush':
      return bench.operate(MT_OP.writeFilemarks, 0);
    case 'filemarks':
      return bench.operate(MT_OP.writeFilemarks, operation.count);
    case 'rewind':
      return bench.operate(MT_OP.rewind);
    case 'end-of-data':
      return bench.operate(MT_OP.endOfData);
    case 'seek':
      return bench.operate(MT_OP.seek, operation.block);
    case 'fsf':
      return bench.operate(MT_OP.forwardSpaceFilemarks, operation.count);
    case 'bsf':
      return bench.operate(MT_OP.backwardSpaceFilemarks, operation.count);
    case 'fsr':
      return bench.operate(MT_OP.forwardSpaceBlocks, operation.count);
    case 'bsr':
      return bench.operate(MT_OP.backwardSpaceBlocks, operation.count);
    case 'reopen':
    case 'restart': {
      const closed = bench.close();
      if (operation.do === 'restart') bench.restart();
      return bench.open() >= 0 ? closed : -1;
    }
  }
}

const count = fc.integer({ min: 1, max: 4 });
const operations: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), length: fc.integer({ min: 1, max: 2000 }) }) },
  { weight: 5, arbitrary: fc.constant({ do: 'read' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('filemarks' as const, 'fsf', 'bsf', 'fsr', 'bsr'), count }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('seek' as const), block: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('rewind' as const, 'end-of-data', 'flush', 'reopen') }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

/** After these `st` knows its place, whatever was before. */
const COUNTS_AFRESH: readonly string[] = ['rewind', 'filemarks', 'fsf'];

describe('A simulated tape, by its system calls', () => {
  it('is an array of blocks and filemarks, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.array(operations, { maxLength: 40 }), (sequence) => {
        const bench = new SimBench();
        try {
          const model = new TapeModel();
          let lost = false;
          bench.open();
          for (const operation of sequence) {
            const expected = model.apply(operation);
            expect(run(bench, operation), JSON.stringify(operation)).to.equal(expected);
            const { objectNumber, fileNumber } = bench.longPosition();
            expect([objectNumber, fileNumber], JSON.stringify(operation)).to.deep.equal([
              model.position,
              model.fileNumber,
            ]);
            const status = bench.status();
            if (status.fileNumber !== null) expect(status.fileNumber, 'mt_fileno').to.equal(model.fileNumber);
            // As in the kernel, MTWEOF with count 0 sets mt_blkno to 0, and once lost it can come out wrong when spacing back
            // runs into the beginning.
            if (operation.do === 'flush') lost = true;
            if (COUNTS_AFRESH.includes(operation.do)) lost = false;
            lost ||= status.blockNumber === null || status.fileNumber === null;
            if (!lost)
              expect(status.blockNumber, `mt_blkno after ${JSON.stringify(operation)}`).to.equal(model.blockNumber);
          }
        } finally {
          bench.dispose();
        }
      }),
      { numRuns: 200 },
    );
  });
});
