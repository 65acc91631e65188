import { expect } from 'chai';
import { codeOf } from '../../support/code-of.js';
import type { Clauses } from '../../support/clauses.js';
import type { DriveBench } from './drive-bench.js';

export function defineFailuresClauses(contract: Clauses, bench: DriveBench): void {
  contract.group('after a failure', () => {
    contract.clause('of a write, keeps what was synchronized and refuses to write before it was positioned', () => {
      bench.loadBlank();
      bench.write(1, 2);
      bench.drive.synchronize();
      bench.fixture.failNextWrite();
      expect(codeOf(() => bench.drive.writeBlock(bench.block(3)))).to.equal('MEDIUM_WRITE_ERROR');
      expect(codeOf(() => bench.drive.writeBlock(bench.block(4)))).to.equal('DRIVE_POSITION_LOST');
      expect(codeOf(() => bench.drive.writeFilemarks(1))).to.equal('DRIVE_POSITION_LOST');
      expect(bench.readFirst(2)).to.deep.equal([1, 2]);
      bench.drive.locate(2);
      bench.write(5);
      expect(bench.readAll()).to.deep.equal([1, 2, 5]);
    });

    contract.clause('of a write, leaves no filemark behind when it is closed', () => {
      bench.loadBlank();
      bench.write(1, 2);
      bench.drive.synchronize();
      bench.fixture.failNextWrite();
      expect(codeOf(() => bench.drive.writeBlock(bench.block(3)))).to.equal('MEDIUM_WRITE_ERROR');
      bench.drive.close();
      bench.restart();
      bench.drive.open();
      bench.drive.load();
      expect(bench.readAll()).to.not.include('filemark');
      expect(bench.readFirst(2)).to.deep.equal([1, 2]);
    });

    for (const [what, flush] of [
      ['filemarks', (): unknown => bench.drive.writeFilemarks(1)],
      [
        'a synchronize',
        (): void => {
          bench.drive.synchronize();
        },
      ],
    ] as const)
      contract.clause(`of ${what}, keeps what was synchronized before and refuses to write on`, () => {
        bench.loadBlank();
        bench.write(1, 2);
        bench.drive.synchronize();
        bench.write(3);
        bench.fixture.failNextFlush();
        expect(codeOf(flush)).to.equal('MEDIUM_WRITE_ERROR');
        expect(codeOf(() => bench.drive.writeBlock(bench.block(4)))).to.be.oneOf([
          'DRIVE_POSITION_LOST',
          'MEDIUM_WRITE_ERROR',
        ]);
        expect(bench.readFirst(2)).to.deep.equal([1, 2]);
      });

    contract.clause('of a read, reads every other block', () => {
      bench.loadBlank();
      bench.write(1, 2, 3);
      bench.drive.writeFilemarks(1);
      bench.fixture.damageBlock(1);
      bench.drive.rewind();
      expect(bench.readOne()).to.equal(1);
      expect(codeOf(() => bench.readOne())).to.equal('MEDIUM_READ_ERROR');
      expect(
        codeOf(() => bench.drive.writeBlock(bench.block(9))),
        'nothing is written from there',
      ).to.be.oneOf(['DRIVE_POSITION_LOST', 'MEDIUM_WRITE_ERROR']);
      bench.drive.locate(2);
      expect([bench.readOne(), bench.readOne(), bench.readOne()]).to.deep.equal([3, 'filemark', 'end-of-data']);
      bench.drive.locate(0);
      expect(bench.readOne()).to.equal(1);
    });

    contract.clause('of a move, writes nothing where it was not meant to be', () => {
      bench.loadBlank();
      bench.write(1, 2);
      expect(
        codeOf(() => {
          bench.drive.locate(7);
        }),
      ).to.equal('MEDIUM_READ_ERROR');
      expect(codeOf(() => bench.drive.writeBlock(bench.block(3)))).to.equal('DRIVE_POSITION_LOST');
      expect(bench.readAll()).to.deep.equal([1, 2]);
    });

    contract.clause('that lost the position, fails every call that depends on it until it was positioned', () => {
      bench.loadBlank();
      bench.write(1, 2);
      bench.drive.synchronize();
      const before = bench.drive.readStatus().mediumGeneration;
      bench.fixture.reset();
      const dependent: readonly (() => unknown)[] = [
        () => bench.drive.writeBlock(bench.block(3)),
        () => bench.drive.writeFilemarks(1),
        () => {
          bench.drive.synchronize();
        },
        () => bench.readOne(),
        () => bench.drive.readPosition(),
        () => bench.drive.spaceFilemarks(1),
        () => {
          bench.drive.erase('short');
        },
      ];
      for (const call of [...dependent, ...dependent]) expect(codeOf(call)).to.equal('DRIVE_POSITION_LOST');
      expect(bench.drive.readStatus().mediumGeneration).to.be.greaterThan(before);
      bench.drive.locateEndOfData();
      expect(bench.drive.readPosition().blockAddress).to.equal(2);
      bench.write(4);
      expect(bench.readAll()).to.deep.equal([1, 2, 4]);
    });
  });
}
