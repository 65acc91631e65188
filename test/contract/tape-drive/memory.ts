import { expect } from 'chai';
import type { Clauses } from '../../support/clauses.js';
import { codeOf } from '../../support/code-of.js';
import { TEST_ATTRIBUTES } from '../../support/test-attributes.js';
import type { DriveBench } from './drive-bench.js';

export function defineMemoryClauses(contract: Clauses, bench: DriveBench): void {
  contract.group('the cartridge memory', () => {
    contract.clause('says afterwards what was written into it, where there is one, and the data are untouched', () => {
      bench.loadBlank();
      bench.write(1);
      bench.drive.writeFilemarks(1);
      const taken = bench.drive.writeMediumAttributes(TEST_ATTRIBUTES);
      bench.write(2);
      const { barcode, memory } = bench.drive.readMediumAttributes();
      if (taken) {
        expect(barcode).to.equal(TEST_ATTRIBUTES.barcode);
        expect(memory).to.deep.include({ id: 0x0808, name: 'media pool', value: 'daily' });
      } else expect(memory).to.equal(undefined);
      expect(bench.readAll()).to.deep.equal([1, 'filemark', 2]);
    });

    contract.clause('is written again, and keeps what was written last', () => {
      bench.loadBlank();
      bench.drive.writeMediumAttributes(TEST_ATTRIBUTES);
      const taken = bench.drive.writeMediumAttributes({ ...TEST_ATTRIBUTES, pool: 'weekly' });
      bench.drive.unload();
      bench.drive.load();
      const { memory } = bench.drive.readMediumAttributes();
      if (taken) expect(memory?.filter(({ id }) => id === 0x0808).map(({ value }) => value)).to.deep.equal(['weekly']);
    });

    contract.clause('cannot be asked or written without a medium', () => {
      bench.drive.open();
      expect(codeOf(() => bench.drive.readMediumAttributes())).to.equal('DRIVE_NO_MEDIUM');
      expect(codeOf(() => bench.drive.writeMediumAttributes(TEST_ATTRIBUTES))).to.equal('DRIVE_NO_MEDIUM');
    });
  });
}
