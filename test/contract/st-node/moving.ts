import { expect } from 'chai';
import { MT_OP } from '../../../src/device/mtio.js';
import type { Clauses } from '../../support/clauses.js';
import type { NodeBench } from '../st-node.contract.js';

export function defineMovingClauses(contract: Clauses, bench: NodeBench): void {
  contract.group('moving', () => {
    contract.clause('over filemarks ends behind them forwards, and before them backwards', () => {
      bench.openWith(1, 'filemark', 2, 'filemark', 3, 'filemark');
      bench.node.operate(MT_OP.rewind);
      expect(bench.node.operate(MT_OP.forwardSpaceFilemarks, 2)).to.equal(0);
      expect(bench.node.status()).to.deep.equal({ file: 2, block: 0, flags: 'EOF ONLINE' });
      expect(bench.node.read()).to.equal(bench.lengthOf(3));
      expect(bench.node.operate(MT_OP.backwardSpaceFilemarks, 1)).to.equal(0);
      expect(bench.node.status()).to.deep.equal({ file: 1, block: null, flags: 'ONLINE' });
      expect(bench.node.reads(2)).to.deep.equal([0, bench.lengthOf(3)]);
    });

    contract.clause(
      'over more filemarks than there are is EIO, at the end of the data, and the files are counted',
      () => {
        bench.openWith(1, 'filemark', 2, 'filemark', 3, 'filemark');
        bench.node.operate(MT_OP.rewind);
        expect(bench.node.operate(MT_OP.forwardSpaceFilemarks, 5)).to.equal('-EIO');
        expect(bench.node.status()).to.deep.equal({ file: 3, block: null, flags: 'EOD ONLINE' });
      },
    );

    contract.clause('over blocks counts them, and is EIO behind the filemark that is in the way', () => {
      bench.openWith(1, 2, 3, 'filemark', 4, 'filemark');
      bench.node.operate(MT_OP.rewind);
      expect(bench.node.operate(MT_OP.forwardSpaceBlocks, 2)).to.equal(0);
      expect(bench.node.status()).to.deep.equal({ file: 0, block: 2, flags: 'ONLINE' });
      expect(bench.node.operate(MT_OP.backwardSpaceBlocks, 1)).to.equal(0);
      expect(bench.node.status()).to.deep.equal({ file: 0, block: 1, flags: 'ONLINE' });
      expect(bench.node.operate(MT_OP.forwardSpaceBlocks, 5)).to.equal('-EIO');
      expect(bench.node.status()).to.deep.equal({ file: 1, block: 0, flags: 'EOF ONLINE' });
      expect(bench.node.read()).to.equal(bench.lengthOf(4));
    });

    contract.clause('over no blocks changes nothing but that the end of the data is forgotten', () => {
      bench.openWith(1, 'filemark');
      expect(bench.node.operate(MT_OP.endOfData)).to.equal(0);
      expect(bench.node.status()).to.include({ flags: 'EOD ONLINE' });
      expect(bench.node.operate(MT_OP.forwardSpaceBlocks, 0)).to.equal(0);
      expect(bench.node.status()).to.not.include({ flags: 'EOD ONLINE' });
      expect(bench.node.write(bench.block(2))).to.equal(bench.lengthOf(2));
    });

    contract.clause('to the end of the data counts the files', () => {
      bench.openWith(1, 'filemark', 2, 'filemark');
      bench.node.operate(MT_OP.rewind);
      expect(bench.node.operate(MT_OP.endOfData)).to.equal(0);
      expect(bench.node.status()).to.include({ file: 2, flags: 'EOD ONLINE' });
      expect(bench.node.write(bench.block(3))).to.equal(bench.lengthOf(3));
    });
  });
}
