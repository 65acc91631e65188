import { expect } from 'chai';
import { MT_OP } from '../../../src/device/mtio.js';
import type { Clauses } from '../../support/clauses.js';
import type { NodeBench } from '../st-node.contract.js';

export function defineTransferringClauses(contract: Clauses, bench: NodeBench): void {
  contract.group('reading and writing', () => {
    contract.clause('counts files and blocks', () => {
      bench.openWith();
      expect(bench.node.status()).to.deep.equal({ file: 0, block: 0, flags: 'BOT ONLINE' });
      expect(bench.node.write(bench.block(1))).to.equal(bench.lengthOf(1));
      expect(bench.node.write(bench.block(2))).to.equal(bench.lengthOf(2));
      expect(bench.node.status()).to.deep.equal({ file: 0, block: 2, flags: 'ONLINE' });
      expect(bench.node.operate(MT_OP.writeFilemarks)).to.equal(0);
      expect(bench.node.status()).to.deep.equal({ file: 1, block: 0, flags: 'EOF ONLINE' });
      bench.node.operate(MT_OP.rewind);
      bench.node.read();
      expect(bench.node.status()).to.deep.equal({ file: 0, block: 1, flags: 'ONLINE' });
    });

    contract.clause('gives a shorter block whole, and a longer one not at all: ENOMEM, behind it', () => {
      bench.openWith(1, 2, 3);
      bench.node.operate(MT_OP.rewind);
      const room = new Uint8Array(bench.lengthOf(2)).fill(0xee);
      expect(bench.node.readInto(room)).to.equal(bench.lengthOf(1));
      expect(bench.node.read(bench.lengthOf(1))).to.equal('-ENOMEM');
      expect(bench.node.status()).to.deep.equal({ file: 0, block: 2, flags: 'ONLINE' });
      expect(bench.node.read(bench.lengthOf(3))).to.equal(bench.lengthOf(3));
    });

    contract.clause('gives 0 for a filemark, and once more for the end of the data behind it, then EIO', () => {
      bench.openWith(1, 'filemark', 2, 'filemark');
      bench.node.operate(MT_OP.rewind);
      expect(bench.node.reads(4)).to.deep.equal([bench.lengthOf(1), 0, bench.lengthOf(2), 0]);
      expect(bench.node.status()).to.deep.equal({ file: 2, block: 0, flags: 'EOF ONLINE' });
      expect(bench.node.read()).to.equal(0);
      expect(bench.node.status()).to.include({ flags: 'EOD ONLINE' });
      expect(bench.node.reads(2)).to.deep.equal(['-EIO', '-EIO']);
      expect(bench.node.status()).to.include({ flags: 'EOD ONLINE' });
    });

    contract.clause('gives EIO at the end of the data behind a block, which MTIOCGET does not call that', () => {
      bench.openWith(1);
      bench.node.operate(MT_OP.writeFilemarks, 0);
      bench.node.operate(MT_OP.rewind);
      expect(bench.node.reads(3)).to.deep.equal([bench.lengthOf(1), '-EIO', '-EIO']);
      expect(bench.node.status()).to.deep.equal({ file: 0, block: null, flags: 'ONLINE' });
    });

    contract.clause('reads at once behind what was written', () => {
      bench.openWith(1, 2, 'filemark', 3);
      expect(bench.node.operate(MT_OP.backwardSpaceFilemarks, 1)).to.equal(0);
      // It has put a filemark behind block 3 first, and passes both: it is before the first.
      expect(bench.node.reads(4)).to.deep.equal([0, bench.lengthOf(3), 0, 0]);
    });

    contract.clause('refuses blocks that the drive does not take: EINVAL', () => {
      bench.openWith();
      expect(bench.node.write(new Uint8Array(0x100_0000))).to.equal('-EINVAL');
      expect(bench.node.status()).to.deep.equal({ file: 0, block: 0, flags: 'BOT ONLINE' });
    });

    contract.clause('takes the write that meets early warning, refuses the next with ENOSPC, and so on in turn', () => {
      bench.fixture.insertBlank(1024 * 1024);
      bench.node.open();
      bench.node.operate(MT_OP.rewind);
      const block = new Uint8Array(32 * 1024);
      const results: unknown[] = [];
      // Behind the first refusal three more calls.
      for (let left = 4; left > 0 && results.length < 200;) {
        const result = bench.node.write(block);
        results.push(result);
        if (result !== block.length || left < 4) left--;
      }
      expect(results.slice(-5)).to.deep.equal([block.length, '-ENOSPC', block.length, '-ENOSPC', block.length]);
      const written = results.filter((result) => result === block.length).length;
      expect(bench.node.status()).to.deep.equal({ file: 0, block: written, flags: 'EOT ONLINE' });
      expect(bench.node.operate(MT_OP.writeFilemarks)).to.equal(0);
    });
  });
}
