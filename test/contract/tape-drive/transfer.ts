import { expect } from 'chai';
import { codeOf } from '../../support/code-of.js';
import type { Clauses } from '../../support/clauses.js';
import { MEBIBYTE, type DriveBench } from './drive-bench.js';

export function defineTransferClauses(contract: Clauses, bench: DriveBench): void {
  contract.group('reading and writing', () => {
    contract.clause('reads nothing from a blank medium, as often as asked, and does not move', () => {
      bench.loadBlank();
      for (let n = 0; n < 4; n++) expect(bench.readOne()).to.equal('end-of-data');
      expect(bench.drive.readPosition().blockAddress).to.equal(0);
    });

    contract.clause('gives back every block in its length and order', () => {
      bench.loadBlank();
      bench.write(5, 1, 300, 0, 7);
      expect(bench.readAll()).to.deep.equal([5, 1, 300, 0, 7]);
    });

    contract.clause('gives back filemarks where they were written', () => {
      bench.loadBlank();
      bench.drive.writeFilemarks(1);
      bench.write(1);
      bench.drive.writeFilemarks(2);
      bench.write(2);
      expect(bench.readAll()).to.deep.equal(['filemark', 1, 'filemark', 'filemark', 2]);
    });

    contract.clause('stays at the end of data however often that is read, behind a block and behind a filemark', () => {
      bench.loadBlank();
      bench.write(1);
      bench.drive.writeFilemarks(1);
      for (const expected of [1, 'filemark', 'end-of-data', 'end-of-data', 'end-of-data', 'end-of-data']) {
        if (expected === 1) bench.drive.rewind();
        expect(bench.readOne()).to.equal(expected);
      }
      expect(bench.drive.readPosition().blockAddress).to.equal(2);
      bench.write(2);
      bench.drive.locate(2);
      expect([bench.readOne(), bench.readOne(), bench.readOne()]).to.deep.equal([2, 'end-of-data', 'end-of-data']);
      bench.drive.rewind();
      expect(bench.readOne(), 'having met the end does not spoil what comes later').to.equal(1);
      bench.drive.locateEndOfData();
      expect([bench.readOne(), bench.readOne()]).to.deep.equal(['end-of-data', 'end-of-data']);
      bench.drive.locate(0);
      expect([bench.readOne(), bench.readOne(), bench.readOne()]).to.deep.equal([1, 'filemark', 2]);
    });

    contract.clause('reads and writes memory shared between threads', () => {
      bench.loadBlank();
      const shared = new Uint8Array(new SharedArrayBuffer(8192), 4096);
      const block = shared.subarray(0, bench.lengthOf(9));
      block.set(bench.block(9));
      bench.drive.writeBlock(block);
      bench.drive.rewind();
      shared.fill(0);
      expect(bench.drive.readBlock(shared)).to.deep.equal({ kind: 'block', lengthBytes: block.length });
      expect(bench.isBlock(block, 9)).to.equal(true);
    });

    contract.clause('refuses to read a block that is longer than the room for it, and is behind it then', () => {
      bench.loadBlank();
      bench.write(3, 4);
      bench.drive.rewind();
      expect(codeOf(() => bench.drive.readBlock(new Uint8Array(bench.lengthOf(3) - 1)))).to.equal(
        'MEDIUM_BLOCK_TOO_LARGE',
      );
      expect(bench.drive.readPosition().blockAddress).to.equal(1);
      expect(bench.readOne()).to.equal(4);
    });

    contract.clause('reads a block into room of just its length', () => {
      bench.loadBlank();
      bench.write(3, 4);
      bench.drive.rewind();
      const room = new Uint8Array(bench.lengthOf(3));
      expect(bench.drive.readBlock(room)).to.deep.equal({ kind: 'block', lengthBytes: room.length });
      expect(bench.isBlock(room, 3)).to.equal(true);
      expect(bench.readOne()).to.equal(4);
    });

    contract.clause('forgets everything behind a block that is written in the middle', () => {
      bench.loadBlank();
      bench.write(1, 2, 3);
      bench.drive.writeFilemarks(1);
      bench.drive.locate(1);
      bench.write(7);
      expect(bench.readOne()).to.equal('end-of-data');
      expect(bench.readAll()).to.deep.equal([1, 7]);
      bench.drive.unload();
      bench.drive.load();
      expect(bench.readAll()).to.deep.equal([1, 7]);
    });

    contract.clause('forgets everything behind a filemark that is written in the middle', () => {
      bench.loadBlank();
      bench.write(1, 2, 3);
      bench.drive.locate(1);
      bench.drive.writeFilemarks(1);
      expect(bench.readAll()).to.deep.equal([1, 'filemark']);
    });

    contract.clause('goes on writing behind what was read', () => {
      bench.loadBlank();
      bench.write(1, 2);
      bench.drive.rewind();
      expect([bench.readOne(), bench.readOne(), bench.readOne()]).to.deep.equal([1, 2, 'end-of-data']);
      bench.write(3);
      expect(bench.readAll()).to.deep.equal([1, 2, 3]);
    });

    for (const mode of ['short', 'long'] as const)
      contract.clause(`erases (${mode}) what is behind the position and nothing before it`, () => {
        bench.loadBlank(MEBIBYTE);
        bench.write(1, 2, 3);
        bench.drive.locate(1);
        bench.drive.erase(mode);
        bench.drive.unload();
        bench.drive.load();
        expect(bench.readAll()).to.deep.equal([1]);
      });
  });
}
