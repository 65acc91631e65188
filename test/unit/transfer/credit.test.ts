import { expect } from 'chai';
import { distributeCredit, isDueForCredit, nextWindow } from '../../../src/transfer/credit.js';

const LIMITS = { creditStartBlocks: 4, creditMaxBlocks: 32 };

describe('credit', () => {
  describe('the window', () => {
    const flowing = { outstanding: 8, window: 8, unused: 0, usedSinceGrowth: 8, idle: false, hasOwn: false };

    it('begins with the start blocks and doubles up to the most when credit is what holds the client', () => {
      const seen = [0];
      for (let i = 0; i < 6; i++)
        seen.push(nextWindow({ ...flowing, window: seen.at(-1) ?? 0, usedSinceGrowth: 99 }, LIMITS));
      expect(seen).to.deep.equal([0, 4, 8, 16, 32, 32, 32]);
    });
    it('stays while the client has credit left, and until it used a whole window since it grew', () => {
      expect(nextWindow({ ...flowing, unused: 1 }, LIMITS)).to.equal(8);
      expect(nextWindow({ ...flowing, usedSinceGrowth: 7 }, LIMITS)).to.equal(8);
    });
    it('is one block for a client that was silent for long', () => {
      expect(nextWindow({ ...flowing, idle: true }, LIMITS)).to.equal(1);
    });
  });

  describe('when it is due', () => {
    it('is never beyond the window', () => {
      expect(isDueForCredit({ outstanding: 8, window: 8, unused: 0 })).to.equal(false);
      expect(isDueForCredit({ outstanding: 9, window: 8, unused: 0 })).to.equal(false);
    });
    it('is at once when a client has none', () => {
      expect(isDueForCredit({ outstanding: 31, window: 32, unused: 0 })).to.equal(true);
    });
    it('waits for a quarter of the window while a client has some', () => {
      expect(isDueForCredit({ outstanding: 25, window: 32, unused: 3 })).to.equal(false);
      expect(isDueForCredit({ outstanding: 24, window: 32, unused: 3 })).to.equal(true);
    });
    it('gives a window of one block back as soon as it is free', () => {
      expect(isDueForCredit({ outstanding: 0, window: 1, unused: 0 })).to.equal(true);
    });
  });

  describe('whose it is', () => {
    it('goes to those who have the fewest, one after the other', () => {
      const streams = [
        { outstanding: 3, window: 8, hasOwn: false },
        { outstanding: 1, window: 8, hasOwn: false },
        { outstanding: 8, window: 8, hasOwn: false },
      ];
      expect(distributeCredit(streams, 4)).to.deep.equal([1, 3, 0]);
    });
    it('gives each stream its first block, shared or not', () => {
      const streams = [
        { outstanding: 0, window: 4, hasOwn: true },
        { outstanding: 0, window: 4, hasOwn: true },
        { outstanding: 1, window: 4, hasOwn: false },
      ];
      expect(distributeCredit(streams, 0)).to.deep.equal([1, 1, 0]);
    });
    it('gives no block to one whose own is kept by what it wrote, when none is left to share', () => {
      const streams = [
        { outstanding: 0, window: 4, hasOwn: false },
        { outstanding: 0, window: 4, hasOwn: true },
      ];
      expect(distributeCredit(streams, 0)).to.deep.equal([0, 1]);
      expect(distributeCredit(streams, 1)).to.deep.equal([1, 1]);
    });
  });
});
