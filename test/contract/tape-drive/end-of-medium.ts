import { expect } from 'chai';
import type { Clauses } from '../../support/clauses.js';
import { MEBIBYTE, ROOM_BYTES, type DriveBench } from './drive-bench.js';

export function defineEndOfMediumClauses(contract: Clauses, bench: DriveBench): void {
  contract.group('near the end of the medium', () => {
    const LENGTH = 32 * 1024 + 1;

    /** Fills the medium with blocks until early warning; returns how many were written. */
    function fillToEarlyWarning(): number {
      for (let n = 1; n <= 100; n++) {
        const outcome = bench.drive.writeBlock(bench.block(n, LENGTH));
        expect(outcome.kind, 'early warning comes before the end').to.equal('written');
        if (outcome.kind === 'written' && outcome.earlyWarning) return n;
      }
      throw new Error('100 blocks were written, which are more than fit, without early warning');
    }

    contract.clause('warns early enough to write what closes the volume', () => {
      bench.loadBlank(2 * MEBIBYTE);
      const count = fillToEarlyWarning();
      expect(bench.drive.readPosition()).to.include({ earlyWarning: true, blockAddress: count });
      expect(bench.drive.writeBlock(bench.block(1))).to.deep.equal({ kind: 'written', earlyWarning: true });
      expect(bench.drive.writeFilemarks(1)).to.include({ kind: 'written' });
      expect(bench.drive.writeBlock(bench.block(2))).to.include({ kind: 'written' });
      expect(bench.drive.writeFilemarks(1)).to.include({ kind: 'written' });
      bench.drive.locate(count);
      expect([1, 2, 3, 4, 5].map(() => bench.readOne())).to.deep.equal([1, 'filemark', 2, 'filemark', 'end-of-data']);
      bench.drive.rewind();
      expect(bench.drive.readPosition().earlyWarning).to.equal(false);
    });

    for (const last of ['a block', 'a filemark'])
      contract.clause(`reads the end of the data behind ${last}, as often as asked, and does not move`, () => {
        bench.loadBlank(2 * MEBIBYTE);
        let count = fillToEarlyWarning();
        if (last === 'a filemark') {
          bench.drive.writeFilemarks(1);
          count++;
        }
        for (let n = 0; n < 4; n++) expect(bench.readOne()).to.equal('end-of-data');
        expect(bench.drive.readPosition().blockAddress).to.equal(count);
        bench.drive.locate(count - 1);
        const room = new Uint8Array(LENGTH);
        expect(bench.drive.readBlock(room).kind).to.equal(last === 'a block' ? 'block' : 'filemark');
        // Into room of just the length of the last block: a drive must not be taken to have read it again.
        for (let n = 0; n < 4; n++) expect(bench.drive.readBlock(room)).to.deep.equal({ kind: 'end-of-data' });
        expect(bench.drive.readPosition().blockAddress).to.equal(count);
        bench.write(1);
        bench.drive.locate(count);
        expect([bench.readOne(), bench.readOne()]).to.deep.equal([1, 'end-of-data']);
      });

    contract.clause(
      'accepts every block up to the end once, and says of the first that does not fit that nothing of it was written',
      () => {
        bench.loadBlank(2 * MEBIBYTE);
        let count = fillToEarlyWarning();
        for (;;) {
          const outcome = bench.drive.writeBlock(bench.block(count + 1, LENGTH));
          if (outcome.kind === 'end-of-medium') break;
          expect(outcome.earlyWarning).to.equal(true);
          count++;
        }
        expect(bench.drive.writeBlock(bench.block(count + 1, LENGTH)).kind, 'it stays so').to.equal('end-of-medium');
        bench.drive.synchronize();
        bench.drive.rewind();
        const into = new Uint8Array(ROOM_BYTES);
        for (let n = 1; n <= count; n++) {
          expect(bench.drive.readBlock(into), `block ${String(n)}`).to.deep.equal({
            kind: 'block',
            lengthBytes: LENGTH,
          });
          expect(bench.isBlock(into.subarray(0, LENGTH), n), `block ${String(n)}`).to.equal(true);
        }
        expect(bench.drive.readBlock(into)).to.deep.equal({ kind: 'end-of-data' });
      },
    );
  });
}
