import { expect } from 'chai';
import { codeOf } from '../../support/code-of.js';
import type { Clauses } from '../../support/clauses.js';
import { MEBIBYTE, type DriveBench } from './drive-bench.js';

export function defineNoMediumClauses(contract: Clauses, bench: DriveBench): void {
  contract.group('without a medium', () => {
    contract.clause('opens, and tells that there is none', () => {
      bench.drive.open();
      const status = bench.drive.readStatus();
      expect(status.medium).to.equal('no-medium');
      expect(status.identity.product).to.be.a('string').that.is.not.empty;
      expect(status.minBlockBytes).to.be.at.least(1);
      expect(status.maxBlockBytes).to.be.at.least(MEBIBYTE);
    });

    contract.clause('refuses everything that needs one with DRIVE_NO_MEDIUM', () => {
      bench.drive.open();
      const calls: readonly (() => unknown)[] = [
        () => {
          bench.drive.load();
        },
        () => {
          bench.drive.rewind();
        },
        () => {
          bench.drive.locate(0);
        },
        () => {
          bench.drive.locateEndOfData();
        },
        () => bench.drive.spaceFilemarks(1),
        () => bench.drive.readBlock(new Uint8Array(16)),
      ];
      expect(calls.map(codeOf)).to.deep.equal(calls.map(() => 'DRIVE_NO_MEDIUM'));
    });

    contract.clause('unloads successfully', () => {
      bench.drive.open();
      expect(
        codeOf(() => {
          bench.drive.unload();
        }),
      ).to.equal('none');
    });

    contract.clause('is closed as often as one likes', () => {
      bench.drive.close();
      bench.drive.open();
      bench.drive.close();
      expect(
        codeOf(() => {
          bench.drive.close();
        }),
      ).to.equal('none');
    });
  });
}
