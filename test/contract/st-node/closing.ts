import { expect } from 'chai';
import { MT_OP } from '../../../src/device/mtio.js';
import type { Clauses } from '../../support/clauses.js';
import type { NodeBench } from '../st-node.contract.js';

export function defineClosingClauses(contract: Clauses, bench: NodeBench): void {
  contract.group('what was written', () => {
    function objectsAfterReopening(): readonly unknown[] {
      expect(bench.node.close()).to.equal(0);
      expect(bench.node.open()).to.equal(0);
      expect(bench.node.operate(MT_OP.rewind)).to.equal(0);
      return bench.node.reads(3);
    }

    contract.clause('gets a filemark when the node is closed', () => {
      bench.openWith(1);
      // A filemark, and the end of the data behind it.
      expect(objectsAfterReopening()).to.deep.equal([bench.lengthOf(1), 0, bench.endOfData('a filemark')]);
    });

    contract.clause('gets none when it was ended with MTWEOF, of however few', () => {
      bench.openWith(1);
      expect(bench.node.operate(MT_OP.writeFilemarks, 0)).to.equal(0);
      expect(objectsAfterReopening()).to.deep.equal([
        bench.lengthOf(1),
        bench.endOfData('a block'),
        bench.endOfData('a block'),
      ]);
    });

    contract.clause('gets a filemark before the tape is rewound', () => {
      bench.openWith(1);
      expect(bench.node.operate(MT_OP.rewind)).to.equal(0);
      expect(bench.node.reads(3)).to.deep.equal([bench.lengthOf(1), 0, bench.endOfData('a filemark')]);
    });

    contract.clause('gets none for MTNOP, MTIOCGET or MTFSR of none', () => {
      bench.openWith(1);
      expect(bench.node.operate(MT_OP.noOperation)).to.equal(0);
      bench.node.status();
      expect(bench.node.operate(MT_OP.forwardSpaceBlocks, 0)).to.equal(0);
      expect(bench.node.operate(MT_OP.writeFilemarks, 0)).to.equal(0);
      expect(objectsAfterReopening()).to.deep.equal([
        bench.lengthOf(1),
        bench.endOfData('a block'),
        bench.endOfData('a block'),
      ]);
    });
  });
}
