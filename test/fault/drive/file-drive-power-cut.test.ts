import { expect } from 'chai';
import fc from 'fast-check';
import { isStorageError } from '../../../src/base/storage-error.js';
import { DiskTarget } from '../../../src/drive/disk-target.js';
import { FileDrive } from '../../../src/drive/file-drive.js';
import { diskBarcode } from '../../support/file-drive-fixture.js';
import { MemoryFiles, type FileChange } from '../../support/memory-files.js';
import { patternedBytes } from '../../support/patterned-bytes.js';

const DIRECTORY = '/target';
const BARCODE = diskBarcode(1);
const CAPACITY = 4 * 1024 * 1024;

type Step =
  | { readonly kind: 'write'; readonly lengthBytes: number }
  | { readonly kind: 'filemarks'; readonly count: number }
  | { readonly kind: 'synchronize' }
  | { readonly kind: 'locate'; readonly part: number }
  | { readonly kind: 'reload' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('write' as const), lengthBytes: fc.integer({ min: 1, max: 300 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('filemarks' as const), count: fc.integer({ min: 1, max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'synchronize' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('locate' as const), part: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reload' as const }) },
);

/** An object as it was written: its bytes, or null for a filemark. */
type Written = Uint8Array | null;

interface Moment {
  /** How many changes had reached the files. */
  readonly changes: number;
  /** What was on the volume for sure from then on, until something was written over it. */
  readonly synced: readonly Written[];
  readonly written: readonly Written[];
}

function newVolume(): { readonly files: MemoryFiles; readonly drive: FileDrive } {
  const files = new MemoryFiles();
  const target = new DiskTarget({ drive: 'd', directory: DIRECTORY, capacityBytes: CAPACITY, files });
  target.create(BARCODE);
  target.insert(BARCODE);
  const drive = new FileDrive({ files, directory: DIRECTORY });
  drive.open();
  drive.load();
  return { files, drive };
}

/** Does the steps; returns the volume's changes and what was true after each step. */
function run(steps: readonly Step[]): { readonly files: MemoryFiles; readonly moments: readonly Moment[] } {
  const { files, drive } = newVolume();
  let row: Written[] = [];
  let synced = 0;
  let position = 0;
  const moments: Moment[] = [];
  const note = (): void => {
    moments.push({ changes: files.changes.length, synced: row.slice(0, synced), written: [...row] });
  };
  note();
  steps.forEach((one, n) => {
    switch (one.kind) {
      case 'write': {
        const bytes = patternedBytes(n + 1, one.lengthBytes);
        // Nothing behind the position is promised from the moment the write begins.
        synced = Math.min(synced, position);
        note();
        drive.writeBlock(bytes);
        row = [...row.slice(0, position), bytes];
        position++;
        break;
      }
      case 'filemarks':
        synced = Math.min(synced, position);
        note();
        drive.writeFilemarks(one.count);
        row = [...row.slice(0, position), ...Array.from({ length: one.count }, () => null)];
        position = synced = row.length;
        break;
      case 'synchronize':
        drive.synchronize();
        synced = row.length;
        break;
      case 'locate':
        position = Math.floor((one.part / 100) * (row.length + 1));
        drive.locate(position);
        break;
      case 'reload':
        drive.unload();
        drive.load();
        position = 0;
        synced = row.length;
        break;
    }
    note();
  });
  return { files, moments };
}

/** What the drive makes of the files: every object, 'lost' for those that cannot be read. */
function readBack(files: MemoryFiles): { readonly row: readonly (Written | 'lost')[]; readonly drive: FileDrive } {
  const drive = new FileDrive({ files, directory: DIRECTORY });
  drive.open();
  drive.load();
  drive.locateEndOfData();
  const end = drive.readPosition().blockAddress;
  const row: (Written | 'lost')[] = [];
  const into = new Uint8Array(1000);
  for (let address = 0; address < end; address++) {
    drive.locate(address);
    try {
      const outcome = drive.readBlock(into);
      row.push(outcome.kind === 'block' ? into.slice(0, outcome.lengthBytes) : null);
    } catch (error) {
      if (!isStorageError(error, 'MEDIUM_READ_ERROR')) throw error;
      row.push('lost');
    }
  }
  return { row, drive };
}

function same(a: Written | 'lost' | undefined, b: Written | 'lost' | undefined): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return a === b;
}

function startsWith(row: readonly (Written | 'lost')[], prefix: readonly Written[]): boolean {
  return prefix.every((one, i) => same(row[i], one));
}

/** The last moment before change number `changes` happened. */
function momentAt(moments: readonly Moment[], changes: number): Moment {
  const moment = moments.findLast((one) => one.changes <= changes);
  if (moment === undefined) throw new Error('the volume was not made yet');
  return moment;
}

describe('a disk volume after a power cut', () => {
  it('holds everything that was synchronized and nothing that was never written, when writes arrive in order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.nat(), fc.nat(400), (steps, cut, torn) => {
        const { files, moments } = run(steps);
        const first = moments[0]?.changes ?? 0;
        const kept = first + (cut % (files.changes.length - first + 1));
        const next = files.changes[kept];
        const tail: FileChange[] =
          next?.kind === 'write' ? [{ ...next, bytes: next.bytes.subarray(0, torn % (next.bytes.length + 1)) }] : [];
        const disk = MemoryFiles.withChanges([...files.changes.slice(0, kept), ...tail]);
        const { row, drive } = readBack(disk);
        const moment = momentAt(moments, kept);
        expect(startsWith(row, moment.synced), 'what was synchronized is there').to.equal(true);
        expect(row, 'a cut-short write is no damage').to.not.include('lost');
        const later = moments.find((one) => one.changes > kept) ?? moment;
        const known = [moment.written, later.written];
        expect(
          known.some((written) =>
            startsWith(
              written,
              row.filter((one) => one !== 'lost'),
            ),
          ),
        ).to.equal(true);
        // And the volume goes on from there.
        drive.locateEndOfData();
        expect(drive.writeBlock(patternedBytes(999, 50)).kind).to.equal('written');
        drive.writeFilemarks(1);
        const again = readBack(disk).row;
        expect(again.length).to.equal(row.length + 2);
        expect(startsWith(again, moment.synced)).to.equal(true);
      }),
      { numRuns: 300 },
    );
  });

  it('holds everything that was synchronized, and is only written where that is safe, when any unsynchronized writes are missing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.nat(), fc.infiniteStream(fc.boolean()), (steps, cut, lose) => {
        const { files, moments } = run(steps);
        const first = moments[0]?.changes ?? 0;
        const kept = first + (cut % (files.changes.length - first + 1));
        const happened = files.changes.slice(0, kept);
        const lastSync = happened.findLastIndex(({ kind }) => kind === 'sync');
        const disk = MemoryFiles.withChanges(
          happened.filter((change, i) => i <= lastSync || change.kind !== 'write' || !lose.next().value),
        );
        const { row, drive } = readBack(disk);
        const moment = momentAt(moments, kept);
        expect(startsWith(row, moment.synced), 'what was synchronized is there').to.equal(true);
        drive.locateEndOfData();
        try {
          drive.writeBlock(patternedBytes(999, 50));
          drive.synchronize();
        } catch (error) {
          if (!isStorageError(error, 'MEDIUM_WRITE_ERROR')) throw error;
        }
        expect(startsWith(readBack(disk).row, moment.synced), 'writing on does not harm it').to.equal(true);
      }),
      { numRuns: 300 },
    );
  });
});
