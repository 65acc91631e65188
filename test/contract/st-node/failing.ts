import { expect } from 'chai';
import { MT_OP } from '../../../src/device/mtio.js';
import type { Clauses } from '../../support/clauses.js';
import type { NodeBench } from '../st-node.contract.js';

export function defineFailingClauses(contract: Clauses, bench: NodeBench): void {
  contract.group('failing', () => {
    contract.clause('a write is EIO, and where the block would be is not known', () => {
      bench.openWith(1);
      bench.fixture.failNext('write');
      expect(bench.node.write(bench.block(2))).to.equal('-EIO');
      expect(bench.node.status()).to.deep.equal({ file: 0, block: null, flags: 'ONLINE' });
    });

    contract.clause('a filemark is EIO', () => {
      bench.openWith(1);
      bench.fixture.failNext('filemark');
      expect(bench.node.operate(MT_OP.writeFilemarks)).to.equal('-EIO');
    });

    contract.clause('everything is EIO after a reset, until the tape is rewound', () => {
      bench.openWith(1, 2, 'filemark');
      bench.fixture.reset();
      const { node } = bench;
      // Which call takes the news from the drive is the kernel's affair; after it all know.
      node.read();
      expect(node.read()).to.equal('-EIO');
      expect(node.write(bench.block(3))).to.equal('-EIO');
      expect(node.operate(MT_OP.writeFilemarks)).to.equal('-EIO');
      expect(node.operate(MT_OP.forwardSpaceBlocks, 1)).to.equal('-EIO');
      // Linux 6.1 refuses MTIOCGET too; 7.3 tells that it does not know where the tape stands.
      expect(node.status()).to.deep.oneOf(['-EIO', { file: null, block: null, flags: 'ONLINE' }]);
      expect(node.operate(MT_OP.rewind)).to.equal(0);
      expect(node.reads(3)).to.deep.equal([bench.lengthOf(1), bench.lengthOf(2), 0]);
    });
  });
}
