import { expect } from 'chai';
import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StorageError } from '../../../src/base/storage-error.js';
import type { MediumCapacity } from '../../../src/drive/tape-drive.js';
import { RoomWatch } from '../../../src/transfer/room-watch.js';

const GIB = 1024 ** 3;
const TIB = 1024 ** 4;
const LIMITS = { prepareBytes: 96 * GIB, prepareFraction: 1 / 8 };

/** A volume that is written to its end, compressing by `ratio`, and the times its drive was asked. */
async function writeToTheEnd(
  totalBytes: number,
  stepBytes: number,
  ratio: number,
): Promise<{ readonly asked: number; readonly leftBytes: number | null }> {
  let written = 0;
  let asked = 0;
  const watch = new RoomWatch({
    limits: LIMITS,
    ask: async () => {
      asked++;
      return { remainingBytes: Math.max(0, totalBytes - written), totalBytes };
    },
    onAnswer: () => undefined,
  });
  while (written < totalBytes) {
    watch.look();
    await nextTurn();
    if (watch.isNearlyFull) return { asked, leftBytes: totalBytes - written };
    written += stepBytes / ratio;
    watch.noteWritten(stepBytes);
  }
  return { asked, leftBytes: null };
}

describe('the watch over the room on a volume', () => {
  it('speaks in time, not much too early, and asks a handful of times, however well the data compress', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.02, max: 18, noNaN: true }),
        fc.double({ min: 1, max: 6, noNaN: true }),
        async (tebibytes, ratio) => {
          const total = tebibytes * TIB;
          const step = Math.max(total / 400, GIB);
          const { asked, leftBytes } = await writeToTheEnd(total, step, ratio);
          const threshold = Math.min(LIMITS.prepareBytes, total * LIMITS.prepareFraction);
          expect(leftBytes).to.not.equal(null);
          expect(leftBytes).to.be.at.most(threshold * 1.125 + 1);
          expect(leftBytes).to.be.at.least(threshold - 2 * step);
          expect(asked).to.be.at.most(40);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('asks once a drive that does not tell, and one that fails', async () => {
    for (const answer of [null, new StorageError('DRIVE_HARDWARE', 'broken')]) {
      let asked = 0;
      const watch = new RoomWatch({
        limits: LIMITS,
        ask: async (): Promise<MediumCapacity | null> => {
          asked++;
          if (answer !== null) throw answer;
          return answer;
        },
        onAnswer: () => undefined,
      });
      for (let n = 0; n < 5; n++) {
        watch.look();
        await nextTurn();
        watch.noteWritten(100 * TIB);
      }
      expect([asked, watch.isNearlyFull]).to.deep.equal([1, false]);
    }
  });

  it('does not ask again before the answer came', async () => {
    let asked = 0;
    const watch = new RoomWatch({
      limits: LIMITS,
      ask: async () => {
        asked++;
        await nextTurn();
        return { remainingBytes: 10 * TIB, totalBytes: 18 * TIB };
      },
      onAnswer: () => undefined,
    });
    for (let n = 0; n < 5; n++) {
      watch.noteWritten(20 * TIB);
      watch.look();
    }
    expect(asked).to.equal(1);
  });
});
