import { expect } from 'chai';
import { MT_OP } from '../../../src/device/mtio.js';
import { OPEN_FLAGS } from '../../../src/device/syscall-port.js';
import type { Clauses } from '../../support/clauses.js';
import type { NodeBench } from '../st-node.contract.js';

export function defineOpeningClauses(contract: Clauses, bench: NodeBench): void {
  contract.group('opening', () => {
    contract.clause('without a medium succeeds when it does not wait; what needs one is ENOMEDIUM', () => {
      expect(bench.node.open()).to.equal(0);
      expect(bench.node.read()).to.equal('-ENOMEDIUM');
      expect(bench.node.write(bench.block(1))).to.equal('-ENOMEDIUM');
      // Linux 6.1 goes on telling that the tape before was at the end of its data.
      expect(bench.node.status()).to.deep.oneOf([
        { file: null, block: null, flags: 'DR_OPEN' },
        { file: null, block: null, flags: 'EOD DR_OPEN' },
      ]);
      expect(bench.node.close()).to.equal(0);
    });

    contract.clause('is for one at a time: the second is EBUSY, until the first has closed', () => {
      const second = bench.another();
      bench.openWith();
      expect(second.open()).to.equal('-EBUSY');
      expect(second.open(OPEN_FLAGS.readOnly | OPEN_FLAGS.nonBlocking)).to.equal('-EBUSY');
      bench.node.close();
      expect(second.open()).to.equal(0);
      second.close();
    });

    contract.clause('rewinds nothing', () => {
      bench.openWith(1, 2, 'filemark', 3);
      bench.node.operate(MT_OP.rewind);
      bench.node.read();
      bench.node.close();
      bench.node.open();
      expect(bench.node.read()).to.equal(bench.lengthOf(2));
    });

    contract.clause('for writing a protected cartridge is EROFS when it waits; else writing is EACCES', () => {
      bench.openWith(1, 'filemark');
      bench.node.close();
      bench.fixture.writeProtect();
      expect(bench.node.open(OPEN_FLAGS.readWrite)).to.equal('-EROFS');
      expect(bench.node.open(OPEN_FLAGS.readOnly)).to.equal(0);
      bench.node.close();
      expect(bench.node.open()).to.equal(0);
      expect(bench.node.write(bench.block(2))).to.equal('-EACCES');
      expect(bench.node.operate(MT_OP.writeFilemarks)).to.equal('-EACCES');
      expect(bench.node.operate(MT_OP.rewind)).to.equal(0);
      expect(bench.node.status()).to.deep.equal({ file: 0, block: 0, flags: 'BOT WR_PROT ONLINE' });
      expect(bench.node.reads(2)).to.deep.equal([bench.lengthOf(1), 0]);
    });
  });
}
