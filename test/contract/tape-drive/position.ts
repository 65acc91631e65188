import { expect } from 'chai';
import { codeOf } from '../../support/code-of.js';
import type { Clauses } from '../../support/clauses.js';
import type { DriveBench, Seen } from './drive-bench.js';

export function definePositionClauses(contract: Clauses, bench: DriveBench): void {
  contract.group('the position', () => {
    for (const [what, numbers] of [
      ['blocks and filemarks together', 'blockAddress'],
      ['filemarks alone', 'fileNumber'],
    ] as const)
      contract.clause(`counts ${what}`, () => {
        bench.loadBlank();
        expect(bench.drive.readPosition()).to.include({ [numbers]: 0, beginningOfMedium: true });
        bench.write(1, 2);
        bench.drive.writeFilemarks(2);
        bench.write(3);
        bench.drive.synchronize();
        const counts = { blockAddress: [5, 2, 3], fileNumber: [2, 0, 1] }[numbers];
        expect(bench.drive.readPosition()).to.include({ [numbers]: counts[0], beginningOfMedium: false });
        bench.drive.locate(2);
        expect(bench.drive.readPosition()[numbers]).to.equal(counts[1]);
        bench.drive.locate(3);
        expect(bench.drive.readPosition()[numbers]).to.equal(counts[2]);
      });

    contract.clause('is before any object that is located, in any order', () => {
      bench.loadBlank();
      bench.write(1, 2);
      bench.drive.writeFilemarks(1);
      bench.write(3);
      const row: readonly Seen[] = [1, 2, 'filemark', 3, 'end-of-data'];
      for (const address of [3, 0, 4, 2, 1, 1, 4, 0]) {
        bench.drive.locate(address);
        expect(bench.drive.readPosition().blockAddress).to.equal(address);
        expect(bench.readOne(), `object ${String(address)}`).to.equal(row[address]);
      }
    });

    contract.clause('is at the end of data after locating beyond it, which is MEDIUM_READ_ERROR', () => {
      bench.loadBlank();
      bench.write(1, 2);
      expect(
        codeOf(() => {
          bench.drive.locate(3);
        }),
      ).to.equal('MEDIUM_READ_ERROR');
      expect(bench.drive.readPosition().blockAddress).to.equal(2);
      expect(
        codeOf(() => {
          bench.drive.locate(1_000_000);
        }),
      ).to.equal('MEDIUM_READ_ERROR');
      expect(bench.readOne()).to.equal('end-of-data');
    });

    contract.clause('is where the next block is appended after locating the end of data', () => {
      bench.loadBlank();
      bench.write(1);
      bench.drive.writeFilemarks(1);
      bench.drive.rewind();
      bench.drive.locateEndOfData();
      expect(bench.drive.readPosition().blockAddress).to.equal(2);
      bench.write(2);
      expect(bench.readAll()).to.deep.equal([1, 'filemark', 2]);
    });

    contract.clause('is behind the filemark that was spaced over forwards, and before it backwards', () => {
      bench.loadBlank();
      bench.write(1);
      bench.drive.writeFilemarks(1);
      bench.write(2, 3);
      bench.drive.writeFilemarks(1);
      bench.write(4);
      bench.drive.rewind();
      expect(bench.drive.spaceFilemarks(1)).to.deep.equal({ remaining: 0 });
      expect(bench.drive.readPosition().blockAddress).to.equal(2);
      expect(bench.drive.spaceFilemarks(1)).to.deep.equal({ remaining: 0 });
      expect(bench.drive.readPosition().blockAddress).to.equal(5);
      expect(bench.drive.spaceFilemarks(-1)).to.deep.equal({ remaining: 0 });
      expect(bench.drive.readPosition().blockAddress).to.equal(4);
      expect(bench.readOne()).to.equal('filemark');
      bench.drive.locateEndOfData();
      expect(bench.drive.spaceFilemarks(-2)).to.deep.equal({ remaining: 0 });
      expect(bench.drive.readPosition().blockAddress).to.equal(1);
      expect(bench.drive.spaceFilemarks(0)).to.deep.equal({ remaining: 0 });
      expect(bench.drive.readPosition().blockAddress).to.equal(1);
    });

    contract.clause('is at the end that was met when there are fewer filemarks, and the rest is told', () => {
      bench.loadBlank();
      bench.write(1);
      bench.drive.writeFilemarks(1);
      bench.write(2);
      bench.drive.writeFilemarks(1);
      bench.write(3);
      bench.drive.rewind();
      expect(bench.drive.spaceFilemarks(5)).to.deep.equal({ remaining: 3 });
      expect(bench.drive.readPosition().blockAddress).to.equal(5);
      expect(bench.readOne()).to.equal('end-of-data');
      expect(bench.drive.spaceFilemarks(-6)).to.deep.equal({ remaining: 4 });
      expect(bench.drive.readPosition()).to.include({ blockAddress: 0, beginningOfMedium: true });
      expect(bench.readOne()).to.equal(1);
    });

    contract.clause('tells an empty buffer after a synchronize and after filemarks', () => {
      bench.loadBlank();
      bench.write(1, 2);
      expect(bench.drive.readPosition().blocksInBuffer).to.be.oneOf([null, 0, 1, 2]);
      bench.drive.synchronize();
      expect(bench.drive.readPosition().blocksInBuffer).to.equal(0);
      bench.write(3);
      bench.drive.writeFilemarks(1);
      expect(bench.drive.readPosition()).to.include({ blocksInBuffer: 0, blockAddress: 4 });
    });
  });
}
