import { expect } from 'chai';
import type { ErrorCode } from '../../src/base/error-codes.js';
import { isStorageError } from '../../src/base/storage-error.js';
import type { ApplicationAttributes, TapeDrive } from '../../src/drive/tape-drive.js';
import type { Barcode } from '../../src/terms/barcode.js';
import { patternedBytes } from '../support/patterned-bytes.js';

/** What the suite needs of a world in which a drive can be used and misused. */
export interface TapeDriveFixture {
  /** Not opened. The mouth is empty. */
  readonly drive: TapeDrive;
  /** Another TapeDrive for the same device, as after a restart of the program; the old one is not used any more. */
  restarted(): TapeDrive;
  /** Puts a new cartridge, at least this large, into the mouth. */
  insertBlank(capacityBytes: number): void;
  /** Sets the tab of the cartridge, which is in the mouth, not loaded. */
  writeProtect(): void;
  /** The next attempt to write a block fails for the medium. */
  failNextWrite(): void;
  /** The next flush of the buffer to the medium fails. */
  failNextFlush(): void;
  /** From now on the block at this address cannot be read; the cartridge is loaded. */
  damageBlock(blockAddress: number): void;
  /** A reset of the drive by somebody else, which loses the position. Only with `canBeReset`. */
  reset?(): void;
  dispose(): void;
}

const ROOM_BYTES = 64 * 1024;
const MEBIBYTE = 1024 * 1024;

export const TEST_ATTRIBUTES: ApplicationAttributes = {
  vendor: 'TAPELOOM',
  name: 'Tapeloom',
  version: '1.2.3',
  label: 'volume 7',
  lastWrittenMs: Date.UTC(2026, 10, 24, 3, 7, 9),
  barcode: 'TPL001L8' as Barcode,
  pool: 'daily',
  formatVersion: '1',
};

export function codeOf(action: () => unknown): ErrorCode | 'none' {
  try {
    action();
  } catch (error) {
    if (isStorageError(error)) return error.code;
    throw error;
  }
  return 'none';
}

/** Blocks are told apart by their bytes: block n of length n x 100 + 1, or as given. */
export function testBlock(n: number, lengthBytes = n * 100 + 1): Uint8Array {
  return patternedBytes(n, lengthBytes);
}

function writeBlocks(drive: TapeDrive, ...numbers: readonly number[]): void {
  for (const n of numbers) expect(drive.writeBlock(testBlock(n)), `block ${String(n)}`).to.include({ kind: 'written' });
}

type Seen = number | 'filemark' | 'end-of-data' | 'unknown block';

/** Reads one object and recognises which test block it is. */
function readOne(drive: TapeDrive): Seen {
  const into = new Uint8Array(ROOM_BYTES);
  const outcome = drive.readBlock(into);
  if (outcome.kind !== 'block') return outcome.kind;
  const n = (outcome.lengthBytes - 1) / 100;
  if (!Number.isInteger(n)) return 'unknown block';
  return Buffer.compare(into.subarray(0, outcome.lengthBytes), testBlock(n)) === 0 ? n : 'unknown block';
}

function readAll(drive: TapeDrive): readonly Seen[] {
  drive.rewind();
  const seen: Seen[] = [];
  for (;;) {
    const one = readOne(drive);
    if (one === 'end-of-data') return seen;
    seen.push(one);
  }
}

/** The executable form of the contract in src/drive/tape-drive.ts. */
export function describeTapeDriveContract(
  name: string,
  makeFixture: () => TapeDriveFixture,
  /** A disk volume has no other initiator that could reset it. */
  { canBeReset }: { readonly canBeReset: boolean },
): void {
  describe(`${name} as a TapeDrive`, () => {
    let fixture: TapeDriveFixture;
    let drive: TapeDrive;

    beforeEach(() => {
      fixture = makeFixture();
      drive = fixture.drive;
    });
    afterEach(() => {
      try {
        drive.close();
      } catch (error) {
        if (!isStorageError(error)) throw error;
      }
      fixture.dispose();
    });

    function loadBlank(capacityBytes = 8 * MEBIBYTE): void {
      fixture.insertBlank(capacityBytes);
      drive.open();
      drive.load();
    }

    describe('without a medium', () => {
      it('opens, and tells that there is none', () => {
        drive.open();
        const status = drive.readStatus();
        expect(status.medium).to.equal('no-medium');
        expect(status.identity.product).to.be.a('string').that.is.not.empty;
        expect(status.minBlockBytes).to.be.at.least(1);
        expect(status.maxBlockBytes).to.be.at.least(MEBIBYTE);
      });

      it('refuses everything that needs one with DRIVE_NO_MEDIUM', () => {
        drive.open();
        const calls: readonly (() => unknown)[] = [
          () => {
            drive.load();
          },
          () => {
            drive.rewind();
          },
          () => {
            drive.locate(0);
          },
          () => {
            drive.locateEndOfData();
          },
          () => drive.spaceFilemarks(1),
          () => drive.readBlock(new Uint8Array(16)),
        ];
        expect(calls.map(codeOf)).to.deep.equal(calls.map(() => 'DRIVE_NO_MEDIUM'));
      });

      it('unloads successfully', () => {
        drive.open();
        expect(
          codeOf(() => {
            drive.unload();
          }),
        ).to.equal('none');
      });

      it('is closed as often as one likes', () => {
        drive.close();
        drive.open();
        drive.close();
        expect(
          codeOf(() => {
            drive.close();
          }),
        ).to.equal('none');
      });
    });

    describe('loading', () => {
      it('makes the medium ready at the beginning and counts a new medium', () => {
        fixture.insertBlank(8 * MEBIBYTE);
        drive.open();
        const before = drive.readStatus().mediumGeneration;
        drive.load();
        expect(drive.readStatus()).to.include({ medium: 'ready', writeProtected: false, worm: false });
        expect(drive.readStatus().mediumGeneration).to.be.greaterThan(before);
        expect(drive.readPosition()).to.include({ blockAddress: 0, fileNumber: 0, beginningOfMedium: true });
      });

      it('rewinds, and loses nothing, when the medium is loaded already', () => {
        loadBlank();
        writeBlocks(drive, 1, 2);
        drive.load();
        expect(drive.readPosition().blockAddress).to.equal(0);
        expect(readAll(drive)).to.deep.equal([1, 2]);
      });

      it('unloads to the mouth, from where it loads again', () => {
        loadBlank();
        writeBlocks(drive, 1, 2);
        drive.unload();
        expect(drive.readStatus().medium).to.equal('no-medium');
        expect(codeOf(() => drive.readBlock(new Uint8Array(16)))).to.equal('DRIVE_NO_MEDIUM');
        drive.unload();
        drive.load();
        expect(readAll(drive)).to.deep.equal([1, 2]);
      });

      it('finds what was written after the program was started anew', () => {
        loadBlank();
        writeBlocks(drive, 1);
        drive.writeFilemarks(1);
        writeBlocks(drive, 2);
        drive.synchronize();
        drive.close();
        drive = fixture.restarted();
        drive.open();
        drive.load();
        expect(readAll(drive)).to.deep.equal([1, 'filemark', 2]);
        drive.locateEndOfData();
        writeBlocks(drive, 3);
        expect(readAll(drive)).to.deep.equal([1, 'filemark', 2, 3]);
      });

      it('writes no filemark that nobody asked for when it is closed, unloaded or moved', () => {
        loadBlank();
        writeBlocks(drive, 1);
        drive.rewind();
        drive.locateEndOfData();
        writeBlocks(drive, 2);
        drive.locate(0);
        drive.locateEndOfData();
        writeBlocks(drive, 3);
        drive.spaceFilemarks(-1);
        drive.locateEndOfData();
        writeBlocks(drive, 4);
        drive.unload();
        drive.load();
        drive.locateEndOfData();
        writeBlocks(drive, 5);
        drive.close();
        drive.open();
        drive.load();
        expect(readAll(drive)).to.deep.equal([1, 2, 3, 4, 5]);
      });
    });

    describe('reading and writing', () => {
      it('reads nothing from a blank medium, as often as asked, and does not move', () => {
        loadBlank();
        for (let n = 0; n < 4; n++) expect(readOne(drive)).to.equal('end-of-data');
        expect(drive.readPosition().blockAddress).to.equal(0);
      });

      it('gives back every block in its length and order', () => {
        loadBlank();
        writeBlocks(drive, 5, 1, 300, 0, 7);
        expect(readAll(drive)).to.deep.equal([5, 1, 300, 0, 7]);
      });

      it('gives back filemarks where they were written', () => {
        loadBlank();
        drive.writeFilemarks(1);
        writeBlocks(drive, 1);
        drive.writeFilemarks(2);
        writeBlocks(drive, 2);
        expect(readAll(drive)).to.deep.equal(['filemark', 1, 'filemark', 'filemark', 2]);
      });

      it('stays at the end of data however often that is read, behind a block and behind a filemark', () => {
        loadBlank();
        writeBlocks(drive, 1);
        drive.writeFilemarks(1);
        for (const expected of [1, 'filemark', 'end-of-data', 'end-of-data', 'end-of-data', 'end-of-data']) {
          if (expected === 1) drive.rewind();
          expect(readOne(drive)).to.equal(expected);
        }
        expect(drive.readPosition().blockAddress).to.equal(2);
        writeBlocks(drive, 2);
        drive.locate(2);
        expect([readOne(drive), readOne(drive), readOne(drive)]).to.deep.equal([2, 'end-of-data', 'end-of-data']);
        drive.rewind();
        expect(readOne(drive), 'having met the end does not spoil what comes later').to.equal(1);
        drive.locateEndOfData();
        expect([readOne(drive), readOne(drive)]).to.deep.equal(['end-of-data', 'end-of-data']);
        drive.locate(0);
        expect([readOne(drive), readOne(drive), readOne(drive)]).to.deep.equal([1, 'filemark', 2]);
      });

      it('reads and writes memory shared between threads', () => {
        loadBlank();
        const shared = new Uint8Array(new SharedArrayBuffer(8192), 4096);
        shared.set(testBlock(9));
        drive.writeBlock(shared.subarray(0, 901));
        drive.rewind();
        shared.fill(0);
        expect(drive.readBlock(shared)).to.deep.equal({ kind: 'block', lengthBytes: 901 });
        expect(Buffer.compare(shared.subarray(0, 901), testBlock(9))).to.equal(0);
      });

      it('refuses to read a block that is longer than the room for it, and is behind it then', () => {
        loadBlank();
        writeBlocks(drive, 3, 4);
        drive.rewind();
        expect(codeOf(() => drive.readBlock(new Uint8Array(300)))).to.equal('MEDIUM_BLOCK_TOO_LARGE');
        expect(drive.readPosition().blockAddress).to.equal(1);
        expect(readOne(drive)).to.equal(4);
      });

      it('reads a block into room of just its length', () => {
        loadBlank();
        writeBlocks(drive, 3, 4);
        drive.rewind();
        expect(drive.readBlock(new Uint8Array(301))).to.deep.equal({ kind: 'block', lengthBytes: 301 });
        expect(readOne(drive)).to.equal(4);
      });

      it('forgets everything behind a block that is written in the middle', () => {
        loadBlank();
        writeBlocks(drive, 1, 2, 3);
        drive.writeFilemarks(1);
        drive.locate(1);
        writeBlocks(drive, 7);
        expect(readOne(drive)).to.equal('end-of-data');
        expect(readAll(drive)).to.deep.equal([1, 7]);
        drive.unload();
        drive.load();
        expect(readAll(drive)).to.deep.equal([1, 7]);
      });

      it('forgets everything behind a filemark that is written in the middle', () => {
        loadBlank();
        writeBlocks(drive, 1, 2, 3);
        drive.locate(1);
        drive.writeFilemarks(1);
        expect(readAll(drive)).to.deep.equal([1, 'filemark']);
      });

      it('goes on writing behind what was read', () => {
        loadBlank();
        writeBlocks(drive, 1, 2);
        drive.rewind();
        expect([readOne(drive), readOne(drive), readOne(drive)]).to.deep.equal([1, 2, 'end-of-data']);
        writeBlocks(drive, 3);
        expect(readAll(drive)).to.deep.equal([1, 2, 3]);
      });

      for (const mode of ['short', 'long'] as const)
        it(`erases (${mode}) what is behind the position and nothing before it`, () => {
          loadBlank(MEBIBYTE);
          writeBlocks(drive, 1, 2, 3);
          drive.locate(1);
          drive.erase(mode);
          drive.unload();
          drive.load();
          expect(readAll(drive)).to.deep.equal([1]);
        });
    });

    describe('the position', () => {
      it('counts blocks and filemarks together, and filemarks alone', () => {
        loadBlank();
        writeBlocks(drive, 1, 2);
        drive.writeFilemarks(2);
        writeBlocks(drive, 3);
        drive.synchronize();
        expect(drive.readPosition()).to.include({ blockAddress: 5, fileNumber: 2, beginningOfMedium: false });
        drive.locate(2);
        expect(drive.readPosition()).to.include({ blockAddress: 2, fileNumber: 0 });
        drive.locate(3);
        expect(drive.readPosition()).to.include({ blockAddress: 3, fileNumber: 1 });
      });

      it('is before any object that is located, in any order', () => {
        loadBlank();
        writeBlocks(drive, 1, 2);
        drive.writeFilemarks(1);
        writeBlocks(drive, 3);
        const row: readonly Seen[] = [1, 2, 'filemark', 3, 'end-of-data'];
        for (const address of [3, 0, 4, 2, 1, 1, 4, 0]) {
          drive.locate(address);
          expect(drive.readPosition().blockAddress).to.equal(address);
          expect(readOne(drive), `object ${String(address)}`).to.equal(row[address]);
        }
      });

      it('is at the end of data after locating beyond it, which is MEDIUM_READ_ERROR', () => {
        loadBlank();
        writeBlocks(drive, 1, 2);
        expect(
          codeOf(() => {
            drive.locate(3);
          }),
        ).to.equal('MEDIUM_READ_ERROR');
        expect(drive.readPosition().blockAddress).to.equal(2);
        expect(
          codeOf(() => {
            drive.locate(1_000_000);
          }),
        ).to.equal('MEDIUM_READ_ERROR');
        expect(readOne(drive)).to.equal('end-of-data');
      });

      it('is where the next block is appended after locating the end of data', () => {
        loadBlank();
        writeBlocks(drive, 1);
        drive.writeFilemarks(1);
        drive.rewind();
        drive.locateEndOfData();
        expect(drive.readPosition().blockAddress).to.equal(2);
        writeBlocks(drive, 2);
        expect(readAll(drive)).to.deep.equal([1, 'filemark', 2]);
      });

      it('is behind the filemark that was spaced over forwards, and before it backwards', () => {
        loadBlank();
        writeBlocks(drive, 1);
        drive.writeFilemarks(1);
        writeBlocks(drive, 2, 3);
        drive.writeFilemarks(1);
        writeBlocks(drive, 4);
        drive.rewind();
        expect(drive.spaceFilemarks(1)).to.deep.equal({ remaining: 0 });
        expect(drive.readPosition().blockAddress).to.equal(2);
        expect(drive.spaceFilemarks(1)).to.deep.equal({ remaining: 0 });
        expect(drive.readPosition().blockAddress).to.equal(5);
        expect(drive.spaceFilemarks(-1)).to.deep.equal({ remaining: 0 });
        expect(drive.readPosition().blockAddress).to.equal(4);
        expect(readOne(drive)).to.equal('filemark');
        drive.locateEndOfData();
        expect(drive.spaceFilemarks(-2)).to.deep.equal({ remaining: 0 });
        expect(drive.readPosition().blockAddress).to.equal(1);
        expect(drive.spaceFilemarks(0)).to.deep.equal({ remaining: 0 });
        expect(drive.readPosition().blockAddress).to.equal(1);
      });

      it('is at the end that was met when there are fewer filemarks, and the rest is told', () => {
        loadBlank();
        writeBlocks(drive, 1);
        drive.writeFilemarks(2);
        writeBlocks(drive, 2);
        drive.rewind();
        expect(drive.spaceFilemarks(5)).to.deep.equal({ remaining: 3 });
        expect(drive.readPosition().blockAddress).to.equal(4);
        expect(readOne(drive)).to.equal('end-of-data');
        expect(drive.spaceFilemarks(-6)).to.deep.equal({ remaining: 4 });
        expect(drive.readPosition()).to.include({ blockAddress: 0, beginningOfMedium: true });
        expect(readOne(drive)).to.equal(1);
      });

      it('tells an empty buffer after a synchronize and after filemarks', () => {
        loadBlank();
        writeBlocks(drive, 1, 2);
        expect(drive.readPosition().blocksInBuffer).to.be.oneOf([null, 0, 1, 2]);
        drive.synchronize();
        expect(drive.readPosition().blocksInBuffer).to.equal(0);
        writeBlocks(drive, 3);
        drive.writeFilemarks(1);
        expect(drive.readPosition()).to.include({ blocksInBuffer: 0, blockAddress: 4 });
      });
    });

    describe('near the end of the medium', () => {
      const LENGTH = 32 * 1024 + 1;

      /** Fills the medium with blocks until early warning; returns how many were written. */
      function fillToEarlyWarning(): number {
        for (let n = 1; ; n++) {
          const outcome = drive.writeBlock(testBlock(n, LENGTH));
          expect(outcome.kind, 'early warning comes before the end').to.equal('written');
          if (outcome.kind === 'written' && outcome.earlyWarning) return n;
        }
      }

      it('warns early enough to write what closes the volume', () => {
        loadBlank(2 * MEBIBYTE);
        const count = fillToEarlyWarning();
        expect(drive.readPosition()).to.include({ earlyWarning: true, blockAddress: count });
        expect(drive.writeBlock(testBlock(1))).to.deep.equal({ kind: 'written', earlyWarning: true });
        expect(drive.writeFilemarks(1)).to.include({ kind: 'written' });
        expect(drive.writeBlock(testBlock(2))).to.include({ kind: 'written' });
        expect(drive.writeFilemarks(1)).to.include({ kind: 'written' });
        drive.locate(count);
        expect([1, 2, 3, 4, 5].map(() => readOne(drive))).to.deep.equal([1, 'filemark', 2, 'filemark', 'end-of-data']);
        drive.rewind();
        expect(drive.readPosition().earlyWarning).to.equal(false);
      });

      it('accepts every block up to the end once, and says of the first that does not fit that nothing of it was written', () => {
        loadBlank(2 * MEBIBYTE);
        let count = fillToEarlyWarning();
        for (;;) {
          const outcome = drive.writeBlock(testBlock(count + 1, LENGTH));
          if (outcome.kind === 'end-of-medium') break;
          expect(outcome.earlyWarning).to.equal(true);
          count++;
        }
        expect(drive.writeBlock(testBlock(count + 1, LENGTH)).kind, 'it stays so').to.equal('end-of-medium');
        drive.synchronize();
        drive.rewind();
        const into = new Uint8Array(ROOM_BYTES);
        for (let n = 1; n <= count; n++) {
          expect(drive.readBlock(into), `block ${String(n)}`).to.deep.equal({ kind: 'block', lengthBytes: LENGTH });
          expect(Buffer.compare(into.subarray(0, LENGTH), testBlock(n, LENGTH))).to.equal(0);
        }
        expect(drive.readBlock(into)).to.deep.equal({ kind: 'end-of-data' });
      });
    });

    describe('with a write-protected medium', () => {
      beforeEach(() => {
        loadBlank();
        writeBlocks(drive, 1, 2);
        drive.unload();
        fixture.writeProtect();
        drive.load();
      });

      it('tells so and reads', () => {
        expect(drive.readStatus()).to.include({ medium: 'ready', writeProtected: true });
        expect(readAll(drive)).to.deep.equal([1, 2]);
      });

      it('refuses to write, and what is there stays', () => {
        drive.locateEndOfData();
        expect(codeOf(() => drive.writeBlock(testBlock(3)))).to.equal('MEDIUM_WRITE_PROTECTED');
        drive.rewind();
        expect(codeOf(() => drive.writeFilemarks(1))).to.equal('MEDIUM_WRITE_PROTECTED');
        drive.rewind();
        expect(
          codeOf(() => {
            drive.erase('short');
          }),
        ).to.equal('MEDIUM_WRITE_PROTECTED');
        expect(readAll(drive)).to.deep.equal([1, 2]);
      });
    });

    describe('after a failure', () => {
      it('of a write, keeps what was synchronized and refuses to write before it was positioned', () => {
        loadBlank();
        writeBlocks(drive, 1, 2);
        drive.synchronize();
        fixture.failNextWrite();
        expect(codeOf(() => drive.writeBlock(testBlock(3)))).to.equal('MEDIUM_WRITE_ERROR');
        expect(codeOf(() => drive.writeBlock(testBlock(4)))).to.equal('DRIVE_POSITION_LOST');
        expect(codeOf(() => drive.writeFilemarks(1))).to.equal('DRIVE_POSITION_LOST');
        expect(readAll(drive).slice(0, 2)).to.deep.equal([1, 2]);
        drive.locate(2);
        writeBlocks(drive, 5);
        expect(readAll(drive)).to.deep.equal([1, 2, 5]);
      });

      it('of a write, leaves no filemark behind when it is closed', () => {
        loadBlank();
        writeBlocks(drive, 1, 2);
        drive.synchronize();
        fixture.failNextWrite();
        expect(codeOf(() => drive.writeBlock(testBlock(3)))).to.equal('MEDIUM_WRITE_ERROR');
        drive.close();
        drive = fixture.restarted();
        drive.open();
        drive.load();
        expect(readAll(drive)).to.not.include('filemark');
        expect(readAll(drive).slice(0, 2)).to.deep.equal([1, 2]);
      });

      for (const [what, flush] of [
        ['filemarks', (): unknown => drive.writeFilemarks(1)],
        [
          'a synchronize',
          (): void => {
            drive.synchronize();
          },
        ],
      ] as const)
        it(`of ${what}, keeps what was synchronized before and refuses to write on`, () => {
          loadBlank();
          writeBlocks(drive, 1, 2);
          drive.synchronize();
          writeBlocks(drive, 3);
          fixture.failNextFlush();
          expect(codeOf(flush)).to.equal('MEDIUM_WRITE_ERROR');
          expect(codeOf(() => drive.writeBlock(testBlock(4)))).to.be.oneOf([
            'DRIVE_POSITION_LOST',
            'MEDIUM_WRITE_ERROR',
          ]);
          expect(readAll(drive).slice(0, 2)).to.deep.equal([1, 2]);
        });

      it('of a read, reads every other block', () => {
        loadBlank();
        writeBlocks(drive, 1, 2, 3);
        drive.writeFilemarks(1);
        fixture.damageBlock(1);
        drive.rewind();
        expect(readOne(drive)).to.equal(1);
        expect(codeOf(() => readOne(drive))).to.equal('MEDIUM_READ_ERROR');
        expect(
          codeOf(() => drive.writeBlock(testBlock(9))),
          'nothing is written from there',
        ).to.be.oneOf(['DRIVE_POSITION_LOST', 'MEDIUM_WRITE_ERROR']);
        drive.locate(2);
        expect([readOne(drive), readOne(drive), readOne(drive)]).to.deep.equal([3, 'filemark', 'end-of-data']);
        drive.locate(0);
        expect(readOne(drive)).to.equal(1);
      });

      it('of a move, writes nothing where it was not meant to be', () => {
        loadBlank();
        writeBlocks(drive, 1, 2);
        expect(
          codeOf(() => {
            drive.locate(7);
          }),
        ).to.equal('MEDIUM_READ_ERROR');
        expect(codeOf(() => drive.writeBlock(testBlock(3)))).to.equal('DRIVE_POSITION_LOST');
        expect(readAll(drive)).to.deep.equal([1, 2]);
      });

      if (canBeReset)
        it('that lost the position, fails every call that depends on it until it was positioned', () => {
          loadBlank();
          writeBlocks(drive, 1, 2);
          drive.synchronize();
          const before = drive.readStatus().mediumGeneration;
          fixture.reset?.();
          const dependent: readonly (() => unknown)[] = [
            () => drive.writeBlock(testBlock(3)),
            () => drive.writeFilemarks(1),
            () => {
              drive.synchronize();
            },
            () => readOne(drive),
            () => drive.readPosition(),
            () => drive.spaceFilemarks(1),
            () => {
              drive.erase('short');
            },
          ];
          for (const call of [...dependent, ...dependent]) expect(codeOf(call)).to.equal('DRIVE_POSITION_LOST');
          expect(drive.readStatus().mediumGeneration).to.be.greaterThan(before);
          drive.locateEndOfData();
          expect(drive.readPosition().blockAddress).to.equal(2);
          writeBlocks(drive, 4);
          expect(readAll(drive)).to.deep.equal([1, 2, 4]);
        });
    });

    it('tells what is known of the medium', () => {
      loadBlank();
      const attributes = drive.readMediumAttributes();
      // On tape it is there once some host has written it.
      if (attributes.barcode !== undefined) expect(attributes.barcode).to.match(/^[A-Z0-9]{8}$/);
      expect(attributes.capacityBytes).to.be.at.least(8 * MEBIBYTE);
      expect(attributes.remainingBytes).to.be.at.most(attributes.capacityBytes ?? 0);
    });

    describe('its health', () => {
      it('is told without a medium, part by part', () => {
        drive.open();
        const health = drive.readHealth();
        expect(health).to.have.keys(
          'tapeAlerts',
          'writeErrors',
          'readErrors',
          'deviceStatus',
          'volumeStatistics',
          'capacity',
        );
        expect(health.tapeAlerts ?? []).to.deep.equal([]);
        expect([health.capacity, drive.readCapacity()]).to.deep.equal([null, null]);
      });

      it('of a healthy drive has no raised flags and no uncorrected errors', () => {
        loadBlank();
        writeBlocks(drive, 1, 2);
        const { tapeAlerts, writeErrors, readErrors } = drive.readHealth();
        expect(tapeAlerts ?? []).to.deep.equal([]);
        expect(writeErrors?.uncorrected ?? 0).to.equal(0);
        expect(readErrors?.uncorrected ?? 0).to.equal(0);
      });

      it('is asked without moving the medium or spoiling what is being written', () => {
        loadBlank();
        writeBlocks(drive, 1);
        drive.readHealth();
        drive.readCapacity();
        writeBlocks(drive, 2);
        expect(drive.readPosition().blockAddress).to.equal(2);
        drive.writeFilemarks(1);
        drive.readHealth();
        expect(drive.readPosition().blockAddress).to.equal(3);
        expect(readAll(drive)).to.deep.equal([1, 2, 'filemark']);
      });

      it('knows how much still fits, and less and less does', () => {
        loadBlank(16 * MEBIBYTE);
        const empty = drive.readCapacity();
        expect(empty?.totalBytes).to.be.at.least(15 * MEBIBYTE);
        expect(empty?.remainingBytes)
          .to.be.at.most(empty?.totalBytes ?? 0)
          .and.at.least((empty?.totalBytes ?? 0) - MEBIBYTE);
        for (let n = 0; n < 5; n++) drive.writeBlock(testBlock(n, MEBIBYTE));
        drive.synchronize();
        const fuller = drive.readCapacity();
        expect(fuller?.totalBytes).to.equal(empty?.totalBytes);
        expect((empty?.remainingBytes ?? 0) - (fuller?.remainingBytes ?? 0))
          .to.be.at.least(5 * MEBIBYTE)
          .and.at.most(6 * MEBIBYTE);
        expect(drive.readHealth().capacity).to.deep.equal(fuller);
      });
    });

    describe('the cartridge memory', () => {
      it('says afterwards what was written into it, where there is one, and the data are untouched', () => {
        loadBlank();
        writeBlocks(drive, 1);
        drive.writeFilemarks(1);
        const taken = drive.writeMediumAttributes(TEST_ATTRIBUTES);
        writeBlocks(drive, 2);
        const { barcode, memory } = drive.readMediumAttributes();
        if (taken) {
          expect(barcode).to.equal(TEST_ATTRIBUTES.barcode);
          expect(memory).to.deep.include({ id: 0x0808, name: 'media pool', value: 'daily' });
        } else expect(memory).to.equal(undefined);
        expect(readAll(drive)).to.deep.equal([1, 'filemark', 2]);
      });

      it('is written again, and keeps what was written last', () => {
        loadBlank();
        drive.writeMediumAttributes(TEST_ATTRIBUTES);
        const taken = drive.writeMediumAttributes({ ...TEST_ATTRIBUTES, pool: 'weekly' });
        drive.unload();
        drive.load();
        const { memory } = drive.readMediumAttributes();
        if (taken)
          expect(memory?.filter(({ id }) => id === 0x0808).map(({ value }) => value)).to.deep.equal(['weekly']);
      });

      it('cannot be asked or written without a medium', () => {
        drive.open();
        expect(codeOf(() => drive.readMediumAttributes())).to.equal('DRIVE_NO_MEDIUM');
        expect(codeOf(() => drive.writeMediumAttributes(TEST_ATTRIBUTES))).to.equal('DRIVE_NO_MEDIUM');
      });
    });
  });
}
