import { expect } from 'chai';
import { codeOf } from '../../support/code-of.js';
import type { Clauses } from '../../support/clauses.js';
import type { DriveBench } from './drive-bench.js';

export function defineProtectionClauses(contract: Clauses, bench: DriveBench): void {
  contract.group('with a write-protected medium', () => {
    beforeEach(() => {
      bench.loadBlank();
      bench.write(1, 2);
      bench.drive.unload();
      bench.fixture.writeProtect();
      bench.drive.load();
    });

    contract.clause('tells so and reads', () => {
      expect(bench.drive.readStatus()).to.include({ medium: 'ready', writeProtected: true });
      expect(bench.readAll()).to.deep.equal([1, 2]);
    });

    contract.clause('refuses to write, and what is there stays', () => {
      bench.drive.locateEndOfData();
      expect(codeOf(() => bench.drive.writeBlock(bench.block(3)))).to.equal('MEDIUM_WRITE_PROTECTED');
      bench.drive.rewind();
      expect(codeOf(() => bench.drive.writeFilemarks(1))).to.equal('MEDIUM_WRITE_PROTECTED');
      expect(bench.readAll()).to.deep.equal([1, 2]);
    });

    contract.clause('refuses to erase, and what is there stays', () => {
      expect(
        codeOf(() => {
          bench.drive.erase('short');
        }),
      ).to.equal('MEDIUM_WRITE_PROTECTED');
      expect(bench.readAll()).to.deep.equal([1, 2]);
    });
  });
}
