import { expect } from 'chai';
import { codeOf } from '../../support/code-of.js';
import type { Clauses } from '../../support/clauses.js';
import { MEBIBYTE, type DriveBench } from './drive-bench.js';

export function defineLoadingClauses(contract: Clauses, bench: DriveBench): void {
  contract.group('loading', () => {
    contract.clause('makes the medium ready at the beginning and counts a new medium', () => {
      bench.fixture.insertBlank(8 * MEBIBYTE);
      bench.drive.open();
      const before = bench.drive.readStatus().mediumGeneration;
      bench.drive.load();
      expect(bench.drive.readStatus()).to.include({ medium: 'ready', writeProtected: false });
      expect(bench.drive.readStatus().mediumGeneration).to.be.greaterThan(before);
      expect(bench.drive.readPosition()).to.include({ blockAddress: 0, beginningOfMedium: true });
    });

    contract.clause('does not take a cartridge that can be written over for one that cannot', () => {
      bench.loadBlank();
      expect(bench.drive.readStatus().worm).to.equal(false);
    });

    contract.clause('rewinds, and loses nothing, when the medium is loaded already', () => {
      bench.loadBlank();
      bench.write(1, 2);
      bench.drive.load();
      expect(bench.drive.readPosition().blockAddress).to.equal(0);
      expect(bench.readAll()).to.deep.equal([1, 2]);
    });

    contract.clause('unloads to the mouth, from where it loads again', () => {
      bench.loadBlank();
      bench.write(1, 2);
      bench.drive.unload();
      expect(bench.drive.readStatus().medium).to.equal('no-medium');
      expect(codeOf(() => bench.drive.readBlock(new Uint8Array(16)))).to.equal('DRIVE_NO_MEDIUM');
      bench.drive.unload();
      bench.drive.load();
      expect(bench.readAll()).to.deep.equal([1, 2]);
    });

    contract.clause('finds what was written after the program was started anew', () => {
      bench.loadBlank();
      bench.write(1);
      bench.drive.writeFilemarks(1);
      bench.write(2);
      bench.drive.synchronize();
      bench.drive.close();
      bench.restart();
      bench.drive.open();
      bench.drive.load();
      expect(bench.readAll()).to.deep.equal([1, 'filemark', 2]);
      bench.drive.locateEndOfData();
      bench.write(3);
      expect(bench.readAll()).to.deep.equal([1, 'filemark', 2, 3]);
    });

    contract.clause('writes no filemark that nobody asked for when it is closed, unloaded or moved', () => {
      bench.loadBlank();
      bench.write(1);
      bench.drive.rewind();
      bench.drive.locateEndOfData();
      bench.write(2);
      bench.drive.locate(0);
      bench.drive.locateEndOfData();
      bench.write(3);
      bench.drive.spaceFilemarks(-1);
      bench.drive.locateEndOfData();
      bench.write(4);
      bench.drive.unload();
      bench.drive.load();
      bench.drive.locateEndOfData();
      bench.write(5);
      bench.drive.close();
      bench.drive.open();
      bench.drive.load();
      expect(bench.readAll()).to.deep.equal([1, 2, 3, 4, 5]);
    });
  });
}
