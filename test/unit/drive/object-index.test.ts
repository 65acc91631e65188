import { expect } from 'chai';
import fc from 'fast-check';
import { AssertionError } from '../../../src/base/assert.js';
import { ObjectIndex } from '../../../src/drive/object-index.js';

type Kind = 'block' | 'filemark' | 'lost';

function indexOf(row: readonly Kind[]): ObjectIndex {
  const index = new ObjectIndex();
  row.forEach((kind, i) => {
    if (kind === 'lost') index.addLost();
    else index.add(4096 + i * 24, kind);
  });
  return index;
}

const row = fc.array(fc.constantFrom<Kind>('block', 'block', 'filemark', 'lost'), { maxLength: 60 });

describe('object-index', () => {
  it('knows of every object what a plain list would, also after the end was cut off and written anew', () => {
    fc.assert(
      fc.property(row, row, fc.nat(60), (first, second, cut) => {
        const kept = first.slice(0, cut);
        const index = indexOf(first);
        index.truncate(kept.length);
        const list = [...kept, ...second];
        second.forEach((kind, i) => {
          if (kind === 'lost') index.addLost();
          else index.add(4096 + (kept.length + i) * 24, kind);
        });
        expect(index.count).to.equal(list.length);
        for (let n = 0; n <= list.length; n++) {
          const before = list.slice(0, n);
          expect(index.filemarksBefore(n)).to.equal(before.filter((kind) => kind === 'filemark').length);
          const lostFrom = list.indexOf('lost', n);
          expect(index.lostFrom(n)).to.equal(lostFrom < 0 ? null : lostFrom);
          const lostBefore = before.lastIndexOf('lost');
          expect(index.lostBefore(n)).to.equal(lostBefore < 0 ? null : lostBefore);
          if (n < list.length) expect(index.offsetOf(n)).to.equal(list[n] === 'lost' ? null : 4096 + n * 24);
        }
        const filemarks = list.flatMap((kind, i) => (kind === 'filemark' ? [i] : []));
        expect(index.filemarkCount).to.equal(filemarks.length);
        expect(filemarks.map((_, n) => index.filemark(n))).to.deep.equal(filemarks);
      }),
    );
  });

  it('grows beyond its first allocation', () => {
    const index = indexOf(Array.from({ length: 5000 }, (_, i) => (i % 10 === 9 ? 'filemark' : 'block')));
    expect(index.count).to.equal(5000);
    expect(index.offsetOf(4321)).to.equal(4096 + 4321 * 24);
    expect(index.filemark(499)).to.equal(4999);
  });

  it('treats an object beyond the row as a mistake', () => {
    expect(() => indexOf(['block']).offsetOf(1)).to.throw(AssertionError);
    expect(() => {
      indexOf(['block']).truncate(2);
    }).to.throw(AssertionError);
  });
});
