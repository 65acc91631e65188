import { expect } from 'chai';
import { appendBlock, type Extent } from '../../../src/volume/extent.js';

const BLOCK = { blockAddress: 13, sequence: 11, offset: 300, payloadBytes: 50 };
const EXTENT: Extent = { blockAddress: 10, sequence: 8, blocks: 3, offset: 0, bytes: 300 };

describe('an extent', () => {
  it('grows by the block that continues it', () => {
    const extents = [EXTENT];
    appendBlock(extents, BLOCK);
    expect(extents).to.deep.equal([{ ...EXTENT, blocks: 4, bytes: 350 }]);
  });

  it('begins with the first block of its stream', () => {
    const extents: Extent[] = [];
    appendBlock(extents, BLOCK);
    expect(extents).to.deep.equal([{ blockAddress: 13, sequence: 11, blocks: 1, offset: 300, bytes: 50 }]);
  });

  for (const [what, change] of [
    ['a filemark lies between', { blockAddress: 14 }],
    ['a block of the volume is missing between', { sequence: 12 }],
    ['bytes of the stream are missing between', { offset: 301 }],
  ] as const)
    it(`is not continued where ${what}`, () => {
      const extents = [EXTENT];
      appendBlock(extents, { ...BLOCK, ...change });
      expect(extents).to.have.length(2);
      expect(extents[0]).to.deep.equal(EXTENT);
    });
});
